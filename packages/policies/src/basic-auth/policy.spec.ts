import { createHook } from 'node:async_hooks';
import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { hashPassword, verifyPassword } from '@sluice/passwords';
import { ManualClock, PolicyTester, type TestCredential } from '@sluice/policy-sdk/testing';
import type { z } from 'zod';
import { anonymous } from '../anonymous/policy.ts';
import { keyAuth } from '../key-auth/policy.ts';
import { basicAuth } from './policy.ts';
import type { basicAuthSchema } from './schema.ts';

const kongId = 'ff2cc8a5-d4e4-4fcc-95c3-6ed1e4a0d9c5';
const clock = new ManualClock();
let credentials: TestCredential[];

beforeAll(async () => {
  const consumer = { username: 'acme', groups: ['gold'] };
  credentials = [
    { type: 'basic', lookup: 'jane', secret: await hashPassword('open sesame'), consumer },
    {
      type: 'basic',
      lookup: 'joe',
      secret: await hashPassword('until noon'),
      consumer: { username: 'initech' },
      expiresAtMs: clock.now() + 1_000,
    },
    {
      type: 'basic',
      lookup: 'former',
      secret: await hashPassword('switched off'),
      consumer,
      isDisabled: true,
    },
    {
      type: 'basic',
      lookup: 'bcrypt',
      secret: '$2y$05$.JT0tqAGBcgUCjkSdqoKcOuZJDP7Vkq6/lwZmQAahTgdJR0TZBRoO',
      consumer,
    },
    {
      type: 'basic',
      lookup: 'kong',
      secret: `$kong-sha1$${kongId}$${createHash('sha1').update(`foreign password${kongId}`).digest('hex')}`,
      consumer,
    },
    { type: 'basic', lookup: 'broken', secret: 'not a hash', consumer },
    {
      type: 'basic',
      lookup: 'scrypt',
      secret:
        '$scrypt$ln=14,r=8,p=1$U29kaXVtQ2hsb3JpZGU$cCO9yzr9c0hGHAbNgf046/2o+7qQT44+qbVD9lRdofLVQylVYT8Pz2LUlwUkKpr55h6F3A1lHkDfzwF7RVdYhw',
      consumer,
    },
  ];
});

const withConfig = (config: z.input<typeof basicAuthSchema.config> = {}) =>
  new PolicyTester(basicAuth, config, {
    credentials,
    clock,
    keys: [{ key: 'the-key', consumer: { username: 'hooli' } }],
  });
const basic = (username: string, password: string) => ({
  Authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`,
});
/** What some work resolves to, and how many hashes of argon2id it has computed. */
async function hashesOf<Result>(
  work: () => Promise<Result>,
): Promise<{ result: Result; count: number; most: number }> {
  const [running, count] = [new Set<number>(), { all: 0, most: 0 }];
  const hook = createHook({
    init(id, type) {
      if (type !== 'ARGON2REQUEST') return;
      running.add(id);
      count.all += 1;
      count.most = Math.max(count.most, running.size);
    },
    before: (id) => void running.delete(id),
  }).enable();
  try {
    return { result: await work(), count: count.all, most: count.most };
  } finally {
    hook.disable();
  }
}
const challenge = 'Basic realm="sluice", charset="UTF-8"';

describe('basic-auth', () => {
  it('authenticates the caller and hides the password', async () => {
    const answer = await withConfig().send({ headers: basic('jane', 'open sesame') });
    expect(answer).toMatchObject({
      status: 200,
      consumer: { username: 'acme', groups: ['gold'] },
      credential: { type: 'basic' },
    });
    expect(answer.forwarded?.headers.has('authorization')).toBe(false);
    const shown = withConfig({ hideCredentials: false });
    const { forwarded } = await shown.send({ headers: basic('jane', 'open sesame') });
    expect(forwarded?.headers.has('authorization')).toBe(true);
  });

  it.each([
    ['bcrypt', 'foreign password', 'bcrypt'],
    ['SHA-1 of Kong', 'foreign password', 'kong'],
  ])('verifies %s, and reports a hash with the usual cost once', async (_what, password, user) => {
    const tester = withConfig();
    const send = async (tried: string) =>
      (await tester.send({ headers: basic(user, tried) })).status;
    expect([await send('wrong'), tester.rehashes]).toEqual([401, []]);
    expect([await send(password), await send(password)]).toEqual([200, 200]);
    const [rehash, ...more] = tester.rehashes;
    expect([rehash?.credential.name, more]).toEqual([user, []]);
    expect(rehash?.hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(await verifyPassword(rehash?.hash ?? '', password)).toBe(true);
    await send('wrong again');
    expect(tester.rehashes).toHaveLength(1);
  });

  it('reports no hash of a password that it has hashed itself', async () => {
    const tester = withConfig();
    expect((await tester.send({ headers: basic('jane', 'open sesame') })).status).toBe(200);
    expect(tester.rehashes).toEqual([]);
  });

  it('tells that a user is disabled, after the right password only', async () => {
    const send = async (password: string) =>
      (await withConfig().send({ headers: basic('former', password) })).reply?.code;
    expect(await send('switched off')).toBe('credential_disabled');
    expect(await send('wrong')).toBe('invalid_credential');
  });

  it('verifies hashes of scrypt', async () => {
    expect((await withConfig().send({ headers: basic('scrypt', 'pleaseletmein') })).status).toBe(
      200,
    );
  });

  it.each([
    ['jane', 'Open sesame'],
    ['jane', 'open sesame '],
    ['Jane', 'open sesame'],
    ['unknown', 'open sesame'],
    ['broken', 'not a hash'],
    ['jane', ''],
  ])('refuses %s with the password "%s"', async (username, password) => {
    for (const optional of [false, true]) {
      const answer = await withConfig({ optional }).send({ headers: basic(username, password) });
      expect(answer).toMatchObject({ status: 401, reply: { code: 'invalid_credential' } });
      expect(answer.response.headers.get('www-authenticate')).toBe(challenge);
      expect(answer.consumer).toBeUndefined();
    }
  });

  it('limits wrong passwords, and locks no user out', async () => {
    const tester = new PolicyTester(basicAuth, {}, { credentials });
    const send = (clientAddress: string, password: string, user = 'jane') =>
      tester.send({ clientAddress, headers: basic(user, password) });
    for (let index = 0; index < 20; index++)
      expect((await send('198.51.100.1', `wrong ${index}`)).status).toBe(401);
    for (let index = 0; index < 200; index++)
      expect(await send('198.51.100.1', `wrong ${index}`)).toMatchObject({
        status: 429,
        reply: { code: 'too_many_failures' },
        authPolicy: 'basic-auth',
        authReason: 'too_many_failures',
        forwarded: undefined,
      });
    expect((await send('198.51.100.1', 'open sesame')).status).toBe(429);
    expect((await send('198.51.100.1', 'wrong', 'joe')).status).toBe(401);
    // From a network that has not failed, and then, as it is remembered, from every network.
    expect((await send('203.0.113.7', 'open sesame')).status).toBe(200);
    expect((await send('198.51.100.1', 'open sesame')).status).toBe(200);
    tester.advance(61_000);
    expect((await send('203.0.113.7', 'open sesame')).status).toBe(200);
    const count = (outcome: string, reason: string): number =>
      tester.metrics.value('sluice_auth_total', 'basic-auth', outcome, reason);
    expect([count('refused', 'unknown'), count('refused', 'too_many_failures')]).toEqual([21, 201]);
  });

  it('requires credentials unless they are optional, and leaves other schemes alone', async () => {
    const answer = await withConfig({ realm: 'Partners' }).send();
    expect(answer).toMatchObject({ status: 401, reply: { code: 'unauthorized' } });
    expect(answer.response.headers.get('www-authenticate')).toBe(
      'Basic realm="Partners", charset="UTF-8"',
    );
    const bearer = await withConfig({ optional: true }).send({
      headers: { Authorization: 'Bearer t' },
    });
    expect(bearer).toMatchObject({ status: 200, consumer: undefined });
    expect(bearer.forwarded?.headers.get('authorization')).toBe('Bearer t');
  });

  it.each(['Basic\tzz', 'BASIC', 'Basic,zz', 'Basic"'])(
    'refuses a malformed credential, also where none is needed: %j',
    async (value) => {
      const admitting = [
        withConfig(),
        withConfig({ optional: true }),
        withConfig().with(anonymous, { consumer: 'hooli' }),
        withConfig({ optional: true }).with(anonymous, {
          consumer: 'hooli',
          ignoreAuthorization: true,
        }),
      ];
      for (const tester of admitting)
        expect(await tester.send({ headers: { Authorization: value } })).toMatchObject({
          status: 401,
          reply: { code: 'invalid_credential' },
          forwarded: undefined,
        });
    },
  );

  it('refuses an expired password only when it is the right one', async () => {
    const tester = withConfig();
    expect((await tester.send({ headers: basic('joe', 'until noon') })).status).toBe(200);
    tester.advance(1_000);
    const codeOf = async (password: string) =>
      (await tester.send({ headers: basic('joe', password) })).reply?.code;
    expect(await codeOf('until noon')).toBe('credential_expired');
    expect(await codeOf('until one')).toBe('invalid_credential');
  });

  it('is an alternative to key-auth: one valid credential is enough, a wrong one is refused', async () => {
    const tester = withConfig().with(keyAuth, {});
    const key = { 'X-API-Key': 'the-key' };
    expect((await tester.send({ headers: key })).consumer?.username).toBe('hooli');
    expect((await tester.send({ headers: basic('jane', 'open sesame') })).consumer?.username).toBe(
      'acme',
    );
    const missing = await tester.send();
    expect(missing.response.headers.getAll('www-authenticate')).toEqual([
      challenge,
      'ApiKey realm="sluice", header="x-api-key"',
    ]);
    expect((await tester.send({ headers: { ...key, ...basic('jane', 'wrong') } })).status).toBe(
      401,
    );
    expect(
      (await tester.send({ headers: { ...key, ...basic('jane', 'open sesame') } })).reply?.code,
    ).toBe('invalid_credential');
  });

  it('hashes a password that was verified once, until its time is over', async () => {
    const tester = withConfig({ cacheSeconds: 10 });
    const send = (password: string) => () =>
      tester.send({ headers: basic('jane', password) }).then(({ status }) => status);
    expect(await hashesOf(send('open sesame'))).toMatchObject({ result: 200, count: 1 });
    expect(await hashesOf(send('open sesame'))).toMatchObject({ result: 200, count: 0 });
    for (let index = 0; index < 3; index++)
      expect(await hashesOf(send('wrong'))).toMatchObject({ result: 401, count: 1 });
    tester.advance(10_000);
    const parallel = () => Promise.all(Array.from({ length: 5 }, send('open sesame')));
    expect(await hashesOf(parallel)).toMatchObject({ result: Array(5).fill(200), count: 1 });
  });

  it('costs an unknown user a hash as well, for each password', async () => {
    const tester = withConfig();
    for (const user of ['unknown', 'unknown-too'])
      for (let index = 0; index < 3; index++)
        expect(await hashesOf(() => tester.send({ headers: basic(user, 'wrong') }))).toMatchObject({
          result: { status: 401 },
          count: 1,
        });
  });

  it('computes two hashes at the same time at most, for all callers', async () => {
    const tester = withConfig({ cacheSeconds: 0 });
    const callers = Array.from({ length: 12 }, (_, index) => ({
      clientAddress: `198.51.${index}.1`,
      headers: basic(index % 2 === 0 ? 'jane' : `unknown-${index}`, 'open sesame'),
    }));
    const { result, count, most } = await hashesOf(() =>
      Promise.all(callers.map((each) => tester.send(each))),
    );
    expect(result.filter(({ status }) => status === 200)).toHaveLength(6);
    // The six with the same password need one hash together.
    expect([count, most]).toEqual([7, 2]);
  });

  it('bounds the passwords of one caller, and keeps others from waiting for them', async () => {
    const tester = withConfig({ cacheSeconds: 0 });
    const flood = Array.from({ length: 40 }, (_, index) =>
      tester.send({
        clientAddress: `2001:db8::${index}`,
        headers: basic('jane', `guess-${index}`),
      }),
    );
    const other = await tester.send({
      clientAddress: '203.0.113.7',
      headers: basic('jane', 'open sesame'),
    });
    expect(other.status).toBe(200);
    const answers = await Promise.all(flood);
    const limited = answers.filter(({ status }) => status === 429);
    expect(limited).toHaveLength(32);
    expect(limited[0]?.response.headers.get('retry-after')).toBe('1');
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(8);
    const later = await tester.send({
      clientAddress: '2001:db8::1',
      headers: basic('jane', 'open sesame'),
    });
    expect(later.status).toBe(200);
  });
});
