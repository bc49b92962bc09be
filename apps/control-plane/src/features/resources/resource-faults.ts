import { kindOf, nameProperty } from '@sluice/config';
import type { Kind } from '@sluice/config';
import { GatewayError } from '@sluice/errors';
import { isId } from '@sluice/schema';
import type { StoredResource } from './stored-resource.ts';

/**
 * The most referring resources that {@link stillReferenced} names, and the most nodes that
 * {@link servedByNodes} names.
 */
export const maxNamedReferrers = 20;

export function notFound(kind: Kind, idOrName: string, noun: string = kind): GatewayError {
  const called = isId(idOrName) ? 'id' : 'name';
  return new GatewayError('resource_not_found', {
    detail: `there is no ${noun} with the ${called} ${JSON.stringify(idOrName.slice(0, 64))}`,
  });
}

export function nameTaken(kind: Kind, name: string, noun: string = kind): GatewayError {
  const { owner, collection } = kindOf(kind);
  // Resources that have an owner cannot be replaced with PUT.
  const instead =
    owner === undefined ? `PUT /v1/${collection}/${name} replaces it` : 'choose another name';
  const errors = [{ pointer: `/${nameProperty(kind)}`, detail: 'is already taken' }];
  return new GatewayError('name_taken', {
    detail: `a ${noun} with the name "${name}" already exists; ${instead}`,
    errors,
  });
}

/**
 * `referrers` holds more than {@link maxNamedReferrers} entries when there are others besides those
 * named.
 */
export function stillReferenced(
  resource: StoredResource,
  referrers: readonly Pick<StoredResource, 'kind' | 'name'>[],
): GatewayError {
  const named = referrers.slice(0, maxNamedReferrers).map(({ kind, name }) => `${kind} "${name}"`);
  const more = referrers.length > maxNamedReferrers ? ' and others' : '';
  return new GatewayError('still_referenced', {
    detail: `${resource.kind} "${resource.name}" is used by ${named.join(', ')}${more}; change or delete these first`,
  });
}

/**
 * The error of renaming a gateway that live nodes serve. A node asks for its gateway by name, so it
 * would get no configuration any more.
 */
export function servedByNodes(
  name: string,
  newName: string,
  nodes: readonly string[],
): GatewayError {
  const named = nodes.slice(0, maxNamedReferrers).join(', ');
  const more =
    nodes.length > maxNamedReferrers ? ` and ${nodes.length - maxNamedReferrers} others` : '';
  return new GatewayError('still_referenced', {
    detail: `gateway "${name}" cannot be renamed while nodes that ask for it by this name are connected: ${named}${more}; stop them before the rename, and start them with SLUICE_GATEWAY=${newName} after it`,
    errors: [{ pointer: '/name', detail: 'cannot change while nodes are connected' }],
  });
}

export function stale(): GatewayError {
  return new GatewayError('precondition_failed', {
    detail: 'read the resource again and repeat the change with its current ETag',
  });
}
