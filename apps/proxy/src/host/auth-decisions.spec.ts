import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Resource } from '@sluice/config';
import { hashPassword } from '@sluice/passwords';
import { authReasons } from '@sluice/policy-sdk';
import { ProxyFixture } from '../exchange/testing/proxy-fixture.ts';
import { resource } from '../runtime/testing/resources.ts';
import { RawOrigin } from '../upstream/testing/raw-origin.ts';

/** What operators see of the decisions about callers: the access log and the metrics of a node. */
let origin: RawOrigin;
let proxy: ProxyFixture;

const key = (name: string, consumer: string, more: object = {}): Resource =>
  resource('credential', {
    type: 'key',
    name,
    consumer: `consumer-${consumer}`,
    hash: createHash('sha256').update(`key ${name}`).digest('hex'),
    prefix: 'key',
    ...more,
  });
const withKey = (name: string): string => `X-API-Key: key ${name}`;
const basic = (text: string): string =>
  `Authorization: Basic ${Buffer.from(text).toString('base64')}`;

beforeAll(async () => {
  origin = await RawOrigin.answering('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
  proxy = await ProxyFixture.start({
    resources: [
      resource('group', { name: 'gold' }),
      resource('consumer', { username: 'acme', groups: ['group-gold'] }),
      resource('consumer', { username: 'hooli' }),
      key('of-acme', 'acme'),
      key('over', 'acme', { expiresAt: '2020-01-01T00:00:00Z' }),
      key('off', 'acme', { disabled: true }),
      key('of-hooli', 'hooli'),
      resource('credential', {
        type: 'basic',
        name: 'jane',
        consumer: 'consumer-hooli',
        username: 'jane',
        passwordHash: await hashPassword('open sesame'),
      }),
      resource('service', { name: 'orders', targets: [{ address: origin.address }] }),
      resource('route', {
        name: 'orders',
        paths: ['/*'],
        service: 'service-orders',
        policies: [
          { name: 'key-auth' },
          { name: 'basic-auth' },
          { name: 'acl', config: { allow: { groups: ['group-gold'] } } },
          { name: 'claims', mode: 'shadow', config: { scopes: { any: ['read'] } } },
        ],
      }),
    ],
  });
});
afterAll(async () => {
  await proxy.stop();
  origin.stop();
});

type Decision = readonly [status: number, policy: string, reason: string | undefined];
const traffic: readonly (readonly [what: string, fields: readonly string[], Decision])[] = [
  ['no credential', [], [401, 'key-auth', 'missing']],
  ['an unknown key', [withKey('of-whom')], [401, 'key-auth', 'unknown']],
  ['an expired key', [withKey('over')], [401, 'key-auth', 'expired']],
  ['a disabled key', [withKey('off')], [401, 'key-auth', 'disabled']],
  ['two keys', [withKey('of-acme'), withKey('of-hooli')], [401, 'key-auth', 'conflict']],
  ['a malformed password', ['Authorization: Basic !'], [401, 'basic-auth', 'malformed']],
  ['a wrong password', [basic('jane:x')], [401, 'basic-auth', 'unknown']],
  ['an unknown user', [basic('joe:x')], [401, 'basic-auth', 'unknown']],
  [
    'credentials of two consumers',
    [withKey('of-acme'), basic('jane:open sesame')],
    [401, 'basic-auth', 'conflict'],
  ],
  ['a caller of no group', [withKey('of-hooli')], [403, 'acl', 'not_in_group']],
  ['a caller of the group', [withKey('of-acme')], [200, 'key-auth', undefined]],
];

it('exist in the metrics from the start, for each policy that is enforced', () => {
  const metric = proxy.metrics
    .snapshot()
    .find(({ definition }) => definition.name === 'sluice_auth_total');
  const seriesOf = (policy: string) =>
    (metric?.series ?? [])
      .filter(({ labels }) => labels[0] === policy)
      .map(({ labels, values }) => [labels[1], labels[2], values[0]])
      .sort();
  const expected = [
    ['allowed', 'none', 0],
    ['absent', 'missing', 0],
    ['failed', 'dependency_failed', 0],
    ...authReasons.map((reason) => ['refused', reason, 0]),
  ].sort();
  for (const policy of ['key-auth', 'basic-auth', 'acl'])
    expect([policy, seriesOf(policy)]).toEqual([policy, expected]);
  expect(seriesOf('claims')).toEqual([]);
});

describe('a request with', () => {
  it.each(traffic.map((each, index) => [...each, index] as const))(
    '%s',
    async (_what, fields, [status, authPolicy, authReason], index) => {
      expect((await proxy.get('/orders', ...fields)).status).toBe(status);
      const line = await proxy.line(index);
      expect([line['status'], line['authPolicy'], line['authReason']]).toEqual([
        status,
        authPolicy,
        authReason,
      ]);
    },
  );

  it('all of these together is counted once by the policy that decided', () => {
    const count = (policy: string, outcome: string, reason = ''): number =>
      proxy.counted('sluice_auth_total', {
        policy,
        outcome,
        ...(reason === '' ? {} : { reason }),
      });
    for (const [, , [, policy, reason]] of traffic) {
      const same = traffic.filter(([, , [, by, why]]) => by === policy && why === reason).length;
      if (reason !== undefined)
        expect([policy, reason, count(policy, 'refused', reason)]).toEqual([policy, reason, same]);
    }
    expect([count('acl', 'allowed'), count('acl', 'refused')]).toEqual([1, 1]);
    expect([count('key-auth', 'allowed'), count('key-auth', 'refused')]).toEqual([3, 5]);
    expect(origin.connections.map(({ received }) => received).join('')).toMatch(
      /^GET [^]*?\r\n\r\n$/,
    );
  });
});
