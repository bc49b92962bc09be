import { describe, expect, it } from '@jest/globals';
import { GatewayError } from '@sluice/errors';
import {
  ManualClock,
  PolicyTester,
  type TestQuota,
  type TestRequest,
} from '@sluice/policy-sdk/testing';
import { MemoryStore, type LimitRequest, type LimitStore } from '@sluice/ratelimit';
import { rateLimit } from '../rate-limit/policy.ts';
import { quota } from './policy.ts';

const gold: TestQuota = {
  name: 'gold',
  limits: [
    { requests: 2, per: 'second', burst: 3 },
    { requests: 5, per: 'month' },
  ],
};
const acme: TestRequest = { consumer: { username: 'acme', quotas: [gold] } };

/** Counts in a real store on the tester's clock, and records the requests to it. */
function world(nowMs = Date.parse('2030-01-31T23:59:00Z')) {
  const clock = new ManualClock(nowMs);
  const store = new MemoryStore({
    clock: { wallMs: () => clock.now(), monotonicMs: () => clock.now() },
  });
  const asked: string[][] = [];
  const limits: LimitStore = {
    take: (requests: readonly LimitRequest[], cost?: number) => {
      asked.push(requests.map(({ key }) => key));
      return store.take(requests, cost);
    },
    close: () => store.close(),
  };
  return { clock, limits, asked };
}

describe('quota', () => {
  it('does nothing for requests without a quota', async () => {
    const { asked, ...options } = world();
    const answer = await new PolicyTester(quota, {}, options).send({
      consumer: { username: 'acme' },
    });
    expect(answer.status).toBe(200);
    expect(answer.response.headers.size).toBe(0);
    expect(asked).toEqual([]);
  });

  it('applies all limits of a quota at once: a bucket where there is a burst, a calendar window otherwise', async () => {
    const { asked, ...options } = world();
    const tester = new PolicyTester(quota, {}, options);
    const statuses: number[] = [];
    for (let time = 0; time < 4; time++) statuses.push((await tester.send(acme)).status);
    tester.advance(1000);
    for (let time = 0; time < 3; time++) statuses.push((await tester.send(acme)).status);
    expect(statuses).toEqual([200, 200, 200, 429, 200, 200, 429]);
    const month = await tester.send(acme);
    expect(month.reply).toMatchObject({
      code: 'quota_exceeded',
      detail: 'The quota "gold-month" is used up. Try again in 59 s.',
    });
    expect(month.response.headers.get('retry-after')).toBe('59');
    tester.advance(59_000);
    expect((await tester.send(acme)).status).toBe(200);
    expect(new Set(asked.map((keys) => keys.join(' ')))).toEqual(
      new Set([
        'quota|consumer:consumer-acme|quota-gold|second-burst quota|consumer:consumer-acme|quota-gold|month',
      ]),
    );
  });

  it('tells clients about every limit', async () => {
    const { response } = await new PolicyTester(quota, {}, world()).send(acme);
    expect(response.headers.entries()).toEqual([
      ['ratelimit-policy', '"gold-second";q=3;w=2, "gold-month";q=5;w=2678400'],
      ['ratelimit', '"gold-second";r=2;t=1, "gold-month";r=4;t=60'],
      ['x-ratelimit-limit', '3'],
      ['x-ratelimit-remaining', '2'],
      ['x-ratelimit-reset', '1'],
    ]);
  });

  it('tells them no more than Retry-After when headers are hidden', async () => {
    const tester = new PolicyTester(quota, { hideHeaders: true }, world());
    for (let time = 0; time < 3; time++)
      expect((await tester.send(acme)).response.headers.size).toBe(0);
    const { reply, response } = await tester.send(acme);
    expect(reply?.detail).toBe('The quota is used up. Try again in 1 s.');
    expect(response.headers.names()).toEqual(['retry-after', 'content-type']);
  });

  it('counts quotas of consumer and route together, each in its scope, and takes from all or from none', async () => {
    const { asked, ...options } = world();
    const tester = new PolicyTester(
      quota,
      {},
      { ...options, quotas: [{ name: 'all-callers', limits: [{ requests: 1, per: 'day' }] }] },
    );
    expect((await tester.send(acme)).status).toBe(200);
    expect((await tester.send(acme)).status).toBe(429);
    expect(asked[0]).toEqual([
      'quota|consumer:consumer-acme|quota-gold|second-burst',
      'quota|consumer:consumer-acme|quota-gold|month',
      'quota|route:route-test|quota-all-callers|day',
    ]);
    tester.advance(60_000);
    const { response } = await tester.send(acme);
    expect(response.headers.get('ratelimit')).toContain('"gold-month";r=4;');
  });

  it('counts a quota once when the consumer has it through two groups', async () => {
    const { asked, ...options } = world();
    await new PolicyTester(quota, {}, options).send({
      consumer: { username: 'acme', quotas: [gold, gold] },
    });
    expect(asked[0]).toHaveLength(2);
  });

  it('counts limits of one kind separately', async () => {
    const { asked, ...options } = world();
    const limits = [
      { requests: 1, per: 'day' },
      { requests: 9, per: 'day' },
      { requests: 9, per: 'hour', burst: 1 },
    ] as const;
    const answer = await new PolicyTester(
      quota,
      {},
      { ...options, quotas: [{ name: 'odd', limits }] },
    ).send();
    expect(asked[0]?.map((key) => key.split('|').at(-1))).toEqual(['day', 'day-2', 'hour-burst']);
    expect(answer.response.headers.get('ratelimit')).toContain(
      '"odd-day";r=0;t=60, "odd-day-2";r=8;t=60',
    );
  });

  it('sends the X-RateLimit triple once when another policy limits as well', async () => {
    const tester = new PolicyTester(rateLimit, { limit: 1000 }, world()).with(quota, {});
    const { headers } = (await tester.send(acme)).response;
    expect(headers.getAll('ratelimit')).toEqual([
      '"rate-limit";r=999;t=1',
      '"gold-second";r=2;t=1, "gold-month";r=4;t=60',
    ]);
    expect(headers.getAll('x-ratelimit-limit')).toEqual(['3']);
  });

  it('refuses when the counter store is not available, unless onError is open', async () => {
    const limits: LimitStore = {
      take: () => Promise.reject(new GatewayError('policy_failed')),
      close: async () => undefined,
    };
    expect(await new PolicyTester(quota, {}, { limits }).send(acme)).toMatchObject({
      status: 503,
      reply: { code: 'policy_failed' },
    });
    expect((await new PolicyTester(quota, {}, { limits, onError: 'open' }).send(acme)).status).toBe(
      200,
    );
  });

  it('refuses a burst per day, which no quota can have', async () => {
    const quotas: TestQuota[] = [{ name: 'odd', limits: [{ requests: 1, per: 'day', burst: 1 }] }];
    expect((await new PolicyTester(quota, {}, { quotas }).send()).status).toBe(503);
  });
});
