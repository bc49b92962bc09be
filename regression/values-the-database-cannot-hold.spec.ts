import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  startTestControlPlane,
  testAdminToken,
} from '../apps/control-plane/src/testing/test-control-plane.ts';
import type { TestControlPlane } from '../apps/control-plane/src/testing/test-control-plane.ts';

/**
 * Each of these values reached Postgres, which refused it, and the caller got an internal error.
 */
describe('values that Postgres cannot store', () => {
  let api: TestControlPlane;
  const cursor = (key: unknown): string =>
    Buffer.from(JSON.stringify([1, key])).toString('base64url');

  beforeAll(async () => {
    api = await startTestControlPlane();
    await api.put('/v1/consumers/acme', {});
  });
  afterAll(async () => {
    expect(api.log()).not.toMatch(/"level":"error"/);
    await api.close();
  });

  it.each([
    'nodes',
    'revisions',
    'tokens',
    'services',
    'routes',
    'policies',
    'consumers/acme/keys',
  ])('forged cursors of %s are refused', async (collection) => {
    for (const key of [
      '\u0000',
      'a\u0000b',
      '\ud800',
      '',
      'x'.repeat(700),
      '-1',
      '1.5',
      'NaN',
      '99999999999999999999',
      'Infinity',
      '../x',
      7,
      null,
    ]) {
      const answer = await api.get(`/v1/${collection}?after=${cursor(key)}`);
      // A text that could be a key of the list means the position after that key.
      if (answer.status !== 200)
        expect(answer).toMatchObject({ status: 400, body: { code: 'validation_failed' } });
      if (typeof key !== 'string' || /[^A-Za-z0-9._-]/.test(key) || key === '' || key.length > 64)
        expect(answer.status).toBe(400);
    }
  });

  it.each([
    '%00',
    'a%00b',
    '%ED%A0%80',
    '%C0%80',
    '.',
    '%2e%2e',
    'a%2Fb',
    '%F0%9F%98%80',
    'x'.repeat(300),
    '%25',
    '%0d%0a',
    '-',
  ])('nothing is found at %s', async (segment) => {
    for (const collection of [
      'nodes',
      'services',
      'tokens',
      'policies',
      'revisions',
      'consumers/acme/keys',
    ]) {
      const answer = await api.get(`/v1/${collection}/${segment}`);
      if (answer.status !== 200) expect([400, 404]).toContain(answer.status);
    }
  });

  it.each([
    '0000-01-01T00:00:00Z',
    '1969-12-31T23:59:59Z',
    '9999-12-31T23:59:59-23:59',
    `2090-01-01T00:00:00.${'1'.repeat(300)}Z`,
    '2090-01-01T00:00:00.1234567891Z',
    '2090-02-30T00:00:00Z',
    '2090-01-01T24:00:00Z',
    '2090-01-01T00:00:60Z',
    '2090-01-01T00:00:00+99:99',
    '2090-01-01t00:00:00z',
    '2090-01-01',
    '',
    'infinity',
  ])('the instant %s is refused', async (expiresAt) => {
    expect(await api.post('/v1/tokens', { name: 'x', role: 'viewer', expiresAt })).toMatchObject({
      status: 400,
      body: { errors: [{ pointer: '/expiresAt' }] },
    });
    expect(await api.post('/v1/consumers/acme/keys', { name: 'x', expiresAt })).toMatchObject({
      status: 400,
      body: { errors: [{ pointer: '/expiresAt' }] },
    });
  });

  it('instants up to the limits are accepted', async () => {
    const instants = [
      '1970-01-01T00:00:00Z',
      '9999-12-31T23:59:59.999999999Z',
      '2090-01-01T00:00:00.123456789+23:59',
    ];
    for (const [index, expiresAt] of instants.entries()) {
      expect(
        (await api.post('/v1/tokens', { name: `t${index}`, role: 'viewer', expiresAt })).status,
      ).toBe(201);
      // A key that has expired already cannot be created.
      expect((await api.post('/v1/consumers/acme/keys', { name: `t${index}` })).status).toBe(201);
      expect((await api.patch(`/v1/consumers/acme/keys/t${index}`, { expiresAt })).status).toBe(
        200,
      );
    }
    expect((await api.get('/v1/tokens')).status).toBe(200);
  });

  it.each([`bearer ${testAdminToken}`, `BEARER   ${testAdminToken}`, `Bearer ${testAdminToken} `])(
    'a retry with the scheme written as in %s gets the first response',
    async (authorization) => {
      const first = await api.post(
        '/v1/consumers/acme/keys',
        { name: `k${authorization.length}` },
        { 'Idempotency-Key': authorization },
      );
      const again = await api.post(
        '/v1/consumers/acme/keys',
        { name: `k${authorization.length}` },
        { 'Idempotency-Key': authorization, Authorization: authorization },
      );
      expect(again).toMatchObject({ status: 201, body: first.body });
      expect(again.headers.get('idempotency-replayed')).toBe('true');
    },
  );

  it('a retry with the next admin token of the machine is a conflict', async () => {
    const post = () =>
      api.post('/v1/tokens', { name: 'sealed', role: 'viewer' }, { 'Idempotency-Key': 'sealed' });
    expect((await post()).status).toBe(201);
    await api.sql(
      "UPDATE idempotency_record SET sealed = 'QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE=' WHERE sealed IS NOT NULL",
    );
    expect(await post()).toMatchObject({ status: 409, body: { code: 'idempotency_conflict' } });
  });
});
