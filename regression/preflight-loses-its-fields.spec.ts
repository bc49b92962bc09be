import { afterEach, expect, it } from '@jest/globals';
import { ProxyFixture } from '../apps/proxy/src/exchange/testing/proxy-fixture.ts';
import { resource } from '../apps/proxy/src/runtime/testing/resources.ts';
import { RawOrigin } from '../apps/proxy/src/upstream/testing/raw-origin.ts';

/**
 * A CORS preflight passes without a credential. A client could name its fields in Connection: the
 * gateway removed them, and the upstream received any OPTIONS request that the client liked.
 */
let origin: RawOrigin;
let proxy: ProxyFixture | undefined;

afterEach(async () => {
  await proxy?.stop();
  origin.stop();
});

it.each([
  ['', 200],
  ['Connection: keep-alive\r\n', 200],
  ['Connection: origin\r\n', 401],
  ['Connection: close, Origin\r\n', 401],
  ['Connection: keep-alive\r\nConnection: Access-Control-Request-Method\r\n', 401],
])('a preflight with %j is answered with %i', async (fields, status) => {
  origin = await RawOrigin.answering('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
  proxy = await ProxyFixture.start({
    resources: [
      resource('service', { name: 'orders', targets: [{ address: origin.address }] }),
      resource('route', {
        name: 'orders',
        paths: ['/*'],
        service: 'service-orders',
        policies: [
          { name: 'key-auth' },
          { name: 'claims', config: { condition: 'claims.tenant == "acme"' } },
        ],
      }),
    ],
  });
  const preflight = 'Origin: https://app.test\r\nAccess-Control-Request-Method: PUT\r\n';
  const head = `OPTIONS /orders HTTP/1.1\r\nHost: api.test\r\n${preflight}${fields}\r\n`;
  expect((await proxy.send(head, 'OPTIONS')).status).toBe(status);
  const received = origin.connections.map((connection) => connection.received).join('');
  expect(/^origin: /im.test(received)).toBe(status === 200);
  expect(received.startsWith('OPTIONS ')).toBe(status === 200);
});
