import type { Kind, Spec } from '@sluice/config';

/** A configuration resource as the database holds it: references are ids. */
export interface StoredResource<K extends Kind = Kind> {
  readonly id: string;
  readonly kind: K;
  /** Id of the resource it belongs to: a key's consumer. */
  readonly scope: string | null;
  readonly name: string;
  readonly spec: Spec<K>;
  /** Counts its changes from 1. */
  readonly version: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** What a person calls a kind. */
export const collections: Readonly<Record<Kind, string>> = Object.freeze({
  gateway: 'gateways',
  service: 'services',
  route: 'routes',
  consumer: 'consumers',
  key: 'keys',
  group: 'groups',
  quota: 'quotas',
});

/** Where the Admin API has a resource. */
export function pathOf(resource: Pick<StoredResource, 'kind' | 'id' | 'scope'>): string {
  const owner = resource.kind === 'key' ? `/consumers/${resource.scope}` : '';
  return `/v1${owner}/${collections[resource.kind]}/${resource.id}`;
}
