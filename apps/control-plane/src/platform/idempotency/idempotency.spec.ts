import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startTestControlPlane } from '../../testing/test-control-plane.ts';
import type { TestControlPlane } from '../../testing/test-control-plane.ts';
import { readIdempotency, seal, unseal } from './idempotency.ts';

describe('Idempotency-Key', () => {
  let api: TestControlPlane;

  beforeAll(async () => {
    api = await startTestControlPlane();
    await api.put('/v1/consumers/acme', {});
  });
  afterAll(() => api.close());

  const key = (value: string): Record<string, string> => ({ 'Idempotency-Key': value });

  it('gives a repetition the first response, without repeating the work', async () => {
    const first = await api.post('/v1/groups', { name: 'gold', tags: ['a'] }, key('k1'));
    const again = await api.post('/v1/groups', { tags: ['a'], name: 'gold' }, key('k1'));
    expect(first.headers.get('idempotency-replayed')).toBeNull();
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect(again.status).toBe(201);
    expect(again.body).toEqual(first.body);
    for (const name of ['etag', 'location', 'sluice-revision'])
      expect(again.headers.get(name)).toBe(first.headers.get(name));
  });

  it('conflicts when it is used for another request', async () => {
    await api.post('/v1/groups', { name: 'one' }, key('k2'));
    expect(await api.post('/v1/groups', { name: 'two' }, key('k2'))).toMatchObject({
      status: 409,
      body: { code: 'idempotency_conflict' },
    });
    expect(await api.post('/v1/quotas', { name: 'one' }, key('k2'))).toMatchObject({
      status: 409,
      body: { code: 'idempotency_conflict' },
    });
    expect((await api.get('/v1/groups/two')).status).toBe(404);
  });

  it('of concurrent requests runs one and gives the others its response', async () => {
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => api.post('/v1/groups', { name: 'concurrent' }, key('k3'))),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 10 }, () => 201));
    expect(
      answers.filter(({ headers }) => headers.get('idempotency-replayed') === null),
    ).toHaveLength(1);
    expect(new Set(answers.map(({ body }) => body['id'])).size).toBe(1);
    expect(await api.sql("SELECT 1 FROM change WHERE name = 'concurrent'")).toHaveLength(1);
  });

  it('is not used up by a request that failed', async () => {
    expect((await api.post('/v1/groups', { name: 'bad name' }, key('k4'))).status).toBe(400);
    expect((await api.post('/v1/groups', { name: 'good-name' }, key('k4'))).status).toBe(201);
  });

  it('returns a new key again, although it is never stored unencrypted', async () => {
    const first = await api.post('/v1/consumers/acme/keys', { name: 'ci' }, key('k5'));
    const again = await api.post('/v1/consumers/acme/keys', { name: 'ci' }, key('k5'));
    expect(first.body['key']).toMatch(/^slk_/);
    expect(again.body).toEqual(first.body);
    const stored = await api.sql('SELECT * FROM idempotency_record');
    const [dump] = await api.sql<{ text: string }>(
      "SELECT (SELECT string_agg(r::text, '') FROM resource r) || (SELECT string_agg(c::text, '') FROM change c) AS text",
    );
    for (const text of [JSON.stringify(stored), dump?.text])
      expect(text).not.toContain(first.body['key']);
  });

  it('expires after a day', async () => {
    await api.post('/v1/groups', { name: 'old' }, key('k6'));
    await api.sql("UPDATE idempotency_record SET created_at = now() - interval '25 hours'");
    expect(await api.post('/v1/groups', { name: 'new' }, key('k6'))).toMatchObject({
      status: 201,
      body: { name: 'new' },
    });
  });

  it('is deleted after a day', async () => {
    await api.post('/v1/groups', { name: 'pruned' }, key('k6b'));
    await api.sql("UPDATE idempotency_record SET created_at = now() - interval '25 hours'");
    await api.post('/v1/groups', { name: 'kept' }, key('k6c'));
    const replica = await startTestControlPlane({ DATABASE_URL: api.databaseUrl });
    const count = async (): Promise<number> =>
      (await api.sql('SELECT 1 FROM idempotency_record')).length;
    for (let tries = 0; tries < 100 && (await count()) > 1; tries += 1) await sleep(20);
    expect(await count()).toBe(1);
    await replica.close();
  });

  it('is scoped to the token', async () => {
    const { body } = await api.post('/v1/tokens', { name: 'other', role: 'editor' });
    await api.post('/v1/groups', { name: 'mine' }, key('k7'));
    const answer = await api.post(
      '/v1/groups',
      { name: 'theirs' },
      { ...key('k7'), Authorization: `Bearer ${String(body['token'])}` },
    );
    expect(answer).toMatchObject({ status: 201, body: { name: 'theirs' } });
  });

  it('works for tokens too', async () => {
    const first = await api.post('/v1/tokens', { name: 'repeated', role: 'viewer' }, key('k8'));
    const again = await api.post('/v1/tokens', { name: 'repeated', role: 'viewer' }, key('k8'));
    expect(again).toMatchObject({ status: 201, body: first.body });
    expect(again.headers.get('idempotency-replayed')).toBe('true');
  });

  it('must be short and printable', async () => {
    expect((await api.post('/v1/groups', { name: 'x' }, key('x'.repeat(256)))).status).toBe(400);
  });
});

describe('encrypted secrets', () => {
  const with_ = (authorization: string, key: string): Buffer =>
    readIdempotency(key, 'id', authorization)?.sealingKey ?? Buffer.alloc(0);

  it('can be decrypted only with the same token and the same key', () => {
    const sealed = seal(with_('Bearer a', 'k'), { key: 'slk_secret' });
    expect(sealed).not.toContain('slk_secret');
    expect(unseal(with_('Bearer a', 'k'), sealed)).toEqual({ key: 'slk_secret' });
    expect(unseal(with_('Bearer b', 'k'), sealed)).toBeUndefined();
    expect(unseal(with_('Bearer a', 'l'), sealed)).toBeUndefined();
  });
});
