import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ProxyFixture } from '../apps/proxy/src/exchange/testing/proxy-fixture.ts';
import { resource } from '../apps/proxy/src/runtime/testing/resources.ts';

/**
 * A 304 of `static-response` had `Content-Length: 0` in the response to HEAD: it claimed that the
 * 200 response is empty (RFC 9110 section 8.6).
 */
describe('a 304 that the gateway makes', () => {
  let proxy: ProxyFixture;
  beforeAll(async () => {
    const policies = [{ name: 'static-response', config: { status: 304 } }];
    proxy = await ProxyFixture.start({ resources: [resource('route', { name: 'any', policies })] });
  });
  afterAll(() => proxy.stop());

  it.each(['GET', 'HEAD'])('has no Content-Length for %s', async (method) => {
    const response = await proxy.send(`${method} / HTTP/1.1\r\nHost: a.test\r\n\r\n`, method);
    expect([response.status, response.headers.has('content-length')]).toEqual([304, false]);
  });
});
