import { once } from 'node:events';
import { connect } from 'node:http2';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ProxyFixture } from '../apps/proxy/src/exchange/testing/proxy-fixture.ts';

describe('OPTIONS *', () => {
  let proxy: ProxyFixture;
  beforeEach(async () => {
    proxy = await ProxyFixture.start({ resources: [] });
  });
  afterEach(() => proxy.stop());

  it('has a line in the access log, and is counted under no route', async () => {
    expect(
      (
        await proxy.send(
          'OPTIONS * HTTP/1.1\r\nHost: a.test\r\nUser-Agent: curl\r\n\r\n',
          'OPTIONS',
        )
      ).status,
    ).toBe(204);
    const line = await proxy.line(0);
    expect(line).toMatchObject({
      status: 204,
      source: 'gateway',
      method: 'OPTIONS',
      host: 'a.test',
      path: '*',
      protocol: 'HTTP/1.1',
      clientAddress: '127.0.0.1',
    });
    for (const name of ['code', 'reason', 'route']) expect(line).not.toHaveProperty(name);
    expect(proxy.counted('sluice_requests_total', { route: '', status: '204' })).toBe(1);
    expect(proxy.counted('sluice_errors_total')).toBe(0);
  });

  it('has both in HTTP/2 as well', async () => {
    const session = connect(`http://127.0.0.1:${proxy.port}`);
    const stream = session.request({ ':method': 'OPTIONS', ':path': '*', ':authority': 'a.test' });
    const [headers] = (await once(stream, 'response')) as [Record<string, unknown>];
    session.close();
    expect(headers[':status']).toBe(204);
    expect(await proxy.line(0)).toMatchObject({
      status: 204,
      method: 'OPTIONS',
      path: '*',
      protocol: 'HTTP/2',
    });
    expect(proxy.counted('sluice_requests_total', { route: '', status: '204' })).toBe(1);
  });
});
