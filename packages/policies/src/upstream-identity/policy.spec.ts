import { describe, expect, it } from '@jest/globals';
import { definePolicy, definePolicySchema, principal } from '@sluice/policy-sdk';
import { ManualClock, PolicyTester, TestKeys, type TestConsumer } from '@sluice/policy-sdk/testing';
import { noKeys } from '@sluice/policy-sdk/host';
import { importJWK, jwtVerify } from 'jose';
import { z } from 'zod';
import { upstreamIdentity } from './policy.ts';

const jane: TestConsumer = { username: 'jäne, 100%', customId: '7', groups: ['gold', 'a,b'] };

/** Recognises a caller by a token that states these claims. */
const stating = definePolicy({
  schema: definePolicySchema({
    name: 'stating',
    summary: 'States claims.',
    phases: ['authenticate'],
    authenticates: true,
    config: z.strictObject({ claims: z.record(z.string(), z.unknown()) }),
  }),
  compile: ({ claims }) => ({
    challenges: ['Bearer'],
    hint: 'Send a token.',
    authenticate: () => principal({ subject: 'user-1', claims, groups: ['gold', 'staff'] }),
  }),
});

const told = async (
  headers: Record<string, object>,
  consumer: TestConsumer | undefined = jane,
): Promise<Record<string, string[]>> => {
  const { forwarded } = await new PolicyTester(upstreamIdentity, { headers }).send(
    consumer === undefined ? {} : { consumer },
  );
  const entries = Object.keys(headers).map((name) => [name, forwarded?.headers.getAll(name) ?? []]);
  return Object.fromEntries(entries) as Record<string, string[]>;
};

describe('upstream-identity: headers', () => {
  it('tell facts about the consumer, in ASCII', async () => {
    expect(
      await told({
        'X-User': { fact: 'username' },
        'X-Id': { fact: 'customId' },
        'X-Subject': { fact: 'subject' },
        'X-Comma': { fact: 'groups' },
        'X-Json': { fact: 'groups', list: 'json' },
        'X-Each': { fact: 'consumerGroups', list: 'repeat' },
      }),
    ).toEqual({
      'X-User': ['j%C3%A4ne, 100%25'],
      'X-Id': ['7'],
      'X-Subject': [],
      'X-Comma': ['gold, a%2Cb'],
      'X-Json': ['["gold","a,b"]'],
      'X-Each': ['gold', 'a,b'],
    });
  });

  it('tell claims of a token by their path, and its groups', async () => {
    const claims = {
      realm_access: { roles: ['ädmin', 'b'] },
      'https://example.com/tenant': ' t\r\nX-Evil: 1 ',
      age: 7,
      flag: false,
      deep: { a: 'ü' },
    };
    const tester = new PolicyTester(stating, { claims }).with(upstreamIdentity, {
      headers: {
        'X-Roles': { claim: ['realm_access', 'roles'], list: 'json' },
        'X-Tenant': { claim: ['https://example.com/tenant'] },
        'X-Age': { claim: ['age'] },
        'X-Flag': { claim: ['flag'] },
        'X-Deep': { claim: ['deep'] },
        'X-None': { claim: ['constructor', 'name'] },
        'X-Groups': { fact: 'groups' },
        'X-Subject': { fact: 'subject' },
      },
    });
    const { forwarded } = await tester.send();
    const found = ['roles', 'tenant', 'age', 'flag', 'deep', 'none', 'groups', 'subject'].map(
      (name) => forwarded?.headers.get(`x-${name}`),
    );
    expect(found).toEqual([
      '["\\u00e4dmin","b"]',
      '%20t%0D%0AX-Evil: 1%20',
      '7',
      'false',
      '{"a":"\\u00fc"}',
      undefined,
      'gold, staff',
      'user-1',
    ]);
  });

  it('are absent for a caller without an identity, whatever the client sends', async () => {
    const tester = new PolicyTester(upstreamIdentity, {
      headers: { 'X-User': { fact: 'username' }, Authorization: { fact: 'subject' } },
      token: {},
    });
    const { forwarded } = await tester.send({
      headers: { 'x.user': 'root', 'X-Gateway-Identity': 'x', Authorization: 'Basic eDp5' },
    });
    expect(forwarded?.headers.entries()).toEqual([]);
  });

  it('refuse an identity that is too large instead of cutting it', async () => {
    const groups = Array.from({ length: 20 }, (_, index) => `group-${index}`);
    for (const list of ['comma', 'json', 'repeat'] as const) {
      const headers = { 'X-Groups': { fact: 'groups' as const, list } };
      const tester = new PolicyTester(upstreamIdentity, { headers, maxBytes: 100 });
      const { status, reply } = await tester.send({ consumer: { username: 'a', groups } });
      expect([status, reply?.code]).toEqual([500, 'identity_too_large']);
    }
  });

  it.each([
    [{}, 'set "headers", "token" or both'],
    [{ headers: { 'X-A': {} } }, 'needs either "fact" or "claim"'],
    [{ headers: { 'X-A': { fact: 'subject', claim: ['sub'] } } }, 'needs either'],
    [{ headers: { 'X A': { fact: 'subject' } } }, '/headers/X A'],
    [{ headers: { 'x_consumer.id': { fact: 'subject' } } }, 'cannot be changed'],
    [{ headers: { 'X-A': { fact: 'subject' }, 'x-a': { fact: 'subject' } } }, 'has a name twice'],
    [{ token: { header: 'Host' } }, '/token/header'],
    [{ token: { seconds: 61 } }, '/token/seconds'],
  ])('%j is refused when it is applied', (config, message) => {
    expect(() => new PolicyTester(upstreamIdentity, config as never)).toThrow(message);
  });
});

describe('upstream-identity: the token', () => {
  const clock = (): ManualClock => new ManualClock(Date.parse('2026-06-01T00:00:00Z'));

  it('is a JWT that another library verifies with the published key', async () => {
    const gatewayKeys = new TestKeys();
    const [at, claims] = [clock(), { email: 'j@example.com', secret: 's' }];
    const tester = new PolicyTester(
      stating,
      { claims },
      { gatewayKeys, clock: at, service: 'orders' },
    ).with(upstreamIdentity, { token: { issuer: 'edge', claims: ['email', 'constructor'] } });
    const { forwarded } = await tester.send();
    const token = forwarded?.headers.get('x-gateway-identity') ?? '';
    const key = gatewayKeys.current('identity');
    const { payload, protectedHeader } = await jwtVerify(
      token,
      await importJWK(key?.publicJwk ?? {}, 'ES256'),
      { currentDate: new Date(at.now()), audience: 'orders', issuer: 'edge' },
    );
    expect(protectedHeader).toEqual({ alg: 'ES256', kid: key?.kid, typ: 'JWT' });
    const iat = at.now() / 1_000;
    expect(payload).toEqual({
      iss: 'edge',
      sub: 'user-1',
      aud: 'orders',
      groups: ['gold', 'staff'],
      claims: { email: 'j@example.com' },
      iat,
      exp: iat + 60,
    });
  });

  it('is used again for half of its life, for the same caller, service and key only', async () => {
    const gatewayKeys = new TestKeys();
    const at = clock();
    const config = { token: { seconds: 20 } };
    const tester = new PolicyTester(upstreamIdentity, config, { gatewayKeys, clock: at });
    const tokenOf = async (username: string): Promise<string> => {
      const { forwarded } = await tester.send({ consumer: { username } });
      return forwarded?.headers.get('x-gateway-identity') ?? '';
    };
    const first = await tokenOf('a');
    expect(await tokenOf('b')).not.toBe(first);
    at.advance(9_999);
    expect(await tokenOf('a')).toBe(first);
    at.advance(1);
    const second = await tokenOf('a');
    expect(second).not.toBe(first);
    gatewayKeys.rotate('identity');
    expect(await tokenOf('a')).not.toBe(second);
  });

  it('is not left out while the node has no key: the request is refused', async () => {
    const tester = new PolicyTester(upstreamIdentity, { token: {} }, { gatewayKeys: noKeys });
    const { status, forwarded } = await tester.send({ consumer: jane });
    expect([status, forwarded]).toEqual([503, undefined]);
  });
});
