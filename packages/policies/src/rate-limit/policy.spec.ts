import { describe, expect, it } from '@jest/globals';
import { GatewayError } from '@sluice/errors';
import { ManualClock, PolicyTester, type TestRequest } from '@sluice/policy-sdk/testing';
import { MemoryStore, type LimitRequest, type LimitStore } from '@sluice/ratelimit';
import type { z } from 'zod';
import { rateLimit } from './policy.ts';
import type { rateLimitSchema } from './schema.ts';

type Config = z.input<typeof rateLimitSchema.config>;

function testerOf(config: Config, given?: LimitStore) {
  const clock = new ManualClock();
  const limits =
    given ??
    new MemoryStore({ clock: { wallMs: () => clock.now(), monotonicMs: () => clock.now() } });
  return new PolicyTester(rateLimit, config, { clock, limits });
}

/** A store that fails, as one does whose Redis is gone. */
const failing: LimitStore = {
  take: () => Promise.reject(new GatewayError('policy_failed')),
  close: async () => undefined,
};

describe('rate-limit', () => {
  it('admits the burst, then as many requests as the rate allows', async () => {
    const tester = testerOf({ limit: 10, windowSeconds: 2, burst: 3 });
    const statuses = async (times: number): Promise<number[]> => {
      const all: number[] = [];
      for (let time = 0; time < times; time++) all.push((await tester.send()).status);
      return all;
    };
    expect(await statuses(4)).toEqual([200, 200, 200, 429]);
    tester.advance(200);
    expect(await statuses(2)).toEqual([200, 429]);
    tester.advance(60_000);
    expect(await statuses(4)).toEqual([200, 200, 200, 429]);
  });

  it('uses the limit as the burst when none is configured', async () => {
    const tester = testerOf({ limit: 2, windowSeconds: 60 });
    await tester.send();
    expect((await tester.send()).status).toBe(200);
    expect((await tester.send()).status).toBe(429);
  });

  it('sends the limit fields on admitted and on refused requests', async () => {
    const tester = testerOf({ limit: 2, windowSeconds: 60 });
    const admitted = await tester.send({
      upstream: { headers: { 'X-RateLimit-Limit': 'of the upstream' } },
    });
    expect(admitted.response.headers.entries()).toEqual([
      ['x-ratelimit-limit', '2'],
      ['ratelimit-policy', '"rate-limit";q=2;w=60'],
      ['ratelimit', '"rate-limit";r=1;t=30'],
      ['x-ratelimit-remaining', '1'],
      ['x-ratelimit-reset', '30'],
    ]);
    await tester.send();
    tester.advance(500);
    const refused = await tester.send();
    expect(refused.reply).toMatchObject({
      status: 429,
      code: 'rate_limited',
      detail: 'Try again in 30 s.',
    });
    expect(refused.response.headers.get('retry-after')).toBe('30');
    expect(refused.response.headers.get('ratelimit')).toBe('"rate-limit";r=0;t=60');
    expect(refused.response.headers.get('x-ratelimit-remaining')).toBe('0');
  });

  it('tells them no more than Retry-After when headers are hidden', async () => {
    const tester = testerOf({ limit: 1000, windowSeconds: 1, burst: 1, hideHeaders: true });
    expect((await tester.send()).response.headers.size).toBe(0);
    const { response } = await tester.send();
    expect(response.headers.names()).toEqual(['retry-after', 'content-type']);
    expect(response.headers.get('retry-after')).toBe('1');
  });

  it('counts each consumer separately, and anonymous callers by address', async () => {
    const tester = testerOf({ limit: 1, windowSeconds: 60 });
    const callers: TestRequest[] = [
      { consumer: { username: 'acme' } },
      { consumer: { username: 'initech' } },
      { clientAddress: '192.0.2.1' },
      { clientAddress: '192.0.2.2' },
    ];
    for (const caller of callers) expect((await tester.send(caller)).status).toBe(200);
    for (const caller of callers) expect((await tester.send(caller)).status).toBe(429);
    expect(
      (await tester.send({ consumer: { username: 'acme' }, clientAddress: '192.0.2.9' })).status,
    ).toBe(429);
  });

  it.each<[string, string, TestRequest, TestRequest, boolean]>([
    [
      'an IPv6 network of 64 bits',
      'address',
      { clientAddress: '2001:db8:0:1::1' },
      { clientAddress: '2001:db8:0:1:ffff::9' },
      true,
    ],
    [
      'the next IPv6 network',
      'address',
      { clientAddress: '2001:db8:0:1::1' },
      { clientAddress: '2001:db8:0:2::1' },
      false,
    ],
    [
      'IPv4 in both forms',
      'address',
      { clientAddress: '192.0.2.1' },
      { clientAddress: '::ffff:192.0.2.1' },
      true,
    ],
    [
      'a consumer is no address',
      'address',
      { consumer: { username: 'acme' } },
      { consumer: { username: 'initech' } },
      true,
    ],
    [
      'a header',
      'header:X-Tenant',
      { headers: { 'x-tenant': 'a' } },
      { headers: { 'X-Tenant': 'a' }, clientAddress: '192.0.2.1' },
      true,
    ],
    [
      'another value',
      'header:X-Tenant',
      { headers: { 'X-Tenant': 'a' } },
      { headers: { 'X-Tenant': 'b' } },
      false,
    ],
    ['no header', 'header:X-Tenant', {}, { clientAddress: '192.0.2.1' }, true],
    [
      'a header that says absent',
      'header:X-Tenant',
      {},
      { headers: { 'X-Tenant': 'absent' } },
      false,
    ],
    ['the route', 'route', { clientAddress: '192.0.2.1' }, { clientAddress: '192.0.2.2' }, true],
    [
      'the service',
      'service',
      { clientAddress: '192.0.2.1' },
      { clientAddress: '192.0.2.2' },
      true,
    ],
    [
      'the gateway',
      'gateway',
      { clientAddress: '192.0.2.1' },
      { clientAddress: '192.0.2.2' },
      true,
    ],
    [
      'no credential',
      'credential',
      { clientAddress: '192.0.2.1' },
      { clientAddress: '192.0.2.2' },
      false,
    ],
  ])('counts by %s (by %s)', async (_what, by, first, second, together) => {
    const tester = testerOf({ limit: 1, windowSeconds: 60, by });
    await tester.send(first);
    expect((await tester.send(second)).status).toBe(together ? 429 : 200);
  });

  it('keeps its counters when its numbers change, and shares them with no other policy', async () => {
    const keys: string[] = [];
    const store = new MemoryStore();
    const watching: LimitStore = {
      take: (requests: readonly LimitRequest[], cost?: number) => {
        keys.push(...requests.map(({ key }) => key));
        return store.take(requests, cost);
      },
      close: () => store.close(),
    };
    await testerOf({ limit: 1, windowSeconds: 86_400, by: 'header:Authorization' }, watching).send({
      headers: { Authorization: 'secret' },
    });
    const answer = await testerOf(
      { limit: 5, windowSeconds: 86_400, by: 'header:Authorization', burst: 1 },
      watching,
    ).send({
      headers: { Authorization: 'secret' },
    });
    expect(answer.status).toBe(429);
    expect(new Set(keys).size).toBe(1);
    expect(keys[0]).toMatch(/^route:route-test\/rate-limit\|header:[\w-]{43}$/);
  });

  it('refuses when the counter store is not available, unless onError is open', async () => {
    expect(await testerOf({ limit: 1 }, failing).send()).toMatchObject({
      status: 503,
      reply: { code: 'policy_failed' },
    });
    const open = new PolicyTester(rateLimit, { limit: 1 }, { limits: failing, onError: 'open' });
    expect((await open.send()).status).toBe(200);
  });

  it.each([
    [{}, '/limit'],
    [{ limit: 0 }, '/limit'],
    [
      { limit: 1, by: 'moon' },
      '/by: not a valid value: write consumer, credential, address, route, service, gateway or header:<name>',
    ],
    [{ limit: 1, by: 'header:' }, '/by'],
    [{ limit: 1, by: 'header:a b' }, '/by'],
    [{ limit: 1, perSecond: 1 }, '/perSecond'],
  ])('refuses the configuration %j', (config, message) => {
    expect(() => testerOf(config as Config)).toThrow(message);
  });
});
