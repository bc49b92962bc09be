import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startTestControlPlane } from '../../testing/test-control-plane.ts';
import type { TestControlPlane } from '../../testing/test-control-plane.ts';

const headers = (count: number, length = 10): Record<string, string> =>
  Object.fromEntries(
    Array.from({ length: count }, (_, index) => [`x-${index}`, 'v'.repeat(length)]),
  );

describe('bounds of stored resources', () => {
  let api: TestControlPlane;
  beforeAll(async () => {
    api = await startTestControlPlane();
    await api.put('/v1/services/s', { targets: [{ address: 'a:80' }] });
  });
  afterAll(() => api.close());

  /** Stores a route without validation, as an earlier version may have done. */
  const store = (name: string, spec: object): Promise<object[]> =>
    api.sql(
      "INSERT INTO resource (id, kind, scope, name, spec, tags) VALUES ($1, 'route', NULL, $2, $3, '{}')",
      [
        randomUUID(),
        name,
        JSON.stringify({
          name,
          gateways: [],
          hosts: [],
          paths: ['/x'],
          methods: [],
          headers: {},
          query: {},
          rewrite: { host: 'target' },
          policies: [],
          quotas: [],
          tags: [],
          ...spec,
        }),
      ],
    );

  it('a route with 40,000 conditions is refused with a short problem', async () => {
    const answer = await api.put('/v1/routes/r', { service: 's', headers: headers(40_000) });
    expect(answer.status).toBe(400);
    expect(answer.body.errors).toHaveLength(1);
    expect(JSON.stringify(answer.body).length).toBeLessThan(1_000);
  });

  it('a resource above 64 KiB is refused, even if its parts are small', async () => {
    const answer = await api.put('/v1/routes/r', { service: 's', headers: headers(64, 2_000) });
    expect(answer.status).toBe(400);
    expect(answer.body['detail']).toContain('at most 65536');
    expect(
      (await api.put('/v1/routes/r', { service: 's', headers: headers(64, 900) })).status,
    ).toBe(201);
  });

  it('a problem lists at most the first hundred faults', async () => {
    const answer = await api.put('/v1/routes/f', {
      service: 's',
      ...Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [`p${index}`, 1])),
    });
    expect(answer.status).toBe(400);
    expect(answer.body.errors).toHaveLength(101);
    expect(answer.body.errors?.at(-1)).toEqual({ pointer: '', detail: '900 more faults' });
  });

  it('pages of a list are bounded in bytes, and link to the rest', async () => {
    const names = Array.from({ length: 6 }, (_, index) => `large-${index}`);
    for (const name of names) await store(name, { headers: headers(15_000) });
    const seen: unknown[] = [];
    let next: unknown = '';
    for (let pages = 0; next !== null && pages < 20; pages += 1) {
      const answer = await api.get(
        `/v1/routes?limit=1000${next === '' ? '' : `&after=${String(next)}`}`,
      );
      expect(answer.status).toBe(200);
      expect(JSON.stringify(answer.body).length).toBeLessThan(2_000_000);
      seen.push(...(answer.body.data ?? []).map(({ name }) => name));
      next = answer.body['next'];
    }
    expect(seen).toEqual([...names, 'r']);
  }, 60_000);

  it('a stored resource that this version refuses can still be listed, read and deleted', async () => {
    await store('old', {
      rewrite: { host: 'a\r\nX-Consumer-Username: root', stripPrefix: '/日本' },
      headers: { X_V: '1' },
    });
    expect((await api.get('/v1/routes?name=old')).body.data).toHaveLength(1);
    const read = await api.get('/v1/routes/old');
    expect(read.status).toBe(200);
    const patched = await api.patch('/v1/routes/old', { priority: 1 });
    expect(patched.status).toBe(400);
    expect(patched.body.errors?.map(({ pointer }) => pointer)).toEqual(
      expect.arrayContaining(['/rewrite/host', '/rewrite/stripPrefix', '/headers/X_V']),
    );
    expect((await api.delete('/v1/routes/old')).status).toBe(204);
  });
});
