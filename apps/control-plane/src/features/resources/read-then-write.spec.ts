import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startTestControlPlane } from '../../testing/test-control-plane.ts';
import type { TestControlPlane } from '../../testing/test-control-plane.ts';

/** A resource of every kind with most properties set, including references. */
const contents = [
  [
    'gateways',
    'g',
    {
      trustedProxies: ['10.0.0.0/8'],
      limits: { maxBodyBytes: 5 },
      policies: [{ name: 'cors', config: { origins: ['https://a.example'] } }],
      tags: ['t:1'],
    },
  ],
  [
    'services',
    's',
    {
      targets: [{ address: '127.0.0.1:1' }, { address: 'a.example:2', weight: 1 }],
      timeouts: { connectMs: 5 },
      quotas: ['q'],
      tags: ['x'],
    },
  ],
  ['quotas', 'q', { limits: [{ requests: 3, per: 'minute', burst: 2 }] }],
  ['groups', 'gr', { quotas: ['q'], tags: ['y'] }],
  ['consumers', 'c', { customId: 'x-1', groups: ['gr'], quotas: ['q'] }],
  [
    'routes',
    'r',
    {
      gateways: ['default', 'g'],
      paths: ['/r/*'],
      headers: { 'x-a': 'b' },
      split: [{ service: 's', weight: 3 }],
      rewrite: { stripPrefix: '/r' },
      quotas: ['q'],
      priority: -3,
    },
  ],
] as const;

describe('a representation can be written back as it was read', () => {
  let api: TestControlPlane;

  beforeAll(async () => {
    api = await startTestControlPlane();
    for (const collection of ['quotas', 'gateways', 'services', 'groups', 'consumers', 'routes']) {
      const [, name, content] = contents.find(([of]) => of === collection) ?? contents[0];
      expect(await api.put(`/v1/${collection}/${name}`, content)).toMatchObject({ status: 201 });
    }
    await api.post('/v1/consumers/c/keys', {
      name: 'k',
      expiresAt: '2090-01-01T00:00:00+02:00',
      tags: ['z'],
    });
  });
  afterAll(() => api.close());

  it.each(contents.map(([collection, name]) => [collection, name]))(
    '%s: PUT and PATCH, by name and by id, with its entity tag',
    async (collection, name) => {
      const read = await api.get(`/v1/${collection}/${name}`);
      const etag = String(read.headers.get('etag'));
      for (const target of [name, String(read.body['id'])]) {
        for (const method of ['PUT', 'PATCH']) {
          const answer = await api.request(method, `/v1/${collection}/${target}`, read.body, {
            'If-Match': etag,
          });
          expect(answer).toMatchObject({ status: 200, body: read.body });
          expect(answer.headers.get('etag')).toBe(etag);
        }
      }
      const changed = await api.put(
        `/v1/${collection}/${name}`,
        { ...read.body, tags: ['changed'] },
        { 'If-Match': etag },
      );
      expect(changed).toMatchObject({
        status: 200,
        body: { id: read.body['id'], tags: ['changed'] },
      });
      expect(
        await api.put(`/v1/${collection}/${name}`, read.body, { 'If-Match': etag }),
      ).toMatchObject({ status: 412 });
    },
  );

  it.each(contents.map(([collection, name]) => [collection, name]))(
    '%s: read-only members with other values are refused, each with a pointer',
    async (collection, name) => {
      const { body } = await api.get(`/v1/${collection}/${name}`);
      const other = {
        id: '00000000-0000-4000-8000-000000000000',
        createdAt: '2020-01-01T00:00:00Z',
        updatedAt: null,
      };
      for (const [member, value] of Object.entries(other)) {
        for (const method of ['PUT', 'PATCH']) {
          const answer = await api.request(method, `/v1/${collection}/${name}`, {
            ...body,
            [member]: value,
          });
          expect(answer).toMatchObject({
            status: 400,
            body: {
              code: 'validation_failed',
              errors: [{ pointer: `/${member}`, detail: expect.stringContaining('read-only') }],
            },
          });
        }
      }
      const { id } = body;
      expect(
        await api.put(`/v1/${collection}/is-not-there-yet`, {
          ...contents.find(([of]) => of === collection)?.[2],
          id,
        }),
      ).toMatchObject({ status: 400, body: { errors: [{ pointer: '/id' }] } });
    },
  );

  it('accepts the same instant in another notation', async () => {
    const { body } = await api.get('/v1/groups/gr');
    const createdAt = String(body['createdAt']).replace('Z', '+00:00');
    expect(await api.put('/v1/groups/gr', { ...body, createdAt })).toMatchObject({ status: 200 });
  });

  it('keys: PATCH', async () => {
    const path = '/v1/consumers/c/keys/k';
    const read = await api.get(path);
    expect(await api.patch(path, read.body)).toMatchObject({ status: 200, body: read.body });
    const renamed = await api.patch(path, { ...read.body, name: 'k2' });
    expect(renamed).toMatchObject({
      status: 200,
      body: { name: 'k2', prefix: read.body['prefix'] },
    });
    for (const [member, value] of Object.entries({
      id: 'x',
      prefix: 'slk_other',
      consumer: 'd',
      createdAt: '2020-01-01T00:00:00Z',
      hash: 'a',
    })) {
      expect(
        await api.patch('/v1/consumers/c/keys/k2', {
          ...renamed.body,
          revision: undefined,
          [member]: value,
        }),
      ).toMatchObject({
        status: 400,
        body: {
          errors: expect.arrayContaining([expect.objectContaining({ pointer: `/${member}` })]),
        },
      });
    }
  });
});
