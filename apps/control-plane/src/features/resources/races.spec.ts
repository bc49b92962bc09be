import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startTestControlPlane } from '../../testing/test-control-plane.ts';
import type { TestAnswer, TestControlPlane } from '../../testing/test-control-plane.ts';

/**
 * The winner of a race is random, so each race runs many times. The assertions hold in every round.
 */
describe('concurrent writes', () => {
  let api: TestControlPlane;
  const times = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
  const statuses = (answers: readonly TestAnswer[]): number[] =>
    answers.map(({ status }) => status).sort((a, b) => a - b);
  const content = {
    groups: {},
    services: { targets: [{ address: '127.0.0.1:1' }] },
    quotas: { limits: [{ requests: 1, per: 'second' }] },
    consumers: {},
    gateways: {},
  } as const;

  beforeAll(async () => {
    api = await startTestControlPlane();
  });
  afterAll(() => api.close());

  it.each(Object.keys(content) as (keyof typeof content)[])(
    'renames of %s to one name: one succeeds, the others get name_taken',
    async (kind) => {
      const property = kind === 'consumers' ? 'username' : 'name';
      for (const round of times(6)) {
        await Promise.all(
          times(4).map((index) => api.put(`/v1/${kind}/r${round}-${index}`, content[kind])),
        );
        const answers = await Promise.all(
          times(4).map((index) =>
            api.patch(`/v1/${kind}/r${round}-${index}`, { [property]: `won-${round}` }),
          ),
        );
        expect(statuses(answers)).toEqual([200, 409, 409, 409]);
        for (const { status, body } of answers)
          if (status === 409)
            expect(body).toMatchObject({
              code: 'name_taken',
              errors: [{ pointer: `/${property}` }],
            });
      }
    },
  );

  it('a rename and a creation with the same name: one of them succeeds', async () => {
    for (const round of times(15)) {
      const { body } = await api.put(`/v1/groups/old-${round}`, {});
      const answers = await Promise.all([
        api.patch(`/v1/groups/old-${round}`, { name: `new-${round}` }),
        api.put(`/v1/groups/${String(body['id'])}`, { name: `new-${round}`, tags: ['by-id'] }),
        api.post('/v1/groups', { name: `new-${round}` }),
      ]);
      // The first finds no group with the old name when the second has already renamed it.
      for (const [index, answer] of answers.entries())
        expect(index === 0 ? [200, 404, 409] : [200, 201, 409]).toContain(answer.status);
      const codes = answers
        .filter(({ status }) => status === 409)
        .map(({ body: problem }) => problem['code']);
      expect(new Set([...codes, 'name_taken'])).toEqual(new Set(['name_taken']));
    }
  });

  it('cyclic renames get responses, never an internal error', async () => {
    await Promise.all(times(4).map((index) => api.put(`/v1/groups/ring-${index}`, {})));
    for (const round of times(20)) {
      const answers = await Promise.all(
        times(4).map((index) =>
          api.patch(`/v1/groups/ring-${index}`, { name: `ring-${(index + 1 + (round % 3)) % 4}` }),
        ),
      );
      for (const { status } of answers) expect([200, 404, 409]).toContain(status);
    }
  });

  it('PUT succeeds during concurrent deletions: it creates or replaces', async () => {
    for (const round of times(20)) {
      const answers = await Promise.all(
        times(10).map((index) =>
          index % 2 === 0
            ? api.put(`/v1/groups/on-off-${round % 3}`, { tags: [`t${index}`] })
            : api.delete(`/v1/groups/on-off-${round % 3}`),
        ),
      );
      answers.forEach(({ status }, index) =>
        expect(index % 2 === 0 ? [200, 201] : [204, 404]).toContain(status),
      );
    }
  });

  it('PUT with If-None-Match: * creates once', async () => {
    for (const round of times(10)) {
      const answers = await Promise.all(
        times(5).map(() => api.put(`/v1/groups/once-${round}`, {}, { 'If-None-Match': '*' })),
      );
      expect(statuses(answers)).toEqual([201, 412, 412, 412, 412]);
    }
  });

  it('the same key for several consumers: one gets it', async () => {
    await Promise.all(times(4).map((index) => api.put(`/v1/consumers/c${index}`, {})));
    for (const round of times(10)) {
      const answers = await Promise.all(
        times(4).map((index) =>
          api.post(`/v1/consumers/c${index}/keys`, {
            name: `k${round}`,
            key: `the-same-key-of-all-${round}`,
          }),
        ),
      );
      expect(statuses(answers)).toEqual([201, 409, 409, 409]);
    }
  });

  it('keys with the same name, and renames of keys to the same name', async () => {
    for (const round of times(8)) {
      expect(
        statuses(
          await Promise.all(
            times(3).map(() => api.post('/v1/consumers/c0/keys', { name: `new${round}` })),
          ),
        ),
      ).toEqual([201, 409, 409]);
      await api.post('/v1/consumers/c0/keys', { name: `newer${round}` });
      const renames = [`new${round}`, `newer${round}`].map((name) =>
        api.patch(`/v1/consumers/c0/keys/${name}`, { name: `renamed${round}` }),
      );
      expect(statuses(await Promise.all(renames))).toEqual([200, 409]);
    }
  });

  it('tokens with the same name', async () => {
    for (const round of times(8))
      expect(
        statuses(
          await Promise.all(
            times(4).map(() => api.post('/v1/tokens', { name: `t${round}`, role: 'viewer' })),
          ),
        ),
      ).toEqual([201, 409, 409, 409]);
  });

  it('a reference to a resource and its deletion: one of the two is refused', async () => {
    for (const round of times(15)) {
      await api.put(`/v1/services/s${round}`, content.services);
      await api.put(`/v1/consumers/owner${round}`, {});
      const [deleted, route, viaService, gone, key] = await Promise.all([
        api.delete(`/v1/services/s${round}`),
        api.put(`/v1/routes/s${round}`, { paths: [`/s${round}`], service: `s${round}` }),
        api.post(`/v1/services/s${round}/routes`, {
          name: `of-s${round}`,
          paths: [`/of-s${round}`],
        }),
        api.delete(`/v1/consumers/owner${round}`),
        api.post(`/v1/consumers/owner${round}/keys`, { name: 'k' }),
      ]);
      expect([204, 409]).toContain(deleted.status);
      expect(deleted.status === 204 ? [400] : [201]).toContain(route.status);
      expect(deleted.status === 204 ? [400, 404] : [201]).toContain(viaService.status);
      expect(gone.status).toBe(204);
      expect([201, 400, 404]).toContain(key.status);
    }
    expect(api.log()).not.toMatch(/"level":"error"/);
  });
});
