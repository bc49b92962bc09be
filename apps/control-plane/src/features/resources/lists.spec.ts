import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startTestControlPlane } from '../../testing/test-control-plane.ts';
import type { TestControlPlane } from '../../testing/test-control-plane.ts';

describe('lists', () => {
  let api: TestControlPlane;

  beforeAll(async () => {
    api = await startTestControlPlane();
    const names = Array.from({ length: 25 }, (_, index) => `g${String(index).padStart(2, '0')}`);
    await Promise.all(
      names.map((name, index) =>
        api.put(`/v1/groups/${name}`, {
          tags: [index % 2 === 0 ? 'even' : 'odd', ...(index % 3 === 0 ? ['three'] : [])],
        }),
      ),
    );
    // Upper case sorts before lower case, independently of the locale.
    await api.put('/v1/groups/Zebra', {});
  });
  afterAll(() => api.close());

  const namesOf = (answer: {
    readonly body: { readonly data?: readonly Record<string, unknown>[] };
  }): unknown[] => (answer.body.data ?? []).map(({ name }) => name);

  it('are complete and ordered by name over all pages', async () => {
    const seen: unknown[] = [];
    let next: unknown = '';
    for (let pages = 0; next !== null && pages < 10; pages += 1) {
      const answer = await api.get(
        `/v1/groups?limit=7${next === '' ? '' : `&after=${String(next)}`}`,
      );
      expect(answer.status).toBe(200);
      seen.push(...namesOf(answer));
      next = answer.body['next'];
    }
    expect(seen).toEqual([
      'Zebra',
      ...Array.from({ length: 25 }, (_, index) => `g${String(index).padStart(2, '0')}`),
    ]);
  });

  it('have no next page after the last entry', async () => {
    const answer = await api.get('/v1/groups?limit=26');
    expect(answer.body['next']).toBeNull();
    expect(answer.body.data).toHaveLength(26);
  });

  it('keep their position when entries are added and deleted', async () => {
    const first = await api.get('/v1/groups?limit=3');
    await api.delete('/v1/groups/g01');
    await api.put('/v1/groups/g00-new', {});
    const second = await api.get(`/v1/groups?limit=2&after=${String(first.body['next'])}`);
    expect(namesOf(first)).toEqual(['Zebra', 'g00', 'g01']);
    expect(namesOf(second)).toEqual(['g02', 'g03']);
  });

  it('are filtered by all given tags and by name', async () => {
    expect(namesOf(await api.get('/v1/groups?tag=even&tag=three'))).toEqual([
      'g00',
      'g06',
      'g12',
      'g18',
      'g24',
    ]);
    expect(namesOf(await api.get('/v1/groups?tag=none'))).toEqual([]);
    expect(namesOf(await api.get('/v1/groups?name=g05'))).toEqual(['g05']);
  });

  it.each([
    ['?limit=0', 'validation_failed', 'limit'],
    ['?limit=1001', 'validation_failed', 'limit'],
    ['?limit=ten', 'validation_failed', 'limit'],
    ['?limit=1&limit=2', 'validation_failed', 'must occur at most once'],
    ['?after=garbage', 'validation_failed', 'after'],
    ['?tag=', 'validation_failed', 'tag'],
    ['?name=a%00b', 'invalid_target', ''],
    ['?tags=even', 'unknown_parameter', 'this operation accepts limit, after, tag, name'],
    ['?wait=applied', 'unknown_parameter', 'wait'],
    ['?__proto__=1', 'unknown_parameter', '__proto__'],
  ])('refuse %s', async (query, code, detail) => {
    const answer = await api.get(`/v1/groups${query}`);
    expect(answer).toMatchObject({ status: 400, body: { code } });
    expect(String(answer.body['detail'])).toContain(detail);
  });

  it('refuse a filter on a single resource', async () => {
    expect(await api.get('/v1/groups/g00?tag=even')).toMatchObject({
      status: 400,
      body: { code: 'unknown_parameter' },
    });
  });
});
