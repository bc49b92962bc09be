import { describe, expect, it } from '@jest/globals';
import { ManualClock, PolicyTester, type TestKey } from '@sluice/policy-sdk/testing';
import type { z } from 'zod';
import { keyAuth } from './policy.ts';
import type { keyAuthSchema } from './schema.ts';

const clock = new ManualClock();
const keys: TestKey[] = [
  { key: 'the-key-of-acme', consumer: { username: 'acme', groups: ['gold'] } },
  { key: 'the-other-key-of-acme', consumer: { username: 'acme' } },
  { key: 'switched-off', consumer: { username: 'hooli' }, isDisabled: true },
  { key: 'until-noon', consumer: { username: 'initech' }, expiresAtMs: clock.now() + 1000 },
];
const withConfig = (config: z.input<typeof keyAuthSchema.config> = {}) =>
  new PolicyTester(keyAuth, config, { keys, clock });

describe('key-auth', () => {
  it.each(['X-API-Key', 'apikey', 'x-api-key'])(
    'authenticates the caller by the header %s and hides the key',
    async (name) => {
      const { status, consumer, credential, forwarded } = await withConfig().send({
        headers: { [name]: 'the-key-of-acme', Accept: '*/*' },
      });
      expect(status).toBe(200);
      expect(consumer).toMatchObject({ username: 'acme', groups: ['gold'] });
      expect(credential).toMatchObject({ type: 'key', name: 'acme-key' });
      expect(forwarded?.headers.names()).toEqual(['accept']);
    },
  );

  it('passes the key on when the configuration says so', async () => {
    const { forwarded } = await withConfig({ hideCredentials: false }).send({
      headers: { 'X-API-Key': 'the-key-of-acme' },
    });
    expect(forwarded?.headers.get('x-api-key')).toBe('the-key-of-acme');
  });

  it('reads only the configured headers', async () => {
    const tester = withConfig({ headerNames: ['X-Token'] });
    expect(
      (await tester.send({ headers: { 'x-token': 'the-key-of-acme' } })).consumer?.username,
    ).toBe('acme');
    expect((await tester.send({ headers: { 'x-api-key': 'the-key-of-acme' } })).status).toBe(401);
  });

  it('requires a key, and says how to send it', async () => {
    for (const headers of [{}, { 'X-API-Key': '' }, { Authorization: 'Bearer the-key-of-acme' }]) {
      const { status, reply, response } = await withConfig().send({ headers });
      expect(status).toBe(401);
      expect(reply).toMatchObject({
        code: 'unauthorized',
        detail: 'Send your key in the header x-api-key.',
      });
      expect(response.headers.get('www-authenticate')).toBe(
        'ApiKey realm="sluice", header="x-api-key"',
      );
    }
  });

  it.each([
    'nobodys-key',
    'THE-KEY-OF-ACME',
    'the-key-of-acme,the-key-of-acme',
    'x'.repeat(10_000),
  ])('refuses a key it does not know', async (key) => {
    const answer = await withConfig({ optional: true }).send({ headers: { 'X-API-Key': key } });
    expect(answer).toMatchObject({
      status: 401,
      reply: { code: 'invalid_credential' },
      consumer: undefined,
    });
    expect(answer.response.headers.has('www-authenticate')).toBe(true);
  });

  it('refuses a key from the instant it expires', async () => {
    const tester = withConfig();
    const headers = { 'X-API-Key': 'until-noon' };
    tester.advance(999);
    expect((await tester.send({ headers })).status).toBe(200);
    tester.advance(1);
    expect(await tester.send({ headers })).toMatchObject({
      status: 401,
      reply: { code: 'credential_expired' },
      consumer: undefined,
    });
  });

  it('refuses a disabled key, and says that it is disabled', async () => {
    const answer = await withConfig().send({ headers: { 'X-API-Key': 'switched-off' } });
    expect(answer).toMatchObject({
      status: 401,
      reply: { code: 'credential_disabled', detail: expect.stringContaining('is disabled') },
      consumer: undefined,
    });
    expect(answer.response.headers.has('www-authenticate')).toBe(true);
  });

  it('refuses two different keys, in one header or in two', async () => {
    for (const second of ['X-API-Key', 'apikey']) {
      const answer = await withConfig().send({
        headers: [
          ['X-API-Key', 'the-key-of-acme'],
          [second, 'the-other-key-of-acme'],
        ],
      });
      expect(answer).toMatchObject({
        status: 401,
        reply: {
          code: 'invalid_credential',
          detail: 'The request carries two different keys: send one.',
        },
      });
    }
  });

  it('accepts the same key sent twice', async () => {
    const answer = await withConfig().send({
      headers: [
        ['X-API-Key', 'the-key-of-acme'],
        ['apikey', 'the-key-of-acme'],
      ],
    });
    expect(answer).toMatchObject({ status: 200, consumer: { username: 'acme' } });
    expect(answer.forwarded?.headers.size).toBe(0);
  });

  it('lets anonymous requests pass when keys are optional', async () => {
    const tester = withConfig({ optional: true });
    expect(await tester.send()).toMatchObject({ status: 200, consumer: undefined });
    expect((await tester.send({ headers: { apikey: 'the-key-of-acme' } })).consumer?.username).toBe(
      'acme',
    );
  });

  it('requires no key of a caller that is already authenticated', async () => {
    expect((await withConfig().send({ consumer: { username: 'hooli' } })).consumer?.username).toBe(
      'hooli',
    );
  });
});
