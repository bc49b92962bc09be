import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startTestControlPlane, testAdminToken } from '../../testing/test-control-plane.ts';
import type { TestAnswer, TestControlPlane } from '../../testing/test-control-plane.ts';

describe('authorization', () => {
  let api: TestControlPlane;

  beforeAll(async () => {
    api = await startTestControlPlane();
  });
  afterAll(() => api.close());

  const as = (token: string): Record<string, string> => ({ Authorization: `Bearer ${token}` });
  const createToken = async (name: string, role: string, more: object = {}): Promise<string> =>
    String((await api.post('/v1/tokens', { name, role, ...more })).body['token']);

  it.each([
    ['no token', ''],
    ['another scheme', `Basic ${testAdminToken}`],
    ['no token after the scheme', 'Bearer '],
    ['two tokens', `Bearer ${testAdminToken} ${testAdminToken}`],
  ])('is refused with %s, without counting as a failed login', async (_what, authorization) => {
    for (let count = 0; count < 25; count += 1) {
      const answer = await api.get('/v1/services', { Authorization: authorization });
      expect(answer).toMatchObject({ status: 401, body: { code: 'admin_unauthorized' } });
      expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="sluice"');
    }
  });

  it('requires no token for health and documentation', async () => {
    for (const path of ['/livez', '/readyz', '/openapi.json'])
      expect((await api.get(path, { Authorization: '' })).status).toBe(200);
    const docs = await fetch(new URL('/docs', api.url));
    expect(docs.status).toBe(200);
  });

  it('is limited by the role', async () => {
    const viewer = await createToken('viewer', 'viewer');
    const editor = await createToken('editor', 'editor');
    const admin = await createToken('admin', 'admin');
    const statuses = async (token: string): Promise<number[]> => {
      const answers: TestAnswer[] = [];
      answers.push(await api.get('/v1/services', as(token)));
      answers.push(await api.put('/v1/groups/by-role', { tags: [] }, as(token)));
      answers.push(await api.delete('/v1/groups/by-role', as(token)));
      answers.push(await api.get('/v1/tokens', as(token)));
      return answers.map(({ status }) => status);
    };
    expect(await statuses(viewer)).toEqual([200, 403, 403, 403]);
    expect(await statuses(editor)).toEqual([200, 201, 204, 403]);
    expect(await statuses(admin)).toEqual([200, 201, 204, 200]);
    expect((await api.post('/v1/groups', { name: 'x' }, as(viewer))).body).toMatchObject({
      code: 'admin_forbidden',
      detail: 'the token "viewer" has the role viewer',
    });
  });

  it('ends with revocation and expiry', async () => {
    const revoked = await createToken('revoked', 'viewer');
    expect((await api.get('/v1/services', as(revoked))).status).toBe(200);
    expect((await api.delete('/v1/tokens/revoked')).status).toBe(204);
    expect((await api.get('/v1/services', as(revoked))).status).toBe(401);
    const expired = await createToken('expired', 'viewer', { expiresAt: '2020-01-01T00:00:00Z' });
    expect((await api.get('/v1/services', as(expired))).status).toBe(401);
  });

  it('is recorded with the name of the token, and logged without tokens', async () => {
    const token = await createToken('ci-robot', 'editor');
    const { body } = await api.put('/v1/groups/from-ci', {}, as(token));
    expect((await api.get(`/v1/revisions/${String(body['revision'])}`)).body['actor']).toBe(
      'ci-robot',
    );
    await api.get('/v1/services', as('mistyped-token-of-somebody'));
    expect(api.log()).toMatch(/"level":"warn".*"address":"127\.0\.0\.1".*"message":"failed login"/);
    for (const secret of [token, testAdminToken, 'mistyped-token'])
      expect(api.log()).not.toContain(secret);
  });
});

describe('failed logins', () => {
  it('delay further guesses after twenty and send Retry-After; a valid token always works', async () => {
    const api = await startTestControlPlane();
    try {
      const wrong = { Authorization: 'Bearer wrong-wrong-wrong-wrong' };
      for (let count = 0; count < 20; count += 1)
        expect((await api.get('/v1/services', wrong)).status).toBe(401);
      const locked = await api.get('/v1/services', wrong);
      expect(locked).toMatchObject({ status: 429, body: { code: 'too_many_failed_logins' } });
      expect(Number(locked.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
      expect(api.log().match(/"message":"too many failed logins"/g)).toHaveLength(1);
      const made = await api.post('/v1/tokens', { name: 'made-meanwhile', role: 'viewer' });
      expect(made.status).toBe(201);
      const valid = { Authorization: `bearer ${String(made.body['token'])}` };
      const startedAt = performance.now();
      const answers = await Promise.all(
        Array.from({ length: 60 }, (_, index) =>
          api.get('/v1/services', index % 3 === 0 ? valid : wrong),
        ),
      );
      expect(answers.map(({ status }) => status)).toEqual(
        Array.from({ length: 60 }, (_, index) => (index % 3 === 0 ? 200 : 429)),
      );
      expect(performance.now() - startedAt).toBeGreaterThan(900);
      expect((await api.get('/livez')).status).toBe(200);
    } finally {
      await api.close();
    }
  });
});
