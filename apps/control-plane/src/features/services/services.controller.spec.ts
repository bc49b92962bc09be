import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startTestControlPlane } from '../../testing/test-control-plane.ts';
import type { TestControlPlane } from '../../testing/test-control-plane.ts';

describe('services', () => {
  let api: TestControlPlane;

  beforeAll(async () => {
    api = await startTestControlPlane();
  });
  afterAll(() => api.close());

  it('are created with every default, a location, an entity tag and a revision', async () => {
    const answer = await api.post('/v1/services', { name: 'orders', targets: [{ address: '127.0.0.1:9101' }] });
    expect(answer.status).toBe(201);
    expect(answer.headers.get('location')).toBe(`/v1/services/${String(answer.body['id'])}`);
    expect(answer.headers.get('etag')).toMatch(/^"[\w-]+"$/);
    expect(answer.headers.get('sluice-revision')).toBe('2');
    expect(answer.body).toMatchObject({ name: 'orders', protocol: 'http', targets: [{ address: '127.0.0.1:9101', weight: 100 }], basePath: '/', revision: 2 });
  });
});
