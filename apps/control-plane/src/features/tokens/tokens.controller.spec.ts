import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startTestControlPlane } from '../../testing/test-control-plane.ts';
import type { TestControlPlane } from '../../testing/test-control-plane.ts';

describe('tokens', () => {
  let api: TestControlPlane;

  beforeAll(async () => {
    api = await startTestControlPlane();
  });
  afterAll(() => api.close());

  it('are shown once and stored as a hash', async () => {
    const created = await api.post('/v1/tokens', {
      name: 'ci',
      role: 'editor',
      expiresAt: '2090-01-01T00:00:00Z',
    });
    expect(created.status).toBe(201);
    expect(created.headers.get('location')).toBe(`/v1/tokens/${String(created.body['id'])}`);
    const { token, ...rest } = created.body;
    expect(token).toMatch(/^sla_[0-9A-Za-z]{49}$/);
    expect((await api.get('/v1/tokens/ci')).body).toEqual(rest);
    expect((await api.get(`/v1/tokens/${String(rest['id'])}`)).body).toEqual(rest);
    expect((await api.get('/v1/tokens')).body).toEqual({ data: [rest], next: null });
    expect(JSON.stringify(await api.sql('SELECT * FROM admin_token'))).not.toContain(token);
  });

  it('record their last use', async () => {
    const { body } = await api.post('/v1/tokens', { name: 'used', role: 'viewer' });
    await api.get('/v1/services', { Authorization: `Bearer ${String(body['token'])}` });
    expect((await api.get('/v1/tokens/used')).body['lastUsedAt']).toBeDefined();
  });

  it('are validated, and have unique names', async () => {
    expect(
      (await api.post('/v1/tokens', { name: 'a b', role: 'root', x: 1 })).body.errors?.map(
        ({ pointer }) => pointer,
      ),
    ).toEqual(['/name', '/role', '/x']);
    expect((await api.post('/v1/tokens', { name: 'x', role: 'root' })).body).toMatchObject({
      detail: expect.stringMatching(/^\/role: must be one of "/),
    });
    expect((await api.post('/v1/tokens', {})).body).toMatchObject({
      detail: '2 faults, see errors',
      errors: [{ pointer: '/name', detail: 'is required' }, { pointer: '/role' }],
    });
    await api.post('/v1/tokens', { name: 'twice', role: 'viewer' });
    expect(await api.post('/v1/tokens', { name: 'twice', role: 'viewer' })).toMatchObject({
      status: 409,
      body: { code: 'name_taken' },
    });
    expect((await api.get('/v1/tokens/no-such-token')).status).toBe(404);
    expect((await api.delete('/v1/tokens/no-such-token')).status).toBe(404);
  });

  it('create no revisions', async () => {
    expect((await api.get('/v1/revisions')).body.data).toHaveLength(1);
  });
});
