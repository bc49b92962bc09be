import { describe, expect, it } from '@jest/globals';
import { definePolicy, definePolicySchema, principal } from '@sluice/policy-sdk';
import { PolicyTester, type TestRequest } from '@sluice/policy-sdk/testing';
import { z } from 'zod';
import { claims } from './policy.ts';

/** Recognises callers by claims that a test writes into a header. */
const token = definePolicy({
  schema: definePolicySchema({
    name: 'token',
    summary: 'Takes the claims from a header.',
    phases: ['authenticate'],
    authenticates: true,
    config: z.strictObject({}),
  }),
  compile: () => ({
    challenges: ['Bearer realm="test"'],
    optional: true,
    authenticate({ headers }) {
      const text = headers.get('x-claims');
      if (text === undefined) return undefined;
      return principal({ subject: 'jane', claims: JSON.parse(text) as Record<string, unknown> });
    },
  }),
});

type Config = Parameters<typeof claims.compile>[0];
const tester = (config: Partial<Record<keyof Config, unknown>>, mode?: 'shadow') =>
  new PolicyTester(token, {}).with(claims, config as never, mode && { mode });
const withClaims = (stated: unknown, request: TestRequest = {}): TestRequest => ({
  ...request,
  headers: { ...(request.headers as object), 'x-claims': JSON.stringify(stated) },
});
const nested = (depth: number): unknown => (depth === 0 ? 1 : { a: nested(depth - 1) });

describe('claims', () => {
  it.each([
    ['a text', { all: ['read'] }, { scope: 'write read' }, 200],
    ['a list', { all: ['read'] }, { scope: ['write', 'read'] }, 200],
    ['scp', { all: ['read'] }, { scp: 'read' }, 200],
    ['scopes', { all: ['read'] }, { scopes: ['read'] }, 200],
    ['scope counts before scp', { all: ['read'] }, { scope: 'write', scp: 'read' }, 403],
    ['each of all', { all: ['read', 'write'] }, { scope: 'write read x' }, 200],
    ['not each of all', { all: ['read', 'write'] }, { scope: 'read' }, 403],
    ['one of any', { any: ['read', 'write'] }, { scope: 'write' }, 200],
    ['none of any', { any: ['read', 'write'] }, { scope: 'x' }, 403],
    ['all, and none of any', { all: ['x'], any: ['read'] }, { scope: 'x' }, 403],
    ['a beginning', { all: ['read'] }, { scope: 'read:all' }, 403],
    ['another case', { all: ['read'] }, { scope: 'READ' }, 403],
    ['no claim', { all: ['read'] }, {}, 403],
    ['a number', { all: ['1'] }, { scope: 1 }, 403],
    ['an object', { all: ['read'] }, { scope: { read: true } }, 403],
    ['numbers in a list', { all: ['1'] }, { scope: [1] }, 403],
    ['a path', { any: ['admin'], claim: ['realm', 'roles'] }, { realm: { roles: ['admin'] } }, 200],
    [
      'a name with dots',
      { any: ['a'], claim: ['https://x.test/r'] },
      { 'https://x.test/r': 'a' },
      200,
    ],
    ['an inherited member', { any: ['a'], claim: ['constructor', 'name'] }, {}, 403],
  ])('scopes: %s', async (_what, scopes, stated, status) => {
    expect((await tester({ scopes }).send(withClaims(stated))).status).toBe(status);
  });

  it('says which scopes are needed', async () => {
    const { reply, response } = await tester({ scopes: { all: ['read'], any: ['a', 'b'] } }).send(
      withClaims({ scope: 'read' }),
    );
    expect(reply?.code).toBe('insufficient_scope');
    expect(response.headers.getAll('www-authenticate')).toEqual([
      'Bearer error="insufficient_scope", scope="read a b"',
    ]);
  });

  it.each([
    ['claims.tenant == params.tenant', { tenant: 'acme' }, 200],
    ['claims.tenant == params.tenant', { tenant: 'another' }, 403],
    ['claims.tenant == params.tenant', {}, 403],
    ['claims.tenant != "evil"', {}, 403],
    ['claims.admin', { admin: true }, 200],
    ['claims.admin', { admin: 'true' }, 403],
    ['claims.admin', { admin: 1 }, 403],
    ['request.query.view == "all, own"', {}, 200],
    ['request.headers["x-a"] == "1, 2"', {}, 200],
    ['request.address == "203.0.113.7"', {}, 200],
  ])('condition: %s with %j: %d', async (condition, stated, status) => {
    const request = {
      params: { tenant: 'acme' },
      query: 'view=all&view=own',
      headers: [
        ['X-A', '1'],
        ['X-A', '2'],
        ['X-Claims', JSON.stringify(stated)],
      ] as const,
    };
    expect((await tester({ condition }).send(request)).status).toBe(status);
  });

  it('counts conditions that cannot be evaluated, and refuses', async () => {
    const counted = tester({ condition: 'claims.tenant == "acme"' });
    for (const stated of [{}, { tenant: 'acme' }, { tenant: 'another' }])
      await counted.send(withClaims(stated));
    const name = 'sluice_policy_claims_evaluation_faults_total';
    expect(counted.metrics.value(name, 'test')).toBe(1);
  });

  it.each([
    ['a list', { list: Array.from({ length: 1_001 }, () => 'x') }],
    ['values', Object.fromEntries(Array.from({ length: 9 }, (_, at) => [at, Array(500).fill(1)]))],
    ['levels', nested(20)],
  ])('refuses claims with too many: %s', async (_what, stated) => {
    const { status } = await tester({ condition: 'claims.size() > 0' }).send(withClaims(stated));
    expect(status).toBe(403);
  });

  it('refuses a query with too many parameters', async () => {
    const sent = withClaims({}, { query: 'a=1&'.repeat(300) });
    const condition = 'request.query.a != "x"';
    expect((await tester({ condition }).send(sent)).status).toBe(403);
  });

  it('asks a caller that is not known for a credential, and lets a preflight request pass', async () => {
    const asking = tester({ scopes: { all: ['read'] } });
    const { status, response } = await asking.send();
    expect([status, response.headers.get('www-authenticate')]).toEqual([
      401,
      'Bearer realm="test"',
    ]);
    const headers = { Origin: 'https://a.test', 'Access-Control-Request-Method': 'GET' };
    expect((await asking.send({ method: 'OPTIONS', headers })).status).toBe(200);
    expect((await asking.send({ method: 'OPTIONS' })).status).toBe(401);
  });

  it('refuses a consumer without claims, and can allow it by a condition', async () => {
    const consumer = { username: 'acme', groups: ['gold'] };
    expect((await tester({ scopes: { all: ['read'] } }).send({ consumer })).status).toBe(403);
    expect((await tester({ condition: '"gold" in groups' }).send({ consumer })).status).toBe(200);
    expect((await tester({ condition: 'consumer.id == "x"' }).send({ consumer })).status).toBe(403);
  });

  it('refuses nothing in shadow mode', async () => {
    const shadow = tester({ scopes: { all: ['read'] } }, 'shadow');
    expect(await shadow.send()).toMatchObject({ status: 200, shadow: ['claims'] });
    expect(await shadow.send(withClaims({}))).toMatchObject({ status: 200, shadow: ['claims'] });
    expect((await shadow.send(withClaims({ scope: 'read' }))).shadow).toEqual([]);
  });

  it.each([
    [{}, 'set "scopes", "condition" or both'],
    [{ scopes: {} }, '/scopes: list scopes in "all", "any" or both'],
    [{ scopes: { all: ['a b'] } }, '/scopes/all/0: not a scope'],
    [{ condition: 'claims.a ==' }, '/condition: Unexpected token: EOF (line 1, column 12)'],
    [{ condition: 'claims.a.matches("x")' }, '/condition: the method matches() is not available'],
  ])('refuses the configuration %j', (config, fault) => {
    expect(() => tester(config)).toThrow(fault);
  });
});
