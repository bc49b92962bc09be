import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import type { AuthReason } from '../auth-reason.ts';
import type { Consumer } from '../exchange.ts';
import { definePolicy, definePolicySchema, type Policy, type PolicyHooks } from '../policy.ts';
import { principal, type PrincipalFacts } from '../principal.ts';
import { deny, reply, unrecognised } from '../reply.ts';
import { PolicyTester, type TestAnswer, type TestRequest } from '../testing/index.ts';

type Authenticate = NonNullable<PolicyHooks['authenticate']>;

const consumerOf = (username: string): Consumer => ({
  id: username,
  username,
  customId: undefined,
  groups: [],
  groupIds: [],
  quotas: [],
});
const acme = { consumer: consumerOf('acme') };
const hooli = { consumer: consumerOf('hooli') };

function policyOf(
  name: string,
  authenticate: Authenticate,
  hooks: Partial<PolicyHooks> = {},
  authenticates: boolean | 'fallback' = true,
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

/** Recognises the caller of these facts when the request has the header of this name. */
const byHeader = (name: string, facts: PrincipalFacts, hooks: Partial<PolicyHooks> = {}): Policy =>
  policyOf(
    name,
    ({ headers }) => {
      const value = headers.get(`x-${name}`);
      if (value === undefined) return undefined;
      return value === 'wrong' ? deny('invalid_credential') : principal(facts);
    },
    { challenges: [name], hint: `Send ${name}.`, ...hooks },
  );

const testerOf = (...policies: (Policy | readonly [Policy, 'shadow'])[]): PolicyTester => {
  const idle = policyOf('idle', () => undefined, {}, false);
  const tester = new PolicyTester(idle, {});
  for (const each of policies) {
    if ('schema' in each) tester.with(each, {});
    else tester.with(each[0], {}, { mode: 'shadow' });
  }
  return tester;
};
const send = (policies: Policy[], ...names: string[]): Promise<TestAnswer> =>
  testerOf(...policies).send({ headers: Object.fromEntries(names.map((name) => [name, '1'])) });

describe('alternatives that are required', () => {
  const certificate = byHeader(
    'certificate',
    { ...acme, subject: 'CN=orders', expiresAtMs: 5_000 },
    { required: true },
  );
  const token = byHeader('token', {
    claims: { scope: 'read' },
    subject: 'user-1',
    expiresAtMs: 3_000,
    groups: ['staff'],
  });
  const key = byHeader('key', acme);

  it('are needed in addition to one of the others, and add to what is known', async () => {
    for (const order of [
      [certificate, token, key],
      [token, key, certificate],
    ]) {
      const answer = await send(order, 'x-certificate', 'x-token');
      expect(answer).toMatchObject({ status: 200, consumer: { username: 'acme' } });
      expect(answer.principal).toMatchObject({
        claims: { scope: 'read' },
        expiresAtMs: 3_000,
        groups: ['staff'],
      });
      expect((await send(order, 'x-certificate', 'x-key')).status).toBe(200);
    }
  });

  it.each<[string, string[], string[]]>([
    ['nothing', [], ['certificate', 'token', 'key']],
    ['only the required one', ['x-certificate'], ['token', 'key']],
    ['only one of the others', ['x-token'], ['certificate']],
  ])('refuse a request with %s, and ask for what is missing', async (_, names, challenges) => {
    const answer = await send([certificate, token, key], ...names);
    expect(answer).toMatchObject({
      status: 401,
      reply: { code: 'unauthorized' },
      authReason: 'missing',
      consumer: undefined,
    });
    expect(answer.response.headers.getAll('www-authenticate')).toEqual(challenges);
  });

  it('are enough when there are no others, or when those are optional', async () => {
    expect(await send([certificate], 'x-certificate')).toMatchObject({
      status: 200,
      consumer: { username: 'acme' },
    });
    const optional = byHeader('token', hooli, { optional: true });
    expect((await send([certificate, optional], 'x-certificate')).status).toBe(200);
    expect((await send([certificate, optional])).status).toBe(401);
  });

  it('refuse two consumers, and are not replaced by a fallback', async () => {
    const other = byHeader('token', hooli);
    expect(await send([certificate, other], 'x-certificate', 'x-token')).toMatchObject({
      status: 401,
      authReason: 'conflict',
      consumer: undefined,
    });
    const guests = policyOf('guests', () => principal(hooli), {}, 'fallback');
    for (const names of [[], ['x-certificate']])
      expect((await send([certificate, key, guests], ...names)).status).toBe(401);
  });

  it('join whether the caller is still known', async () => {
    let isTokenLive = true;
    const session = byHeader('session', { ...acme, isLive: () => true }, { required: true });
    const other = byHeader('token', { subject: 'a', isLive: () => isTokenLive });
    const { principal: caller } = await send([session, other], 'x-session', 'x-token');
    expect(caller?.isLive?.()).toBe(true);
    isTokenLive = false;
    expect(caller?.isLive?.()).toBe(false);
  });
});

describe('a credential that may belong to another alternative', () => {
  const doubting = (name: string, reason: AuthReason): Policy => {
    const doubt = unrecognised(deny('invalid_credential', name, [], reason));
    return policyOf(name, ({ headers }) => (headers.has('authorization') ? doubt : undefined), {
      challenges: [name],
    });
  };
  const withToken: TestRequest = { headers: { Authorization: 'Bearer t' } };
  const recognising = policyOf('introspection', ({ headers }) =>
    headers.has('authorization') ? principal(acme) : undefined,
  );

  it('passes when another one recognises the caller, in either order', async () => {
    for (const policies of [
      [doubting('jwt', 'malformed'), recognising],
      [recognising, doubting('jwt', 'malformed')],
    ])
      expect(await testerOf(...policies).send(withToken)).toMatchObject({
        status: 200,
        consumer: { username: 'acme' },
        authPolicy: 'introspection',
        authReason: undefined,
      });
  });

  it.each<[AuthReason, AuthReason, string]>([
    ['malformed', 'expired', 'two'],
    ['expired', 'malformed', 'one'],
    ['wrong_issuer', 'unknown_key', 'two'],
    ['bad_signature', 'wrong_issuer', 'one'],
  ])('is refused with the more specific of %s and %s', async (one, two, by) => {
    const tester = testerOf(doubting('one', one), doubting('two', two));
    expect(await tester.send(withToken)).toMatchObject({
      status: 401,
      repliedBy: by,
      reply: { detail: by },
      authReason: by === 'one' ? one : two,
    });
  });

  it('is never a request without a credential', async () => {
    const guests = policyOf('guests', () => principal(hooli), {}, 'fallback');
    const optional = policyOf('optional', () => undefined, { optional: true });
    const tester = testerOf(doubting('jwt', 'unknown'), optional, guests);
    expect((await tester.send(withToken)).status).toBe(401);
    expect((await tester.send()).consumer?.username).toBe('hooli');
  });
});

describe('a login', () => {
  const toLogin = reply(302, [['Location', 'https://login.test/']]);
  const oidc = policyOf(
    'oidc',
    ({ headers }) => (headers.has('cookie') ? unrecognised(toLogin) : undefined),
    { login: async () => toLogin, challenges: ['Bearer'] },
  );
  const key = byHeader('key', acme);

  it('replies to a request without a credential, and to no other', async () => {
    const tester = testerOf(key, oidc);
    expect(await tester.send()).toMatchObject({
      status: 302,
      repliedBy: 'oidc',
      authReason: 'missing',
    });
    expect((await tester.send({ headers: { 'x-key': '1' } })).status).toBe(200);
    expect((await tester.send({ headers: { 'x-key': 'wrong' } })).status).toBe(401);
  });

  it('never redirects a request with an Authorization field', async () => {
    const headers = { Authorization: 'Bearer t' };
    for (const fields of [headers, { ...headers, Cookie: 'session=over' }]) {
      const answer = await testerOf(key, oidc).send({ headers: fields });
      expect(answer.status).toBe(401);
      expect(answer.response.headers.has('location')).toBe(false);
    }
  });

  it('is not asked in shadow mode', async () => {
    expect(await testerOf([oidc, 'shadow']).send()).toMatchObject({
      status: 200,
      shadow: ['oidc'],
    });
  });
});

describe('a CORS preflight', () => {
  const preflight = (more: object = {}): TestRequest => ({
    method: 'OPTIONS',
    headers: { Origin: 'https://a.test', 'Access-Control-Request-Method': 'POST', ...more },
  });
  const key = byHeader('key', acme);
  const certificate = byHeader('certificate', acme, { required: true });

  it('passes without a credential, and identifies no caller', async () => {
    for (const policies of [[key], [certificate, key]])
      expect(await testerOf(...policies).send(preflight())).toMatchObject({
        status: 200,
        consumer: undefined,
      });
  });

  it.each<[string, TestRequest]>([
    ['OPTIONS without Origin', { method: 'OPTIONS', headers: {} }],
    ['OPTIONS that announces no method', { method: 'OPTIONS', headers: { Origin: 'https://a.t' } }],
    ['another method', { ...preflight(), method: 'POST' }],
    ['content', { ...preflight(), body: 'a' }],
    ['content of unknown length', { ...preflight(), contentLength: -1 }],
    ['a credential that is not valid', preflight({ 'x-key': 'wrong' })],
  ])('is not one with %s', async (_, request) => {
    expect((await testerOf(key).send(request)).status).toBe(401);
  });
});

describe('what is counted of alternatives', () => {
  it('is one decision of each that is asked', async () => {
    const tester = testerOf(byHeader('one', acme), byHeader('two', acme));
    const count = (policy: string, outcome: string, reason: string): number =>
      tester.metrics.value('sluice_auth_total', policy, outcome, reason);
    await tester.send({ headers: { 'x-one': '1' } });
    expect([count('one', 'allowed', 'none'), count('two', 'absent', 'missing')]).toEqual([1, 1]);
    await tester.send({ headers: { 'x-two': 'wrong' } });
    expect([count('one', 'absent', 'missing'), count('two', 'refused', 'unknown')]).toEqual([1, 1]);
    const answer = await tester.send();
    expect(count('one', 'refused', 'missing')).toBe(1);
    expect(answer).toMatchObject({ authPolicy: 'one', authReason: 'missing' });
  });

  it('is a failure when it could not decide, and the request is refused', async () => {
    const broken = policyOf('broken', () => Promise.reject(new Error('no store')));
    const tester = testerOf(broken);
    expect(await tester.send()).toMatchObject({
      status: 503,
      reply: { code: 'policy_failed' },
      authPolicy: 'broken',
      authReason: 'dependency_failed',
    });
    expect(tester.metrics.value('sluice_auth_total', 'broken', 'failed', 'dependency_failed')).toBe(
      1,
    );
  });

  it('is nothing in shadow mode, and the caller of the log is not one', async () => {
    const tester = testerOf([byHeader('one', acme), 'shadow']);
    const answer = await tester.send({ headers: { 'x-one': '1' } });
    expect(answer).toMatchObject({ status: 200, shadow: [], authPolicy: undefined });
    await tester.send();
    for (const outcome of ['allowed', 'refused', 'absent'])
      expect(tester.metrics.value('sluice_auth_total', 'one', outcome, 'none')).toBe(0);
  });
});

describe('a policy that authorises', () => {
  const authorising = (hooks: PolicyHooks, onError?: 'open' | 'closed'): PolicyTester =>
    new PolicyTester(
      definePolicy({
        schema: definePolicySchema({
          name: 'groups',
          summary: 'For this spec.',
          phases: ['receive', 'authorize'],
          authorizes: true,
          onError: 'closed',
          config: z.strictObject({}),
        }),
        compile: () => hooks,
      }),
      {},
      onError === undefined ? {} : { onError },
    );
  const counts = ({ metrics }: PolicyTester) =>
    ['allowed none', 'refused not_in_group', 'failed dependency_failed'].map((name) =>
      metrics.value('sluice_auth_total', 'groups', ...name.split(' ')),
    );

  it('is counted once for each request, and its refusal has a reason', async () => {
    const tester = authorising({
      receive: () => undefined,
      authorize: ({ path }) =>
        path === '/' ? undefined : deny('forbidden', 'Join a group.', [], 'not_in_group'),
    });
    await tester.send();
    expect(counts(tester)).toEqual([1, 0, 0]);
    expect(await tester.send({ path: '/other' })).toMatchObject({
      status: 403,
      authPolicy: 'groups',
      authReason: 'not_in_group',
    });
    expect(counts(tester)).toEqual([1, 1, 0]);
  });

  it.each(['open', 'closed'] as const)('fails %s, with a failure counted', async (onError) => {
    const tester = authorising({ authorize: async () => Promise.reject(new Error('x')) }, onError);
    const { status } = await tester.send();
    expect(status).toBe(onError === 'open' ? 200 : 503);
    expect(counts(tester)).toEqual([0, 0, 1]);
  });
});
