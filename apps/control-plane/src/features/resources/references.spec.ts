import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startTestControlPlane } from '../../testing/test-control-plane.ts';
import type { TestControlPlane } from '../../testing/test-control-plane.ts';

const targets = [{ address: '127.0.0.1:9101' }];

describe('references', () => {
  let api: TestControlPlane;

  beforeAll(async () => {
    api = await startTestControlPlane();
    await api.post('/v1/quotas', {
      name: 'gold',
      limits: [{ requests: 100, per: 'second', burst: 200 }],
    });
    await api.post('/v1/services', { name: 'orders', targets, quotas: ['gold'] });
  });
  afterAll(() => api.close());

  it('are written by name or id, stored as ids and shown as names', async () => {
    const service = await api.get('/v1/services/orders');
    const created = await api.post('/v1/routes', {
      name: 'by-id',
      service: service.body['id'],
      quotas: ['gold'],
    });
    expect(created).toMatchObject({
      status: 201,
      body: { service: 'orders', gateways: ['default'], quotas: ['gold'] },
    });
    const [row] = await api.sql<{ spec: { service: string } }>(
      "SELECT spec FROM resource WHERE name = 'by-id'",
    );
    expect(row?.spec.service).toBe(service.body['id']);
    expect((await api.get('/v1/routes?name=by-id')).body.data).toMatchObject([
      { service: 'orders', quotas: ['gold'] },
    ]);
  });

  it('follow a rename, which changes the entity tags of the referring resources', async () => {
    await api.post('/v1/services', { name: 'before', targets });
    const route = await api.post('/v1/routes', { name: 'follows', service: 'before' });
    await api.patch('/v1/services/before', { name: 'after' });
    const read = await api.get('/v1/routes/follows', {
      'If-None-Match': route.headers.get('etag') ?? '',
    });
    expect(read).toMatchObject({ status: 200, body: { service: 'after' } });
  });

  it('prevent the deletion of their target, and the problem names the referring resources', async () => {
    await api.post('/v1/routes', { name: 'r1', service: 'orders' });
    await api.post('/v1/routes', {
      name: 'r2',
      split: [
        { service: 'orders', weight: 1 },
        { service: 'after', weight: 1 },
      ],
    });
    const answer = await api.delete('/v1/services/orders');
    expect(answer).toMatchObject({ status: 409, body: { code: 'still_referenced' } });
    for (const name of ['route "r1"', 'route "r2"', 'route "by-id"'])
      expect(answer.body['detail']).toContain(name);
    expect((await api.delete('/v1/quotas/gold')).body['detail']).toContain(
      'route "by-id", service "orders"',
    );
    expect((await api.delete('/v1/gateways/default')).body['detail']).toContain('route "r1"');
  });

  it('can be removed, after which the target can be deleted', async () => {
    await api.post('/v1/groups', { name: 'plan' });
    await api.post('/v1/consumers', { username: 'acme', groups: ['plan'] });
    expect((await api.delete('/v1/groups/plan')).status).toBe(409);
    await api.patch('/v1/consumers/acme', { groups: null });
    expect((await api.delete('/v1/groups/plan')).status).toBe(204);
  });

  describe('in the configuration of a policy', () => {
    const acl = (config: object) => ({ policies: [{ name: 'acl', config }] });
    const shownAcl = async (path: string) =>
      (await api.get(path)).body as { policies?: { config: unknown }[] };

    it('are stored as ids, and shown as names that follow a rename', async () => {
      const group = await api.post('/v1/groups', { name: 'team' });
      const consumer = await api.post('/v1/consumers', { username: 'jane' });
      const config = { allow: { groups: ['team'] }, deny: { consumers: [consumer.body['id']] } };
      const route = { name: 'guarded', service: 'after', ...acl(config) };
      expect(await api.post('/v1/routes', route)).toMatchObject({
        status: 201,
        body: acl({ allow: { groups: ['team'] }, deny: { consumers: ['jane'] } }),
      });
      const [row] = await api.sql<{ spec: object }>(
        "SELECT spec FROM resource WHERE name = 'guarded'",
      );
      expect(row?.spec).toMatchObject(
        acl({
          allow: { groups: [group.body['id']] },
          deny: { consumers: [consumer.body['id']] },
        }),
      );
      await api.patch('/v1/groups/team', { name: 'crew' });
      const shown = await shownAcl('/v1/routes/guarded');
      expect(shown).toMatchObject(acl({ allow: { groups: ['crew'] } }));
      // What is shown can be written back, and changes nothing.
      const { policies } = shown;
      expect((await api.patch('/v1/routes/guarded', { policies })).status).toBe(200);
      const [after] = await api.sql<{ spec: object }>(
        "SELECT spec FROM resource WHERE name = 'guarded'",
      );
      expect(after?.spec).toEqual(row?.spec);
    });

    it('prevent the deletion of their target; another of the same name has another id', async () => {
      expect(await api.delete('/v1/groups/crew')).toMatchObject({
        status: 409,
        body: { code: 'still_referenced', detail: expect.stringContaining('route "guarded"') },
      });
      expect((await api.delete('/v1/consumers/jane')).status).toBe(409);
      const before = await api.get('/v1/groups/crew');
      await api.patch('/v1/routes/guarded', { policies: [] });
      expect((await api.delete('/v1/groups/crew')).status).toBe(204);
      const again = await api.post('/v1/groups', { name: 'crew' });
      expect(again.body['id']).not.toBe(before.body['id']);
    });

    it('to what does not exist are refused, with a pointer to each', async () => {
      const config = { allow: { groups: ['crew', 'missing'], consumers: ['no-one'] } };
      for (const [path, body] of [
        ['/v1/routes', { name: 'dangling', service: 'after', ...acl(config) }],
        ['/v1/services', { name: 'dangling', targets, ...acl(config) }],
        ['/v1/gateways', { name: 'dangling', ...acl(config) }],
      ] as const) {
        const answer = await api.post(path, body);
        expect(answer).toMatchObject({ status: 400, body: { code: 'reference_not_found' } });
        expect(answer.body['errors']).toEqual([
          {
            pointer: '/policies/0/config/allow/groups/1',
            detail: 'there is no group "missing"',
          },
          {
            pointer: '/policies/0/config/allow/consumers/0',
            detail: 'there is no consumer "no-one"',
          },
        ]);
      }
    });

    it('are looked for in nothing but lists of names', async () => {
      const configs: unknown[] = [
        null,
        7,
        { allow: null },
        { allow: { groups: 'x' } },
        { allow: [] },
      ];
      for (const config of configs) {
        const policies = [{ name: 'acl', config }];
        expect(
          await api.post('/v1/routes', { name: 'odd', service: 'after', policies }),
        ).toMatchObject({
          status: 400,
          body: { code: 'validation_failed' },
        });
      }
    });
  });

  it('never dangle after concurrent writes and deletions', async () => {
    for (let round = 0; round < 10; round += 1) {
      const name = `meets-${round}`;
      await api.post('/v1/services', { name, targets });
      const [written, deleted] = await Promise.all([
        api.post('/v1/routes', { name, service: name }),
        api.delete(`/v1/services/${name}`),
      ]);
      expect([
        [201, 409],
        [400, 204],
      ]).toContainEqual([written.status, deleted.status]);
    }
    const dangling = await api.sql(
      "SELECT 1 FROM resource r WHERE kind = 'route' AND NOT EXISTS (SELECT FROM resource s WHERE s.id::text = r.spec ->> 'service') AND r.spec ? 'service'",
    );
    expect(dangling).toEqual([]);
  });
});
