import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ProxyFixture } from '../apps/proxy/src/exchange/testing/proxy-fixture.ts';
import { resource } from '../apps/proxy/src/runtime/testing/resources.ts';
import { RawOrigin } from '../apps/proxy/src/upstream/testing/raw-origin.ts';

describe('a captured text that becomes a dot segment in the new path', () => {
  let origin: RawOrigin;
  let proxy: ProxyFixture;
  beforeEach(async () => {
    origin = await RawOrigin.answering('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
    proxy = await ProxyFixture.start({
      resources: [
        resource('service', { name: 's', targets: [{ address: origin.address }] }),
        resource('route', {
          name: 'pub',
          paths: ['~ ^/api(?<rest>.*)$'],
          service: 'service-s',
          rewrite: { path: '/pub/{rest}' },
        }),
        resource('route', {
          name: 'admin',
          paths: ['/admin/*'],
          service: 'service-s',
          policies: [{ name: 'key-auth' }],
        }),
      ],
    });
  });
  afterEach(async () => {
    await proxy.stop();
    origin.stop();
  });

  const climbing = ['/api../admin/users', '/api..', '/api%2e%2e/admin', '/api..;/admin', '/api/x'];

  it.each(climbing)('%s is refused with 400 and reaches no upstream', async (target) => {
    expect((await proxy.get(target)).status).toBe(400);
    expect(origin.connections.length).toBe(0);
    expect(await proxy.line(0)).toMatchObject({ status: 400, code: 'invalid_target' });
  });

  it('a path in normal form is forwarded, and the log has both paths', async () => {
    expect((await proxy.get('/apix?')).status).toBe(200);
    expect(origin.connections[0]?.received).toMatch(/^GET \/pub\/x\? HTTP\/1\.1\r\n/);
    expect(await proxy.line(0)).toMatchObject({ path: '/apix', upstreamPath: '/pub/x' });
  });
});
