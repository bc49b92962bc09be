import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ProxyFixture } from '../apps/proxy/src/exchange/testing/proxy-fixture.ts';
import { resource } from '../apps/proxy/src/runtime/testing/resources.ts';

describe('requests of load balancers and of simple clients', () => {
  let proxy: ProxyFixture;
  beforeAll(async () => {
    const policies = [{ name: 'static-response', config: { status: 200 } }];
    proxy = await ProxyFixture.start({
      resources: [
        resource('route', { name: 'any', policies }),
        resource('route', { name: 'named', hosts: ['a.test'], paths: ['/named'], policies }),
      ],
    });
  });
  afterAll(() => proxy.stop());

  it.each([
    ['the default check of HAProxy', 'OPTIONS / HTTP/1.0\r\n\r\n', 'OPTIONS', 200],
    ['an HTTP/1.0 GET without Host', 'GET / HTTP/1.0\r\n\r\n', 'GET', 200],
    ['the same in HTTP/1.1', 'GET / HTTP/1.1\r\n\r\n', 'GET', 400],
    ['a Host with an empty port', 'GET /named HTTP/1.1\r\nHost: a.test:\r\n\r\n', 'GET', 200],
    [
      'OPTIONS that may not be forwarded',
      'OPTIONS / HTTP/1.1\r\nHost: a.test\r\nMax-Forwards: 0\r\n\r\n',
      'OPTIONS',
      204,
    ],
  ])('%s', async (_, request, method, status) => {
    expect((await proxy.send(request, method)).status).toBe(status);
  });
});
