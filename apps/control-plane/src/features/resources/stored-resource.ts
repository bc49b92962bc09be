import { kindOf } from '@sluice/config';
import type { Kind, Spec } from '@sluice/config';
import type { CollectionAlias } from './collection-alias.ts';

/** A configuration resource as it is stored, with references as ids. */
export interface StoredResource<K extends Kind = Kind> {
  readonly id: string;
  readonly kind: K;
  /** Id of the resource that owns it; null for kinds without an owner. */
  readonly scope: string | null;
  readonly name: string;
  readonly spec: Spec<K>;
  /** 1 at the creation; grows by one with every change. */
  readonly version: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** The path of a resource in the Admin API. */
export function pathOf(
  resource: Pick<StoredResource, 'kind' | 'id' | 'scope'>,
  alias?: CollectionAlias,
): string {
  const { collection, owner } = kindOf(resource.kind);
  const parent =
    owner === undefined ? '' : `/${kindOf(owner.kind as Kind).collection}/${resource.scope}`;
  return `/v1${parent}/${alias?.collection ?? collection}/${resource.id}`;
}
