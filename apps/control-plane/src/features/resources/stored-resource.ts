import type { Kind, Spec } from '@sluice/config';

/** A configuration resource as it is stored, with references as ids. */
export interface StoredResource<K extends Kind = Kind> {
  readonly id: string;
  readonly kind: K;
  /** Id of the resource that owns it, which only keys have: their consumer. */
  readonly scope: string | null;
  readonly name: string;
  readonly spec: Spec<K>;
  /** 1 at the creation; grows by one with every change. */
  readonly version: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** The name of each kind's collection in paths and texts. */
export const collections: Readonly<Record<Kind, string>> = Object.freeze({
  gateway: 'gateways',
  service: 'services',
  route: 'routes',
  consumer: 'consumers',
  key: 'keys',
  group: 'groups',
  quota: 'quotas',
});

/** The path of a resource in the Admin API. */
export function pathOf(resource: Pick<StoredResource, 'kind' | 'id' | 'scope'>): string {
  const owner = resource.kind === 'key' ? `/consumers/${resource.scope}` : '';
  return `/v1${owner}/${collections[resource.kind]}/${resource.id}`;
}
