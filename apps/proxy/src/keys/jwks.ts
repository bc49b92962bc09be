import type { Resource } from '@sluice/config';
import { readKey, UnusableKey } from './read-key.ts';

/** A JWK set (RFC 7517 section 5) of public keys. */
export interface JwkSet {
  readonly keys: readonly Readonly<Record<string, unknown>>[];
}

/**
 * The public keys of the identity keys among the resources of a node: those that sign now, the next
 * ones, and former ones while they may have signed something that is still valid.
 */
export function jwksOf(resources: Iterable<Resource>): JwkSet {
  const keys: Readonly<Record<string, unknown>>[] = [];
  for (const resource of resources) {
    if (!isSigningKey(resource) || resource.spec.use !== 'identity') continue;
    const jwk = publicJwkOf(resource);
    if (jwk !== undefined) keys.push(jwk);
  }
  return { keys };
}

function isSigningKey(resource: Resource): resource is Resource<'signingKey'> {
  return resource.kind === 'signingKey';
}

/** A key that cannot be read is in the log already. */
function publicJwkOf({ id, spec }: Resource<'signingKey'>) {
  try {
    return readKey(id, spec).publicJwk;
  } catch (fault) {
    if (fault instanceof UnusableKey) return undefined;
    throw fault;
  }
}
