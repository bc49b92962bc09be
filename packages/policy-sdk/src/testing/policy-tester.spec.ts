import { describe, expect, it } from '@jest/globals';
import type { LimitRule } from '@sluice/ratelimit';
import { z } from 'zod';
import { definePolicy, definePolicySchema, type Policy, type PolicyHooks } from '../policy.ts';
import { deny, reply } from '../reply.ts';
import { phases } from '../phases.ts';
import { PolicyTester } from './policy-tester.ts';

const anything = z.looseObject({});

/** A policy that consists of hooks only. */
function policyOf(name: string, hooks: PolicyHooks, onError?: 'open' | 'closed'): Policy {
  const schema = definePolicySchema({
    name,
    summary: 'For this spec.',
    phases: [...phases],
    config: anything,
    onError,
  });
  return definePolicy({ schema, compile: () => hooks });
}

const greeting = definePolicy({
  schema: definePolicySchema({
    name: 'greeting',
    summary: 'Greets.',
    phases: ['transform'],
    config: z.strictObject({ word: z.string().min(2).default('hello') }),
  }),
  compile: ({ word }, host) => ({
    transform: ({ headers }) => {
      host.logger.info('greeted', { word });
      headers.set('X-Greeting', word);
      return undefined;
    },
  }),
});

describe('PolicyTester', () => {
  it('parses the configuration and shows the request to the upstream and the response to the client', async () => {
    const tester = new PolicyTester(greeting, {});
    const answer = await tester.send({
      method: 'POST',
      path: '/orders',
      query: 'a=1',
      headers: { 'X-Greeting': 'mine', Accept: '*/*' },
      upstream: { status: 201, headers: { Location: '/orders/7' } },
    });
    expect(answer).toMatchObject({
      status: 201,
      reply: undefined,
      forwarded: { method: 'POST', path: '/orders', query: 'a=1' },
      phases: ['transform'],
    });
    expect(answer.forwarded?.headers.entries()).toEqual([
      ['x-greeting', 'hello'],
      ['accept', '*/*'],
    ]);
    expect(answer.response).toMatchObject({ status: 201, origin: 'upstream', content: undefined });
    expect(answer.response.headers.get('location')).toBe('/orders/7');
    expect(tester.log).toEqual([{ level: 'info', message: 'greeted', facts: { word: 'hello' } }]);
  });

  it('names every fault of a configuration by its pointer', () => {
    const attempt = (): unknown =>
      new PolicyTester(greeting, { word: 'x', wrod: 'hello' } as never);
    expect(attempt).toThrow('the configuration of policy "greeting" is not valid:');
    expect(attempt).toThrow('  /word: ');
    expect(attempt).toThrow('  /wrod: ');
  });

  it('runs the phases in their order and the policies in theirs', async () => {
    const seen: string[] = [];
    const noisy = (name: string): Policy => {
      const note = (phase: string) => () => void seen.push(`${name} ${phase}`);
      return policyOf(
        name,
        Object.fromEntries([...phases].reverse().map((phase) => [phase, note(phase)])),
      );
    };
    const answer = await new PolicyTester(noisy('a'), {}).with(noisy('b'), {}).send();
    expect(seen).toEqual(phases.flatMap((phase) => [`a ${phase}`, `b ${phase}`]));
    expect(answer.phases).toEqual(phases);
  });

  it('stops at a reply; the respond and settle phases still run', async () => {
    const first = policyOf('first', {
      authorize: async () => deny('forbidden', 'Ask for access.'),
    });
    const second = policyOf('second', {
      authorize: () => reply(204),
      transform: () => reply(204),
      respond: (_exchange, response) => response.headers.set('X-Origin', response.origin),
      settle: () => undefined,
    });
    const answer = await new PolicyTester(first, {}).with(second, {}).send();
    expect(answer).toMatchObject({
      status: 403,
      repliedBy: 'first',
      forwarded: undefined,
      phases: ['authorize', 'respond', 'settle'],
    });
    expect(answer.response.headers.get('x-origin')).toBe('gateway');
    expect(answer.response.headers.get('content-type')).toBe('application/problem+json');
    expect(JSON.parse(String(answer.response.content))).toMatchObject({
      code: 'forbidden',
      detail: 'Ask for access.',
      requestId: 'test-1',
    });
  });

  it('returns a plain reply unchanged', async () => {
    const { response } = await new PolicyTester(
      policyOf('plain', { answer: () => reply(200, [['X-A', '1']], 'hi') }),
      {},
    ).send();
    expect(response).toMatchObject({ status: 200, content: 'hi' });
    expect(response.headers.entries()).toEqual([['x-a', '1']]);
  });

  it('keeps response fields, the first identity and the lowest limit of content', async () => {
    const consumer = (username: string) => ({
      id: username,
      username,
      customId: undefined,
      groups: [],
      groupIds: [],
      quotas: [],
    });
    const credential = { id: 'k', name: 'k', type: 'key', expiresAtMs: undefined } as const;
    const policy = policyOf('all', {
      authenticate: (exchange) => {
        exchange.identify(consumer('one'), credential);
        exchange.identify(consumer('two'), credential);
        exchange.limitContent(10);
        exchange.limitContent(20);
        exchange.addResponseHeader('Vary', 'Origin');
        exchange.setResponseHeader('X-Limit', '1');
        exchange.setResponseHeader('X-Limit', '2');
        return undefined;
      },
      respond: (_exchange, { headers }) => headers.set('X-Seen', headers.getAll('vary').join('|')),
    });
    const {
      consumer: found,
      maxBodyBytes,
      response,
    } = await new PolicyTester(policy, {}).send({
      upstream: { headers: { Vary: 'Accept', 'X-Limit': '9' } },
    });
    expect(found?.username).toBe('one');
    expect(maxBodyBytes).toBe(10);
    expect(response.headers.getAll('vary')).toEqual(['Accept', 'Origin']);
    expect(response.headers.getAll('x-limit')).toEqual(['2']);
    expect(response.headers.get('x-seen')).toBe('Accept|Origin');
  });

  const broken = (onError?: 'open' | 'closed'): Policy =>
    policyOf('broken', { limit: () => Promise.reject(new Error('no store')) }, onError);

  it('throws a fault of a policy that has no onError', async () => {
    await expect(new PolicyTester(broken(), {}).send()).rejects.toThrow('no store');
  });

  it('lets onError decide about a fault', async () => {
    const closed = await new PolicyTester(broken('closed'), {}).send();
    expect(closed).toMatchObject({
      status: 503,
      reply: { code: 'policy_failed' },
      faults: [{ policy: 'broken', error: new Error('no store') }],
    });
    const open = await new PolicyTester(broken('closed'), {}, { onError: 'open' }).send();
    expect(open).toMatchObject({ status: 200, reply: undefined, faults: [{ policy: 'broken' }] });
  });

  it.each([
    [
      null,
      'the answer hook of policy "odd" answered null: return deny(…) or reply(…) to stop, or undefined to go on',
    ],
    [{ code: 403 }, 'answered an object with code:'],
    [reply(99), 'answered with status 99: a final response has one from 200 to 599'],
  ])('explains what is wrong with the answer %j', async (answer, message) => {
    await expect(
      new PolicyTester(policyOf('odd', { answer: () => answer as never }), {}).send(),
    ).rejects.toThrow(message);
  });

  it('changes and refuses nothing in shadow mode', async () => {
    const policy = policyOf('strict', {
      receive: (exchange) => {
        exchange.headers.set('X-Shadow', '1');
        exchange.limitContent(1);
        return deny('forbidden');
      },
      limit: () => Promise.reject(new Error('no store')),
      respond: (_exchange, response) => {
        response.status = 500;
      },
    });
    const answer = await new PolicyTester(policy, {}, { mode: 'shadow' }).send();
    expect(answer).toMatchObject({
      status: 200,
      shadow: ['strict', 'strict'],
      faults: [{ policy: 'strict', error: new Error('no store') }],
      maxBodyBytes: undefined,
    });
    expect(answer.forwarded?.headers.has('x-shadow')).toBe(false);
  });

  it('ignores what a policy does after its timeout, and aborts its signal', async () => {
    let late: () => void = () => undefined;
    let aborted = false;
    const slow = policyOf(
      'slow',
      {
        authorize: (exchange) => {
          exchange.signal.addEventListener('abort', () => (aborted = true));
          late = () => exchange.headers.set('X-Late', '1');
          return new Promise(() => undefined);
        },
      },
      'open',
    );
    const next = policyOf('next', { transform: () => late() as undefined });
    const tester = new PolicyTester(slow, {}, { policyTimeoutMs: 20 }).with(next, {});
    const answer = await tester.send();
    expect(answer).toMatchObject({ status: 200, faults: [{ policy: 'slow' }] });
    expect(answer.forwarded?.headers.has('x-late')).toBe(false);
    expect(aborted).toBe(true);
    await expect(
      new PolicyTester(
        policyOf('hung', { limit: () => new Promise(() => undefined) }),
        {},
        {
          policyTimeoutMs: 20,
        },
      ).send(),
    ).rejects.toThrow('the policy "hung" did not answer within 20 ms');
  });

  it('sends 503 for a respond hook that fails closed', async () => {
    const policy = policyOf(
      'closed',
      {
        respond: () => {
          throw new Error('no template');
        },
      },
      'closed',
    );
    expect(await new PolicyTester(policy, {}).send()).toMatchObject({
      status: 503,
      reply: { code: 'policy_failed' },
    });
  });

  it('refuses a hook in a phase that the schema does not name', () => {
    const policy = definePolicy({
      schema: greeting.schema,
      compile: () => ({ limit: () => undefined }),
    });
    expect(() => new PolicyTester(policy, {})).toThrow(
      'policy "greeting" has a hook for "limit": list it in the phases of its schema, which are transform',
    );
  });

  it('knows keys by their hash, and consumers with quotas', async () => {
    const policy = (hash: string): Policy =>
      definePolicy({
        schema: greeting.schema,
        compile: (_config, host) => ({
          transform: (exchange) => {
            const owner = host.stores.credentials.findKey(hash);
            if (owner !== undefined) exchange.identify(owner.consumer, owner.credential);
            return undefined;
          },
        }),
      });
    const keys = [
      {
        key: 'abc',
        consumer: {
          username: 'acme',
          quotas: [{ name: 'gold', limits: [{ requests: 5, per: 'second' }] }],
        },
      },
    ] as const;
    const hash = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
    const { consumer, credential } = await new PolicyTester(policy(hash), {}, { keys }).send();
    expect(consumer).toMatchObject({
      id: 'consumer-acme',
      quotas: [{ name: 'gold', scope: 'consumer:consumer-acme', limits: [{ requests: 5 }] }],
    });
    expect(credential).toMatchObject({ name: 'acme-key', type: 'key', expiresAtMs: undefined });
    expect((await new PolicyTester(policy('00'), {}, { keys }).send()).consumer).toBeUndefined();
  });
});

describe('the limits of a PolicyTester', () => {
  const limited = (...rules: LimitRule[]): Policy =>
    definePolicy({
      schema: definePolicySchema({
        name: 'limited',
        summary: 'Limits.',
        phases: ['limit'],
        config: anything,
      }),
      compile: (_config, host) => ({
        limit: async () => {
          const decisions = await host.stores.limits.take(
            rules.map((rule, index) => ({ key: `${index}`, rule })),
          );
          const refused = decisions.find(({ allowed }) => !allowed);
          return refused === undefined
            ? undefined
            : deny('rate_limited', `${refused.retryAfterMs}`);
        },
      }),
    });
  const outcomes = async (tester: PolicyTester, times: number): Promise<number[]> => {
    const statuses: number[] = [];
    for (let time = 0; time < times; time++) statuses.push((await tester.send()).status);
    return statuses;
  };

  it('refill a bucket on the tester clock', async () => {
    const tester = new PolicyTester(
      limited({ algorithm: 'token-bucket', ratePerSecond: 4, burst: 2 }),
      {},
    );
    expect(await outcomes(tester, 3)).toEqual([200, 200, 429]);
    expect((await tester.send()).reply?.detail).toBe('250');
    tester.advance(250);
    expect(await outcomes(tester, 2)).toEqual([200, 429]);
  });

  it.each([
    ['second', '2030-12-31T23:59:59.500Z'],
    ['minute', '2030-12-31T23:59:59.500Z'],
    ['month', '2030-12-31T23:59:59.500Z'],
    ['year', '2030-12-31T23:59:59.500Z'],
    ['day', '2032-02-28T23:59:59.500Z'],
  ] as const)('begin a new %s in UTC', async (period, at) => {
    const tester = new PolicyTester(limited({ algorithm: 'window', limit: 1, period }), {});
    tester.advance(Date.parse(at) - tester.clock.now());
    expect(await outcomes(tester, 2)).toEqual([200, 429]);
    tester.advance(499);
    expect(await outcomes(tester, 1)).toEqual([429]);
    tester.advance(1);
    expect(await outcomes(tester, 2)).toEqual([200, 429]);
  });

  it('count in all limits or in none', async () => {
    const tester = new PolicyTester(
      limited(
        { algorithm: 'token-bucket', ratePerSecond: 1, burst: 1 },
        { algorithm: 'window', limit: 2, period: 'hour' },
      ),
      {},
    );
    expect(await outcomes(tester, 3)).toEqual([200, 429, 429]);
    tester.advance(1000);
    expect(await outcomes(tester, 2)).toEqual([200, 429]);
  });
});
