import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ProxyFixture } from '../exchange/testing/proxy-fixture.ts';
import { resource } from '../runtime/testing/resources.ts';
import { RawOrigin } from '../upstream/testing/raw-origin.ts';

describe('a request of HTTP/1.0 without Host', () => {
  let origin: RawOrigin;
  let proxy: ProxyFixture;
  beforeEach(async () => {
    origin = await RawOrigin.answering(
      'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
      'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
    );
    proxy = await ProxyFixture.start({
      resources: [
        resource('gateway', { name: 'default', trustedProxies: ['127.0.0.1'] }),
        resource('service', { name: 'origin', targets: [{ address: origin.address }] }),
        resource('route', {
          name: 'preserved',
          paths: ['/preserved'],
          service: 'service-origin',
          rewrite: { host: 'preserve' },
        }),
        resource('route', { name: 'target', paths: ['/target'], service: 'service-origin' }),
        resource('route', {
          name: 'fixed',
          paths: ['/fixed'],
          service: 'service-origin',
          rewrite: { host: 'fixed.test' },
        }),
        resource('route', { name: 'root', paths: ['/'], service: 'service-origin' }),
        resource('route', {
          name: 'hosted',
          hosts: ['a.test', '*.b.test'],
          paths: ['/hosted'],
          service: 'service-origin',
        }),
        resource('route', {
          name: 'secure',
          paths: ['/secure'],
          service: 'service-origin',
          policies: [{ name: 'redirect', config: { scheme: 'https' } }],
        }),
      ],
    });
  });
  afterEach(async () => {
    await proxy.stop();
    origin.stop();
  });
  const sentUp = (): string => origin.connections.map(({ received }) => received).join('');

  it.each([
    ['GET /preserved', ''],
    ['GET /target', ''],
    ['GET /fixed', 'fixed.test'],
    // The default check of HAProxy.
    ['OPTIONS /', ''],
  ])('%s is served by a route that names no host', async (line, host) => {
    const response = await proxy.send(`${line} HTTP/1.0\r\n\r\n`);
    expect([response.status, response.body]).toEqual([200, 'ok']);
    expect(sentUp()).toContain(`\r\nHost: ${host === '' ? origin.address : host}\r\n`);
    // There is no host to forward.
    expect(sentUp()).not.toContain('X-Forwarded-Host');
    expect(await proxy.line(0)).toMatchObject({ status: 200, host: '', protocol: 'HTTP/1.0' });
  });

  it('is forwarded with the host that a trusted proxy sent', async () => {
    await proxy.send('GET /target HTTP/1.0\r\nX-Forwarded-Host: a.test\r\n\r\n');
    expect(sentUp()).toContain('\r\nX-Forwarded-Host: a.test\r\n');
  });

  it.each(['/hosted', '/nowhere'])('finds no route that names hosts: %s', async (path) => {
    expect(JSON.parse((await proxy.send(`GET ${path} HTTP/1.0\r\n\r\n`)).body)).toMatchObject({
      code: 'route_not_found',
    });
    expect((await proxy.send(`GET /hosted HTTP/1.0\r\nHost: a.test\r\n\r\n`)).status).toBe(200);
  });

  it('is not redirected to a host that it does not name', async () => {
    expect(JSON.parse((await proxy.send('GET /secure HTTP/1.0\r\n\r\n')).body)).toMatchObject({
      code: 'invalid_host',
    });
  });
});
