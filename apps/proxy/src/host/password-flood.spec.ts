import { createHook } from 'node:async_hooks';
import { argon2Sync, createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { ProxyFixture } from '../exchange/testing/proxy-fixture.ts';
import { resource } from '../runtime/testing/resources.ts';
import { RawOrigin } from '../upstream/testing/raw-origin.ts';

/** What a flood of wrong passwords costs, in numbers of hashes, and whom it reaches. */
let origin: RawOrigin;
let proxy: ProxyFixture;

/** Hashes that Node computes: begun in all, and at most at the same time. */
const hashes = { begun: 0, running: new Set<number>(), most: 0 };
const hook = createHook({
  init(id, type) {
    if (!/argon2/i.test(type)) return;
    hashes.begun += 1;
    hashes.running.add(id);
    hashes.most = Math.max(hashes.most, hashes.running.size);
  },
  before: (id) => hashes.running.delete(id),
});

// The lowest cost that the policy accepts: the spec counts hashes, and need not wait for them.
const nonce = Buffer.alloc(16, 1);
const hashed = argon2Sync('argon2id', {
  message: 'open sesame',
  nonce,
  parallelism: 1,
  tagLength: 32,
  memory: 4_096,
  passes: 1,
});
const unpadded = (bytes: Buffer): string => bytes.toString('base64').replaceAll('=', '');
const user = (username: string) =>
  resource('credential', {
    type: 'basic',
    name: username,
    consumer: 'consumer-acme',
    username,
    passwordHash: `$argon2id$v=19$m=4096,t=1,p=1$${unpadded(nonce)}$${unpadded(hashed)}`,
  });

beforeAll(async () => {
  origin = await RawOrigin.answering('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
  proxy = await ProxyFixture.start({
    resources: [
      resource('gateway', { name: 'default', trustedProxies: ['127.0.0.1'] }),
      resource('consumer', { username: 'acme' }),
      resource('credential', {
        type: 'key',
        name: 'ci',
        consumer: 'consumer-acme',
        hash: createHash('sha256').update('key-of-acme').digest('hex'),
        prefix: 'key',
      }),
      user('jane'),
      user('joe'),
      resource('service', { name: 'orders', targets: [{ address: origin.address }] }),
      resource('route', {
        name: 'orders',
        paths: ['/*'],
        service: 'service-orders',
        policies: [{ name: 'key-auth' }, { name: 'basic-auth' }],
      }),
    ],
  });
});
afterAll(async () => {
  hook.disable();
  await proxy.stop();
  origin.stop();
});

async function login(address: string, user: string, password: string): Promise<number> {
  const credentials = Buffer.from(`${user}:${password}`).toString('base64');
  const field = `Authorization: Basic ${credentials}`;
  return (await proxy.get('/wrong', `X-Forwarded-For: ${address}`, field)).status;
}

it('costs a bounded number of hashes, delays no other caller, and reaches no upstream', async () => {
  const password = `Authorization: Basic ${Buffer.from('jane:open sesame').toString('base64')}`;
  const friends = [
    ['X-Forwarded-For: 203.0.113.7', 'X-API-Key: key-of-acme'],
    ['X-Forwarded-For: 198.51.100.1', 'X-API-Key: key-of-acme'],
    ['X-Forwarded-For: 203.0.113.7', password],
    ['X-Forwarded-For: 198.51.100.1', password],
  ];
  for (const fields of friends) expect((await proxy.get('/right', ...fields)).status).toBe(200);
  hook.enable();
  const began = performance.now();
  const statuses: number[] = [];
  for (let wave = 0; wave < 12; wave++) {
    const flood = Array.from({ length: 20 }, (_, index) =>
      login('198.51.100.1', 'joe', `guess ${wave} ${index}`),
    );
    for (const fields of friends) expect((await proxy.get('/right', ...fields)).status).toBe(200);
    statuses.push(...(await Promise.all(flood)));
  }
  hook.disable();
  const seconds = Math.ceil((performance.now() - began) / 1_000);
  expect([...new Set(statuses)].sort()).toEqual([401, 429]);
  // A user has 20 failures and one more every ten seconds; 8 may be under way when they are spent.
  expect(hashes.begun).toBeGreaterThanOrEqual(20);
  expect(hashes.begun).toBeLessThanOrEqual(20 + seconds / 10 + 8);
  expect(hashes.most).toBeLessThanOrEqual(2);
  const count = (reason: string): number =>
    proxy.counted('sluice_auth_total', { policy: 'basic-auth', outcome: 'refused', reason });
  expect(count('unknown')).toBe(hashes.begun);
  expect(count('unknown') + count('too_many_failures')).toBe(240);
  expect(origin.connections.map(({ received }) => received).join('')).not.toContain('/wrong');
}, 60_000);
