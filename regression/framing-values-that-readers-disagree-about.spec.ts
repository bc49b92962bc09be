import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ProxyFixture } from '../apps/proxy/src/exchange/testing/proxy-fixture.ts';

describe('framing values that readers disagree about', () => {
  let proxy: ProxyFixture;
  beforeAll(async () => {
    proxy = await ProxyFixture.start({ resources: [] });
  });
  afterAll(() => proxy.stop());

  it.each([
    ['Transfer-Encoding: chunked, gzip', 400],
    ['Transfer-Encoding: gzip', 400],
    ['Transfer-Encoding: chunked, chunked', 400],
    ['Transfer-Encoding: gzip, chunked', 501],
    ['Content-Length: 007', 400],
    ['Content-Length: 5, 5', 400],
  ])('%s: %d, and the connection is closed', async (field, status) => {
    const client = await proxy.connect();
    const response = await client
      .send(`POST / HTTP/1.1\r\nHost: a.test\r\n${field}\r\n\r\n`)
      .readResponse();
    expect([response.status, response.headers.get('connection')]).toEqual([status, 'close']);
    expect(await client.readToEnd()).toBe('');
  });
});
