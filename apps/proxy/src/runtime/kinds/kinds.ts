import type { Kind } from '@sluice/config';
import { ca } from './ca.ts';
import { certificate } from './certificate.ts';
import { consumer } from './consumer.ts';
import { credential } from './credential.ts';
import { gateway } from './gateway.ts';
import { group } from './group.ts';
import { route } from './route.ts';
import { signingKey } from './signing-key.ts';
import type { ServedKind } from './served-kind.ts';
import { service } from './service.ts';
import type { ServedResource } from '../served.ts';

/** The kinds that are served in a way of their own; the others are kept as they are. */
const ownKinds = {
  ca,
  certificate,
  signingKey,
  gateway,
  group,
  service,
  route,
  consumer,
  credential,
} as const;

type OwnKinds = typeof ownKinds;

/** A resource of this kind in service. */
export type ServedOf<K extends Kind> = K extends keyof OwnKinds
  ? OwnKinds[K] extends ServedKind<K, infer S>
    ? S
    : never
  : ServedResource<K>;

/** How a kind without a file of its own is served; routes and consumers may refer to it. */
const plainKind: ServedKind<Kind, ServedResource> = {
  invalidates: 'plans',
  compile: (resource) => ({ ...resource }),
};

/** How resources of this kind are compiled, put in service and taken out of it. */
export function servedKind(kind: Kind): ServedKind<Kind, ServedResource> {
  const own: Readonly<Record<string, unknown>> = ownKinds;
  return Object.hasOwn(own, kind) ? (own[kind] as typeof plainKind) : plainKind;
}
