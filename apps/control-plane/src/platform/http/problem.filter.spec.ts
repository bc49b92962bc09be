import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startTestControlPlane } from '../../testing/test-control-plane.ts';
import type { TestControlPlane } from '../../testing/test-control-plane.ts';

describe('problems', () => {
  let api: TestControlPlane;

  beforeAll(async () => {
    api = await startTestControlPlane();
  });
  afterAll(() => api.close());

  it('are sent for unknown paths', async () => {
    for (const path of ['/', '/v1', '/v1/plugins', '/v1/services/a/b/c']) {
      const answer = await api.get(path);
      expect(answer).toMatchObject({
        status: 404,
        body: {
          type: 'urn:sluice:error:resource_not_found',
          code: 'resource_not_found',
          status: 404,
        },
      });
      expect(answer.headers.get('content-type')).toBe('application/problem+json');
    }
  });

  it.each([
    ['/v1/services', 'PUT', 'GET, HEAD, POST'],
    ['/v1/services/x', 'POST', 'DELETE, GET, HEAD, PATCH, PUT'],
    ['/v1/consumers/x/keys/y', 'PUT', 'DELETE, GET, HEAD, PATCH'],
    ['/v1/policies', 'POST', 'GET, HEAD'],
    ['/v1/revisions/1', 'DELETE', 'GET, HEAD'],
    ['/livez', 'POST', 'GET, HEAD'],
  ])('answer %s, which has no %s, with what it has', async (path, method, allowed) => {
    const answer = await api.request(method, path, method === 'DELETE' ? undefined : {});
    expect(answer).toMatchObject({ status: 405, body: { code: 'admin_method_not_allowed' } });
    expect(answer.headers.get('allow')).toBe(allowed);
  });

  it('contain the request id that every response has', async () => {
    const found = await api.get('/v1/services');
    expect(found.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    const missing = await api.get('/v1/services/x', { 'X-Request-Id': 'my-request.7' });
    expect(missing.headers.get('x-request-id')).toBe('my-request.7');
    expect(missing.body['requestId']).toBe('my-request.7');
    const forged = await api.get('/v1/services/x', { 'X-Request-Id': 'a"b<script>' });
    expect(forged.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('are sent for HEAD as for GET, without content', async () => {
    const answer = await api.request('HEAD', '/v1/gateways/default');
    expect(answer.status).toBe(200);
    expect(answer.headers.get('etag')).toBe(
      (await api.get('/v1/gateways/default')).headers.get('etag'),
    );
  });

  it('are sent for malformed HTTP', async () => {
    const socket = connect(Number(new URL(api.url).port), '127.0.0.1');
    const received = await new Promise<string>((resolve, reject) => {
      let text = '';
      socket.on('data', (bytes) => (text += bytes.toString()));
      socket.on('close', () => resolve(text));
      socket.on('error', reject);
      socket.write('this is not HTTP\r\n\r\n');
    });
    expect(received).toMatch(
      /^HTTP\/1\.1 400 .*X-Request-Id: .*Content-Type: application\/problem\+json.*"code":"malformed_request"/s,
    );
  });
});
