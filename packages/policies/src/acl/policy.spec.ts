import { describe, expect, it } from '@jest/globals';
import { definePolicy, definePolicySchema, principal } from '@sluice/policy-sdk';
import { PolicyTester, type TestConsumer } from '@sluice/policy-sdk/testing';
import { z } from 'zod';
import { anonymous } from '../anonymous/policy.ts';
import { basicAuth } from '../basic-auth/policy.ts';
import { keyAuth } from '../key-auth/policy.ts';
import { acl } from './policy.ts';

const acme: TestConsumer = { username: 'acme', groups: ['gold', 'eu'] };
const initech: TestConsumer = { username: 'initech', groups: ['free'] };
const hooli: TestConsumer = { username: 'hooli' };
const gold = { groups: ['group-gold'] };

/** Recognises callers by the groups of a token that a test writes into a header. */
const token = definePolicy({
  schema: definePolicySchema({
    name: 'token',
    summary: 'Takes groups from a header.',
    phases: ['authenticate'],
    authenticates: true,
    config: z.strictObject({}),
  }),
  compile: () => ({
    optional: true,
    authenticate({ headers }) {
      const text = headers.get('x-groups');
      if (text === undefined) return undefined;
      const groups = text === '' ? [] : text.replace(', and more', '').split(', ');
      return principal({ subject: 'jane', groups, groupsOverage: text.endsWith(', and more') });
    },
  }),
});

describe('the groups that a token states', () => {
  const staff = { tokenGroups: ['staff'] };
  const both = { groupsFrom: 'both' } as const;
  it.each([
    ['are compared as text', { allow: staff }, 'eu, staff', 200, undefined],
    ['are exact', { allow: staff }, 'Staff', 403, 'not_in_group'],
    ['may be none', { allow: staff }, '', 403, 'not_in_group'],
    ['may be denied', { deny: staff }, 'staff', 403, 'denied'],
    ['may be others than the denied', { deny: staff }, 'eu', 200, undefined],
    ['are not all', { allow: staff }, 'eu, and more', 403, 'groups_overage'],
    ['are enough', { allow: staff }, 'staff, and more', 200, undefined],
    ['are denied', { deny: staff }, 'staff, and more', 403, 'denied'],
    ['do not rule out a denied one', { deny: staff }, 'eu, and more', 403, 'groups_overage'],
    ['are not those of the gateway', { ...both, allow: gold }, 'group-gold', 403, 'not_in_group'],
    ['nor have they its names', { ...both, allow: gold }, 'gold', 403, 'not_in_group'],
    ['decide nothing here', { ...both, allow: gold }, 'a, and more', 403, 'not_in_group'],
  ])('%s: %j, %j', async (_what, config, groups, status, reason) => {
    const tester = new PolicyTester(token, {}).with(acl, { groupsFrom: 'token', ...config });
    const answer = await tester.send({ headers: { 'x-groups': groups } });
    expect([answer.status, answer.authReason]).toEqual([status, reason]);
    const code = reason === 'groups_overage' ? reason : 'forbidden';
    expect(answer.reply?.code).toBe(status === 200 ? undefined : code);
  });

  it('count beside those of the consumer when both do', async () => {
    const config = { ...both, allow: { ...gold, ...staff } };
    const tester = new PolicyTester(token, {}).with(acl, config);
    expect((await tester.send({ consumer: acme })).status).toBe(200);
    expect((await tester.send({ headers: { 'x-groups': 'staff' } })).status).toBe(200);
    expect((await tester.send({ headers: { 'x-groups': 'eu' } })).status).toBe(403);
  });

  it.each([
    [{ allow: staff }, '/allow/tokenGroups: does not count with "groupsFrom": "consumer"'],
    [{ deny: staff, allow: gold }, '/deny/tokenGroups: does not count'],
    [{ groupsFrom: 'token', allow: gold }, '/allow/groups: does not count'],
  ] as const)('are refused where they would not count: %j', (config, fault) => {
    expect(() => new PolicyTester(acl, config as never)).toThrow(fault);
  });
});

describe('acl', () => {
  it.each([
    ['a group of the caller is allowed', { allow: gold }, acme, 200],
    ['no group of the caller is allowed', { allow: gold }, initech, 403],
    ['the caller has no group', { allow: gold }, hooli, 403],
    ['a name is no id', { allow: { groups: ['gold'] } }, acme, 403],
    ['the consumer is allowed', { allow: { consumers: ['consumer-hooli'] } }, hooli, 200],
    ['the name of a consumer is no id', { allow: { consumers: ['hooli'] } }, hooli, 403],
    ['group or consumer', { allow: { ...gold, consumers: ['consumer-hooli'] } }, hooli, 200],
    ['a group is denied', { deny: { groups: ['group-free'] } }, initech, 403],
    ['another group is denied', { deny: { groups: ['group-free'] } }, acme, 200],
    ['a consumer is denied', { deny: { consumers: ['consumer-acme'] } }, acme, 403],
    ['deny wins over allow', { allow: gold, deny: { groups: ['group-eu'] } }, acme, 403],
    ['denied in its group', { allow: gold, deny: { consumers: ['consumer-acme'] } }, acme, 403],
    ['a group named like a property', { allow: { groups: ['constructor'] } }, acme, 403],
  ])('%s', async (_what, config, consumer, status) => {
    const { status: found, reply } = await new PolicyTester(acl, config).send({ consumer });
    expect([found, reply?.code]).toEqual([status, status === 200 ? undefined : 'forbidden']);
  });

  it('asks a caller that is not known for a credential, in each form that is accepted', async () => {
    const tester = new PolicyTester(keyAuth, { optional: true })
      .with(basicAuth, {})
      .with(acl, { allow: gold });
    const { status, reply, response } = await tester.send();
    expect(status).toBe(401);
    expect(reply?.code).toBe('unauthorized');
    expect(response.headers.getAll('www-authenticate')).toEqual([
      'ApiKey realm="sluice", header="x-api-key"',
      'Basic realm="sluice", charset="UTF-8"',
    ]);
  });

  it('knows the consumer that a credential belongs to', async () => {
    const tester = new PolicyTester(
      keyAuth,
      {},
      {
        keys: [
          { key: 'of-acme', consumer: acme },
          { key: 'of-hooli', consumer: hooli },
        ],
      },
    ).with(acl, { allow: gold });
    expect((await tester.send({ headers: { 'X-API-Key': 'of-acme' } })).status).toBe(200);
    expect(await tester.send({ headers: { 'X-API-Key': 'of-hooli' } })).toMatchObject({
      status: 403,
      authPolicy: 'acl',
      authReason: 'not_in_group',
    });
    for (const [outcome, reason] of [
      ['allowed', 'none'],
      ['refused', 'not_in_group'],
    ])
      expect(
        tester.metrics.value('sluice_auth_total', 'acl', String(outcome), String(reason)),
      ).toBe(1);
    expect((await tester.send({ headers: { 'X-API-Key': 'of-another' } })).status).toBe(401);
  });

  it('treats the anonymous consumer like any other', async () => {
    const tester = new PolicyTester(anonymous, { consumer: 'hooli' }, { consumers: [hooli] }).with(
      acl,
      { allow: gold },
    );
    expect((await tester.send()).status).toBe(403);
  });

  it.each([
    [
      'a preflight request',
      { Origin: 'https://a.test', 'Access-Control-Request-Method': 'PUT' },
      200,
    ],
    ['no Access-Control-Request-Method', { Origin: 'https://a.test' }, 401],
    ['no Origin', { 'Access-Control-Request-Method': 'PUT' }, 401],
    ['no method in it', { Origin: 'https://a.test', 'Access-Control-Request-Method': 'P T' }, 401],
  ])('OPTIONS with %s', async (_what, headers, status) => {
    const tester = new PolicyTester(acl, { allow: gold });
    expect((await tester.send({ method: 'OPTIONS', headers })).status).toBe(status);
  });

  it('checks another method with the fields of a preflight request', async () => {
    const headers = { Origin: 'https://a.test', 'Access-Control-Request-Method': 'PUT' };
    const tester = new PolicyTester(acl, { allow: gold });
    expect((await tester.send({ method: 'POST', headers })).status).toBe(401);
  });

  it('refuses nothing in shadow mode, and reports what it would have refused', async () => {
    const tester = new PolicyTester(acl, { allow: gold }, { mode: 'shadow' });
    expect(await tester.send()).toMatchObject({ status: 200, shadow: ['acl'] });
    expect(await tester.send({ consumer: hooli })).toMatchObject({ status: 200, shadow: ['acl'] });
    expect(await tester.send({ consumer: acme })).toMatchObject({ status: 200, shadow: [] });
  });

  it.each([
    [{}, 'set "allow", "deny" or both'],
    [{ allow: {} }, '/allow: names no callers'],
    [{ deny: { groups: [] } }, '/deny: names no callers'],
  ])('refuses the configuration %j', (config, fault) => {
    expect(() => new PolicyTester(acl, config)).toThrow(fault);
  });
});
