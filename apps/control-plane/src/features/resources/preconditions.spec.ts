import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startTestControlPlane } from '../../testing/test-control-plane.ts';
import type { TestControlPlane } from '../../testing/test-control-plane.ts';

describe('preconditions', () => {
  let api: TestControlPlane;

  beforeAll(async () => {
    api = await startTestControlPlane();
  });
  afterAll(() => api.close());

  const create = async (name: string): Promise<string> =>
    (await api.put(`/v1/groups/${name}`, {})).headers.get('etag') ?? '';

  it.each(['PUT', 'PATCH', 'DELETE'])(
    '%s with If-Match succeeds once and is then stale',
    async (method) => {
      const etag = await create(`once-${method}`);
      const path = `/v1/groups/once-${method}`;
      const content = method === 'DELETE' ? undefined : { tags: ['changed'] };
      expect((await api.request(method, path, content, { 'If-Match': etag })).status).toBeLessThan(
        300,
      );
      const again = await api.request(method, path, content, { 'If-Match': etag });
      expect(again.status).toBe(412);
      expect(again.body['code']).toBe('precondition_failed');
    },
  );

  it('If-Match: * requires that the resource exists', async () => {
    await create('there');
    expect((await api.patch('/v1/groups/there', { tags: ['x'] }, { 'If-Match': '*' })).status).toBe(
      200,
    );
    expect((await api.put('/v1/groups/not-there', {}, { 'If-Match': '*' })).status).toBe(412);
    expect((await api.post('/v1/groups', { name: 'not-there' }, { 'If-Match': '*' })).status).toBe(
      412,
    );
  });

  it('If-None-Match: * requires that the resource does not exist', async () => {
    expect((await api.put('/v1/groups/fresh', {}, { 'If-None-Match': '*' })).status).toBe(201);
    expect(
      (await api.put('/v1/groups/fresh', { tags: ['x'] }, { 'If-None-Match': '*' })).status,
    ).toBe(412);
  });

  it('GET with If-None-Match answers 304 without content until something changes', async () => {
    const etag = await create('read');
    const unchanged = await api.get('/v1/groups/read', { 'If-None-Match': `"x", W/${etag}` });
    expect(unchanged.status).toBe(304);
    expect(unchanged.headers.get('etag')).toBe(etag);
    expect(unchanged.body).toEqual({});
    await api.patch('/v1/groups/read', { tags: ['x'] });
    expect((await api.get('/v1/groups/read', { 'If-None-Match': etag })).status).toBe(200);
  });

  it('of ten writers with the same entity tag, one succeeds', async () => {
    const etag = await create('contested');
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        api.patch('/v1/groups/contested', { tags: [`w:${index}`] }, { 'If-Match': etag }),
      ),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 412)).toHaveLength(9);
  });
});
