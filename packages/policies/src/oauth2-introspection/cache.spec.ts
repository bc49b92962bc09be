import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { PolicyTester } from '@sluice/policy-sdk/testing';
import type { z } from 'zod';
import { IntrospectionServer } from '../../testing/introspection-server.ts';
import { oauth2Introspection } from './policy.ts';
import { RecentKeys } from './recent-keys.ts';
import type { oauth2IntrospectionSchema } from './schema.ts';

type Config = Partial<z.input<typeof oauth2IntrospectionSchema.config>>;

let server: IntrospectionServer;
beforeEach(async () => {
  server = await IntrospectionServer.start();
});
afterEach(() => server.stop());

const asking = (config: Config = {}) =>
  new PolicyTester(oauth2Introspection, {
    endpoint: server.url,
    clientAuthentication: 'none',
    audience: 'any',
    allowPrivateAddresses: true,
    ...config,
  });
type Tester = ReturnType<typeof asking>;
const send = (tester: Tester, token: string, clientAddress = '203.0.113.9') =>
  tester.send({ clientAddress, headers: { Authorization: `Bearer ${token}` } });

describe('the cache of oauth2-introspection', () => {
  it('asks once about a token, also for parallel requests', async () => {
    server.tokens.set('t', { sub: 'jane' });
    const tester = asking();
    const answers = await Promise.all(Array.from({ length: 100 }, () => send(tester, 't')));
    expect(answers.map(({ status }) => status)).toEqual(Array(100).fill(200));
    const refused = await Promise.all(Array.from({ length: 100 }, () => send(tester, 'no')));
    expect(refused.map(({ status }) => status)).toEqual(Array(100).fill(401));
    expect(server.calls).toBe(2);
    tester.advance(59_999);
    await send(tester, 't');
    expect(server.calls).toBe(2);
    tester.advance(1);
    await send(tester, 't');
    expect(server.calls).toBe(3);
  });

  it('never serves a token longer than it lives', async () => {
    const tester = asking({ leewaySeconds: 0 });
    const exp = Math.floor(tester.clock.now() / 1_000) + 5;
    server.tokens.set('t', { exp });
    expect((await send(tester, 't')).status).toBe(200);
    tester.advance(4_000);
    expect((await send(tester, 't')).status).toBe(200);
    expect(server.calls).toBe(1);
    tester.advance(1_000);
    // The server still calls it active; by its own word it has ended.
    expect(await send(tester, 't')).toMatchObject({ status: 401, authReason: 'expired' });
  });

  it('asks again in the leeway, and refuses what the server has ended', async () => {
    const tester = asking();
    server.tokens.set('t', { exp: Math.floor(tester.clock.now() / 1_000) + 5 });
    await send(tester, 't');
    tester.advance(5_000);
    server.tokens.delete('t');
    expect((await send(tester, 't')).status).toBe(401);
    expect(server.calls).toBe(2);
  });

  it('checks the claims of a cached answer for every request', async () => {
    const tester = asking({ leewaySeconds: 0 });
    const start = Math.floor(tester.clock.now() / 1_000);
    server.tokens.set('t', { nbf: start + 3 });
    expect((await send(tester, 't')).authReason).toBe('not_yet_valid');
    tester.advance(3_000);
    expect((await send(tester, 't')).status).toBe(200);
    expect(server.calls).toBe(1);
  });

  it('remembers tokens that are not active for ten seconds, apart from the others', async () => {
    const tester = asking();
    expect((await send(tester, 't')).status).toBe(401);
    server.tokens.set('t', {});
    tester.advance(9_999);
    expect((await send(tester, 't')).status).toBe(401);
    expect(server.calls).toBe(1);
    tester.advance(1);
    expect((await send(tester, 't')).status).toBe(200);
    for (let index = 0; index < 40; index++) await send(tester, `no-${index}`);
    expect((await send(tester, 't')).status).toBe(200);
    expect(server.calls).toBe(42);
  });

  it('distinguishes tokens by every character', async () => {
    const long = 'x'.repeat(8_000);
    server.tokens.set(`${long}a`, {});
    const tester = asking();
    expect((await send(tester, `${long}a`)).status).toBe(200);
    expect((await send(tester, `${long}b`)).status).toBe(401);
  });

  it('keeps nothing when it is off', async () => {
    server.tokens.set('t', {});
    const tester = asking({ cacheSeconds: 0, negativeCacheSeconds: 0 });
    for (const token of ['t', 't', 'no', 'no']) await send(tester, token);
    expect(server.calls).toBe(4);
  });

  it('does not remember a fault', async () => {
    server.answerWith(500, '');
    const tester = asking();
    for (const _ of [1, 2]) expect((await send(tester, 't')).status).toBe(503);
    expect(server.calls).toBe(2);
  });

  it('bounds the calls that a network causes by guessing, not those of known tokens', async () => {
    server.tokens.set('t', {});
    const tester = asking({ cacheSeconds: 1 });
    await send(tester, 't');
    let refused = 0;
    for (let index = 0; index < 100; index++)
      if ((await send(tester, `no-${index}`)).status === 429) refused++;
    expect(refused).toBeGreaterThan(30);
    const { calls } = server;
    expect(calls).toBeLessThan(70);
    tester.advance(1_000);
    expect((await send(tester, 't')).status).toBe(200);
    server.tokens.set('fresh', {});
    expect((await send(tester, 'fresh', '198.51.100.1')).status).toBe(200);
  });
});

describe('an open stream', () => {
  it('ends when the server revokes the token, and goes on while the server is down', async () => {
    server.tokens.set('t', {});
    const tester = asking({ cacheSeconds: 20 });
    const { isLive } = (await send(tester, 't')).principal ?? {};
    expect(isLive?.()).toBe(true);
    tester.advance(20_000);
    const { handler } = server.service;
    server.answerWith(500, '');
    expect(isLive?.()).toBe(true);
    await until(() => server.calls === 2);
    expect(isLive?.()).toBe(true);
    server.service.handler = handler;
    server.tokens.delete('t');
    // A check that is under way shares its call, so the first one may still learn nothing.
    await until(() => {
      tester.advance(20_000);
      return isLive?.() === false;
    });
    const { calls } = server;
    tester.advance(60_000);
    expect(isLive?.()).toBe(false);
    expect(server.calls).toBe(calls);
  });
});

describe('a stream of a policy that is closed', () => {
  it('ends, because the server cannot be asked any more', async () => {
    server.tokens.set('t', {});
    const tester = asking({ cacheSeconds: 0 });
    const { isLive } = (await send(tester, 't')).principal ?? {};
    await tester.close();
    expect(isLive?.()).toBe(true);
    tester.advance(10_000);
    await until(() => isLive?.() === false);
    expect(server.calls).toBe(1);
  });
});

describe('RecentKeys', () => {
  it('holds a bounded number of keys, until their time is over', () => {
    const keys = new RecentKeys(2);
    keys.add('a', 10);
    keys.add('b', 20);
    expect([keys.has('a', 9), keys.has('a', 10), keys.has('b', 10)]).toEqual([true, false, true]);
    keys.add('c', 20);
    keys.add('d', 20);
    expect(['a', 'b', 'c', 'd'].map((key) => keys.has(key, 0))).toEqual([false, false, true, true]);
  });
});

async function until(condition: () => boolean): Promise<void> {
  const end = Date.now() + 20_000;
  while (!condition()) {
    if (Date.now() > end) throw new Error('did not happen in 20 seconds');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
