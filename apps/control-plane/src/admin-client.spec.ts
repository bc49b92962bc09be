import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AdminProblem, createAdminClient } from '@sluice/admin-client';
import type { AdminClient } from '@sluice/admin-client';
import { startTestControlPlane, testAdminToken } from './testing/test-control-plane.ts';
import type { TestControlPlane } from './testing/test-control-plane.ts';

describe('the admin client against the Admin API', () => {
  let api: TestControlPlane;
  let admin: AdminClient;

  beforeAll(async () => {
    api = await startTestControlPlane();
    admin = createAdminClient({ url: api.url, token: testAdminToken });
  });
  afterAll(() => api.close());

  it('creates, reads, changes and deletes a service, a route, a consumer and a key', async () => {
    const service = await admin.services.create(
      { name: 'orders', targets: [{ address: '127.0.0.1:9101' }] },
      { waitMs: 500 },
    );
    expect(service).toMatchObject({
      resource: { name: 'orders', basePath: '/' },
      isPending: false,
      nodes: [],
      warnings: [],
      revision: 2,
    });
    const route = await admin
      .routesOf('orders')
      .create({ name: 'orders', paths: ['/orders/*'], policies: [{ name: 'key-auth' }] });
    expect(route.resource).toMatchObject({
      service: 'orders',
      policies: [{ name: 'key-auth', mode: 'enforce', config: {} }],
    });
    expect((await admin.effectivePolicies('orders')).policies.map(({ name }) => name)).toContain(
      'key-auth',
    );
    await admin.consumers.put('acme', { tags: ['team:shop'] });
    const key = await admin.keysOf('acme').create({ name: 'ci' }, { idempotencyKey: 'once' });
    expect(key.resource.key).toMatch(/^slk_/);
    expect(await admin.keysOf('acme').create({ name: 'ci' }, { idempotencyKey: 'once' })).toEqual(
      key,
    );
    expect((await admin.keysOf('acme').get('ci')).resource).toMatchObject({
      consumer: 'acme',
      prefix: key.resource.prefix,
    });
    const patched = await admin.services.patch(
      'orders',
      { timeouts: { connectMs: 10 }, basePath: null },
      { ifMatch: service.etag },
    );
    expect(patched.resource.timeouts.connectMs).toBe(10);
    expect((await admin.services.get('orders')).etag).toBe(patched.etag);
    expect(await admin.routes.delete('orders')).toEqual({
      revision: patched.revision + 1,
      isPending: false,
      nodes: [],
    });
    expect(await admin.revisionStatus(patched.revision)).toEqual({
      revision: patched.revision,
      status: 'applied',
      nodes: [],
    });
    expect((await admin.revisions.get(patched.revision)).resource.changes).toMatchObject([
      { action: 'updated', name: 'orders' },
    ]);
  });

  it('iterates over all pages of a list', async () => {
    for (let index = 0; index < 7; index += 1)
      await admin.groups.put(`g${index}`, { tags: index % 2 === 0 ? ['even'] : [] });
    const names = async (filter: object): Promise<string[]> => {
      const found: string[] = [];
      for await (const { name } of admin.groups.all(filter)) found.push(name);
      return found;
    };
    expect(await names({ limit: 3 })).toEqual(['g0', 'g1', 'g2', 'g3', 'g4', 'g5', 'g6']);
    expect(await names({ limit: 2, tag: ['even'] })).toEqual(['g0', 'g2', 'g4', 'g6']);
    expect(await admin.groups.list({ name: 'g3' })).toMatchObject({
      data: [{ name: 'g3' }],
      next: undefined,
    });
    expect((await admin.policies.get('cors')).resource.origin).toBe('built-in');
    expect((await admin.nodes.list()).data).toEqual([]);
  });

  it('creates tokens that can be used', async () => {
    const { resource } = await admin.tokens.create({ name: 'reader', role: 'viewer' });
    const reader = createAdminClient({ url: `${api.url}/`, token: resource.token });
    expect((await reader.gateways.get('default')).resource.name).toBe('default');
    await expect(reader.groups.put('x', {})).rejects.toMatchObject({
      status: 403,
      code: 'admin_forbidden',
    });
  });

  it('throws a problem with every fault when the API refuses a request', async () => {
    const refusal = admin.routes.create({ name: 'bad name', service: 'nothing' });
    await expect(refusal).rejects.toBeInstanceOf(AdminProblem);
    await expect(refusal).rejects.toMatchObject({
      status: 400,
      code: 'validation_failed',
      errors: [
        { pointer: '/name' },
        { pointer: '/service', detail: 'there is no service "nothing"' },
      ],
    });
    await expect(refusal).rejects.toThrow(
      /POST \/v1\/routes was answered with 400 validation_failed: .*\n {2}\/name: .*\n {2}\/service: there is no service "nothing"/,
    );
  });
});
