import { createHash } from 'node:crypto';
import fc from 'fast-check';
import type { Resource } from '@sluice/config';
import type { ResourceChange } from '../../config/source.ts';
import { removal, resource, unreadable } from './resources.ts';

/** One version of a resource, and whether this node can use it. */
export interface Version {
  readonly resource: Resource;
  readonly isGood: boolean;
}

/** One step: resources that are created or replaced, and resources that are removed. */
export interface Step {
  readonly versions: readonly Version[];
  readonly removals: readonly Resource[];
}

const unknown = { name: 'of-tomorrow' };
const good = (each: Resource): Version => ({ resource: each, isGood: true });
const broken = (each: Resource): Version => ({ resource: each, isGood: false });
const one = <T>(...values: readonly T[]) => fc.constantFrom(...values);

export const gateway = resource('gateway', { name: 'default' });

/** The key that a consumer's requests carry. */
export const keyText = (username: string): string => `key-of-${username}-0123456789`;

const keyAuth = { name: 'key-auth', config: { optional: true } };
const gateways: fc.Arbitrary<Version> = one(
  good(gateway),
  good(resource('gateway', { name: 'default', policies: [keyAuth] })),
  good(resource('gateway', { name: 'default', policies: [{ name: 'key-auth' }] })),
  broken(resource('gateway', { name: 'default', policies: [keyAuth, unknown] })),
);

const quotas = fc
  .record({ name: one('q1', 'q2'), readable: fc.boolean() })
  .map(({ name, readable }) =>
    readable
      ? good(resource('quota', { name, limits: [{ requests: 1_000_000, per: 'hour' }] }))
      : broken(unreadable('quota', name, { limits: 'none' })),
  );

const groups = fc
  .record({ name: one('g1', 'g2'), quotas: one([], ['quota-q1']), knows: one(true, true, false) })
  .map(({ name, quotas: attached, knows }) =>
    knows
      ? good(
          resource('group', {
            name,
            quotas: attached,
            policies: [{ name: 'response-headers', config: { add: { 'X-Group': name } } }],
          }),
        )
      : broken(resource('group', { name, quotas: attached, policies: [unknown] })),
  );

const consumers = fc
  .record({
    username: one('c1', 'c2'),
    groups: one([], ['group-g1'], ['group-g1', 'group-g2']),
    quotas: one([], ['quota-q2']),
    form: one('good', 'good', 'unknown', 'unreadable'),
  })
  .map(({ username, form, ...attached }) => {
    if (form === 'unreadable') return broken(unreadable('consumer', username, { groups: 'all' }));
    return form === 'good'
      ? good(resource('consumer', { username, ...attached }))
      : broken(resource('consumer', { username, ...attached, policies: [unknown] }));
  });

/** Each key may belong to either consumer. */
const keys = fc
  .record({ of: one('c1', 'c2'), to: one('c1', 'c2'), expired: one(false, false, true) })
  .map(({ of, to, expired }) =>
    good(
      resource('credential', {
        type: 'key',
        name: of,
        consumer: `consumer-${to}`,
        hash: createHash('sha256').update(keyText(of)).digest('hex'),
        prefix: 'key-of',
        ...(expired ? { expiresAt: '2001-01-01T00:00:00Z' } : {}),
      }),
    ),
  );

const services = (targets: readonly string[]) =>
  fc
    .record({
      name: one('s1', 's2'),
      address: one(...targets),
      quotas: one([], [], ['quota-q1']),
      form: one('good', 'good', 'unknown', 'unreadable'),
    })
    .map(({ name, address, form, ...attached }) => {
      if (form === 'unreadable') return broken(unreadable('service', name, { targets: 7 }));
      const written = { name, targets: [{ address }], ...attached };
      return form === 'good'
        ? good(resource('service', written))
        : broken(resource('service', { ...written, policies: [unknown] }));
    });

/** Overlapping paths: when one route no longer matches a path, another route does. */
export const paths = ['/a', '/a/b', '/c', '/a/b/c'] as const;
const patterns = ['/a', '/a/*', '/a/{x}', '/c', '/*'] as const;

const routes = fc
  .record({
    name: one('r1', 'r2', 'r3', 'r4'),
    paths: fc.uniqueArray(one(...patterns), { minLength: 1, maxLength: 2 }),
    methods: one([], [], ['GET' as const], ['POST' as const]),
    to: one('service-s1', 'service-s2', 'itself'),
    mark: fc.nat(9),
    quotas: one([], [], ['quota-q1']),
    form: one('good', 'good', 'good', 'unknown', 'unreadable'),
  })
  .map(({ name, to, mark, form, ...rest }) => {
    const answer = { name: 'static-response', config: { status: 200, content: `${name}.${mark}` } };
    const written = {
      name,
      ...rest,
      ...(to === 'itself' ? { policies: [answer] } : { service: to, policies: [] as object[] }),
    };
    if (form === 'unreadable')
      return broken(unreadable('route', name, { ...written, priority: 0, mirrorTo: 'service-s2' }));
    return form === 'good'
      ? good(resource('route', written as never))
      : broken(
          resource('route', { ...written, policies: [...written.policies, unknown] } as never),
        );
  });

/**
 * Steps that begin with a bare gateway: two services, two consumers, and four routes with
 * overlapping paths.
 */
export function configSteps(targets: readonly string[]): fc.Arbitrary<readonly Step[]> {
  const version = fc.oneof(
    { weight: 1, arbitrary: gateways },
    { weight: 2, arbitrary: quotas },
    { weight: 2, arbitrary: groups },
    { weight: 3, arbitrary: consumers },
    { weight: 2, arbitrary: keys },
    { weight: 3, arbitrary: services(targets) },
    { weight: 6, arbitrary: routes },
  );
  const step = fc.record({
    versions: fc.uniqueArray(version, { maxLength: 5, selector: (each) => each.resource.id }),
    removals: fc.array(
      fc
        .oneof(services(targets), routes, consumers, groups, quotas, keys)
        .map((each) => each.resource),
      { maxLength: 2 },
    ),
  });
  return fc.array(step, { minLength: 1, maxLength: 12 });
}

/** A step as a delta: a created resource takes precedence over its own removal. */
export function changesOf({ versions, removals }: Step): ResourceChange[] {
  const coming = new Set(versions.map((each) => each.resource.id));
  const going = new Map(
    removals.filter(({ id }) => !coming.has(id)).map((each) => [each.id, removal(each)]),
  );
  return [...going.values(), ...versions.map((each) => each.resource)];
}
