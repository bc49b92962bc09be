import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { z } from 'zod';
import type { Consumer } from '../exchange.ts';
import { definePolicy, definePolicySchema, type Policy, type PolicyHooks } from '../policy.ts';
import { principal, type PrincipalFacts } from '../principal.ts';
import { deny, reply, type Reply } from '../reply.ts';
import { PolicyTester, type TestAnswer } from '../testing/index.ts';

const consumerOf = (username: string): Consumer => ({
  id: username,
  username,
  customId: undefined,
  groups: [],
  groupIds: [],
  quotas: [],
});
const credential = { type: 'key', id: 'k', name: 'k', expiresAtMs: undefined } as const;

interface Traits {
  readonly authenticates?: boolean | 'fallback';
  readonly hooks?: Partial<PolicyHooks>;
}

/** A policy whose `authenticate` hook has this result. */
function policyOf(
  name: string,
  authenticate: PolicyHooks['authenticate'] & object,
  { authenticates = true, hooks = {} }: Traits = {},
): Policy {
  const schema = definePolicySchema({
    name,
    summary: 'For this spec.',
    phases: ['authenticate'],
    authenticates,
    config: z.strictObject({}),
  });
  return definePolicy({ schema, compile: () => ({ authenticate, ...hooks }) });
}

const absent = (name: string, hooks: Partial<PolicyHooks> = {}): Policy =>
  policyOf(name, () => undefined, { hooks });
const finds = (name: string, facts: PrincipalFacts, traits: Traits = {}): Policy =>
  policyOf(name, () => principal(facts), traits);
const acme = { consumer: consumerOf('acme'), credential };
const hooli = { consumer: consumerOf('hooli'), credential };

const send = (...policies: Policy[]): Promise<TestAnswer> => {
  const [first, ...others] = policies;
  const tester = new PolicyTester(first as Policy, {});
  for (const policy of others) tester.with(policy, {});
  return tester.send();
};

describe('alternatives', () => {
  it('let a request pass that one of them recognises, wherever it stands', async () => {
    const claims = { scope: ['read'] };
    for (const policies of [
      [finds('one', { ...acme, claims }), absent('two')],
      [absent('one'), finds('two', { ...acme, claims })],
      [finds('one', { ...acme, claims }), finds('two', acme)],
    ]) {
      const answer = await send(...policies);
      expect(answer).toMatchObject({ status: 200, consumer: { username: 'acme' }, credential });
      expect(answer.claims).toEqual(claims);
    }
  });

  it('refuse a request without a credential, with every challenge and every hint', async () => {
    const answer = await send(
      absent('one', { challenges: ['ApiKey realm="a"'], hint: 'Send a key.' }),
      absent('two', { challenges: ['Basic realm="a"', 'Bearer'], hint: 'Send a password.' }),
    );
    expect(answer).toMatchObject({
      status: 401,
      repliedBy: 'one',
      reply: { code: 'unauthorized', detail: 'Send a key. Send a password.' },
    });
    expect(answer.response.headers.getAll('www-authenticate')).toEqual([
      'ApiKey realm="a"',
      'Basic realm="a"',
      'Bearer',
    ]);
  });

  it.each<[string, Policy[]]>([
    ['another consumer', [finds('one', acme), finds('two', hooli)]],
    ['another subject', [finds('one', { subject: 'a' }), finds('two', { subject: 'b' })]],
    [
      'a subject where the other is a consumer',
      [finds('one', acme), finds('two', { subject: 'b' })],
    ],
    [
      'another consumer than a plain policy before',
      [
        policyOf('plain', (exchange) => exchange.identify(acme.consumer, credential) as undefined, {
          authenticates: false,
        }),
        finds('two', hooli),
      ],
    ],
  ])('refuse a second credential of %s', async (_, policies) => {
    expect(await send(...policies)).toMatchObject({
      status: 401,
      reply: { code: 'invalid_credential' },
      consumer: policies[0]?.schema.name === 'plain' ? acme.consumer : undefined,
    });
  });

  it('never skip a credential that is presented and not valid', async () => {
    const invalid = policyOf('invalid', async () => deny('invalid_credential'));
    for (const policies of [
      [finds('one', acme), invalid],
      [invalid, finds('one', acme)],
      [invalid, policyOf('guests', () => principal(hooli), { authenticates: 'fallback' })],
      [absent('optional', { optional: true }), invalid],
    ]) {
      expect(await send(...policies)).toMatchObject({ status: 401, repliedBy: 'invalid' });
    }
  });

  it('ask the fallback only when no credential was found', async () => {
    let asked = 0;
    const guests = policyOf(
      'guests',
      () => {
        asked++;
        return principal({ consumer: consumerOf('guest') });
      },
      { authenticates: 'fallback' },
    );
    expect((await send(guests, finds('one', acme))).consumer?.username).toBe('acme');
    expect(asked).toBe(0);
    expect((await send(guests, absent('one'))).consumer?.username).toBe('guest');
    expect((await send(guests, absent('one', { optional: true }))).consumer?.username).toBe(
      'guest',
    );
    expect((await send(guests)).consumer?.username).toBe('guest');
  });

  it('keep the other authenticate policies obligatory', async () => {
    const check = policyOf('check', () => deny('forbidden'), { authenticates: false });
    for (const policies of [
      [finds('one', acme), check],
      [check, finds('one', acme)],
    ])
      expect(await send(...policies)).toMatchObject({ status: 403, repliedBy: 'check' });
  });

  it('record in shadow mode whom they would have refused, and identify no caller', async () => {
    const inShadow = (policy: Policy): Promise<TestAnswer> =>
      new PolicyTester(policy, {}, { mode: 'shadow' }).send();
    expect(await inShadow(absent('one'))).toMatchObject({ status: 200, shadow: ['one'] });
    expect(await inShadow(policyOf('one', () => reply(302)))).toMatchObject({
      status: 200,
      shadow: ['one'],
    });
    for (const policy of [finds('one', acme), absent('one', { optional: true })])
      expect(await inShadow(policy)).toMatchObject({
        status: 200,
        shadow: [],
        consumer: undefined,
      });
    const mixed = new PolicyTester(absent('one'), {}).with(
      finds('two', acme),
      {},
      { mode: 'shadow' },
    );
    expect((await mixed.send()).status).toBe(401);
  });

  it('refuse what only an alternative may do, and an alternative without its hook', async () => {
    const plain = policyOf('plain', () => principal(acme), { authenticates: false });
    await expect(send(plain)).rejects.toThrow('set "authenticates: true" in its schema');
    const unable = definePolicy({ schema: finds('x', acme).schema, compile: () => ({}) });
    expect(() => new PolicyTester(unable, {})).toThrow('has no authenticate hook');
    const challenging = policyOf('plain', () => undefined, {
      authenticates: false,
      hooks: { challenges: ['Basic'] },
    });
    expect(() => new PolicyTester(challenging, {})).toThrow('set "authenticates: true"');
    expect(() => new PolicyTester(absent('x', { challenges: ['a\r\nb'] }), {})).toThrow(
      'a challenge of policy "x" cannot be sent',
    );
  });
});

const findings = fc.constantFrom('absent', 'acme', 'hooli', 'subject', 'refusal', 'fault', 'slow');
const members = fc.array(
  fc.record({
    finding: findings,
    isLate: fc.boolean(),
    isFallback: fc.boolean(),
    isOptional: fc.boolean(),
    mode: fc.constantFrom('enforce' as const, 'enforce' as const, 'shadow' as const),
    onError: fc.constantFrom('open' as const, 'closed' as const),
  }),
  { minLength: 1, maxLength: 4 },
);
type Finding = NonNullable<Awaited<ReturnType<NonNullable<PolicyHooks['authenticate']>>>>;

const resultOf: Readonly<Record<string, () => Finding | Promise<never> | undefined>> = {
  absent: () => undefined,
  acme: () => principal(acme),
  hooli: () => principal(hooli),
  subject: () => principal({ subject: 'someone' }),
  refusal: (): Reply => deny('credential_expired'),
  fault: () => {
    throw new Error('no store');
  },
  slow: () => new Promise<never>(() => undefined),
};
const recognises = new Set(['acme', 'hooli', 'subject']);

describe('any combination of alternatives', () => {
  it('lets only callers pass that a policy recognised, and never two that differ', async () => {
    await fc.assert(
      fc.asyncProperty(members, fc.boolean(), async (all, isPlainFirst) => {
        const plain = policyOf(
          'plain',
          (exchange) => exchange.identify(acme.consumer, credential) as undefined,
          { authenticates: false },
        );
        const tester = new PolicyTester(
          isPlainFirst ? plain : policyOf('idle', () => undefined, { authenticates: false }),
          {},
          { policyTimeoutMs: 5 },
        );
        for (const [
          index,
          { finding, isLate, isFallback, isOptional, mode, onError },
        ] of all.entries()) {
          const find = resultOf[finding] as () => Finding | undefined;
          const policy = policyOf(`a-${index}`, isLate ? async () => find() : find, {
            authenticates: isFallback ? 'fallback' : true,
            hooks: { optional: isOptional },
          });
          tester.with(policy, {}, { mode, onError });
        }
        const answer = await tester.send();

        const enforced = all.filter(({ mode }) => mode === 'enforce');
        const found = enforced.filter(({ finding }) => recognises.has(finding));
        const names = new Set(
          found.filter(({ isFallback }) => !isFallback).map(({ finding }) => finding),
        );
        if (isPlainFirst) names.add('acme');
        const isRefused = enforced.some(
          ({ finding, isFallback, onError }) =>
            !isFallback &&
            (finding === 'refusal' || (/fault|slow/.test(finding) && onError === 'closed')),
        );
        if (enforced.length === 0) {
          expect(answer.status).toBe(200);
        } else if (names.size > 1 || isRefused) {
          expect(answer.status).not.toBe(200);
        } else if (answer.status === 200) {
          const isRecognised = found.length > 0 || isPlainFirst;
          expect(isRecognised || enforced.some(({ isOptional }) => isOptional)).toBe(true);
        }
        const expected = [
          ...found.map(({ finding }) => finding),
          ...(isPlainFirst ? ['acme'] : []),
        ];
        if (answer.consumer !== undefined) expect(expected).toContain(answer.consumer.username);
      }),
      { numRuns: 300 },
    );
  });
});
