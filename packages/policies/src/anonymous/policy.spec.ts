import { describe, expect, it } from '@jest/globals';
import { PolicyTester } from '@sluice/policy-sdk/testing';
import { keyAuth } from '../key-auth/policy.ts';
import { anonymous } from './policy.ts';

const known = {
  consumers: [{ username: 'public', groups: ['free'] }],
  keys: [{ key: 'the-key', consumer: { username: 'acme' } }],
};
const withKeys = (consumer = 'public', onError: 'open' | 'closed' = 'closed') =>
  new PolicyTester(keyAuth, {}, known).with(anonymous, { consumer }, { onError });

describe('anonymous', () => {
  it('identifies requests that present nothing', async () => {
    expect(await withKeys().send()).toMatchObject({
      status: 200,
      consumer: { username: 'public', groups: ['free'] },
      credential: undefined,
    });
    const alone = new PolicyTester(anonymous, { consumer: 'public' }, known);
    expect((await alone.send()).consumer?.username).toBe('public');
  });

  it('leaves callers with a credential alone, and never admits a bad one', async () => {
    const tester = withKeys();
    const valid = await tester.send({ headers: { 'X-API-Key': 'the-key' } });
    expect(valid.consumer?.username).toBe('acme');
    const invalid = await tester.send({ headers: { 'X-API-Key': 'another' } });
    expect(invalid).toMatchObject({ status: 401, reply: { code: 'invalid_credential' } });
    expect(invalid.consumer).toBeUndefined();
  });

  it('admits no credential of a scheme that is unknown here, unless it is for the upstream', async () => {
    const headers = { Authorization: 'Bearer of-another-gateway' };
    expect(await withKeys().send({ headers })).toMatchObject({
      status: 401,
      reply: { code: 'unauthorized' },
    });
    const tester = new PolicyTester(keyAuth, {}, known).with(anonymous, {
      consumer: 'public',
      ignoreAuthorization: true,
    });
    const { consumer, forwarded } = await tester.send({ headers });
    expect(consumer?.username).toBe('public');
    expect(forwarded?.headers.has('authorization')).toBe(true);
  });

  it('refuses while its consumer does not exist', async () => {
    expect((await withKeys('missing').send()).status).toBe(503);
    // Authentication is closed whatever the attachment says.
    expect(await withKeys('missing', 'open').send()).toMatchObject({
      status: 503,
      reply: { code: 'policy_failed' },
    });
  });
});
