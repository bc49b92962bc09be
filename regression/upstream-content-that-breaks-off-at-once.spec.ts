import { once } from 'node:events';
import { connect } from 'node:http2';
import { afterEach, describe, expect, it } from '@jest/globals';
import { ProxyFixture } from '../apps/proxy/src/exchange/testing/proxy-fixture.ts';
import { resource } from '../apps/proxy/src/runtime/testing/resources.ts';
import { RawOrigin } from '../apps/proxy/src/upstream/testing/raw-origin.ts';

/**
 * Content that is malformed in the same read as the head: the client has received no byte yet, so a
 * 502 is possible.
 */
describe('upstream content that breaks off in the same read as the head', () => {
  let origin: RawOrigin;
  let proxy: ProxyFixture;
  afterEach(async () => {
    await proxy.stop();
    origin.stop();
  });
  const broken =
    'HTTP/1.1 200 OK\r\nX-Secret: 1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nZZ\r\nsecret';
  const start = async (...answers: string[]): Promise<void> => {
    origin = await RawOrigin.answering(...answers);
    proxy = await ProxyFixture.start({
      resources: [
        resource('service', { name: 'orders', targets: [{ address: origin.address }] }),
        resource('route', {
          name: 'orders',
          service: 'service-orders',
          policies: [{ name: 'response-headers', config: { add: { 'X-Ours': 'once' } } }],
        }),
      ],
    });
  };

  it('leads to a 502 without any of it, and the connection of the client stays open', async () => {
    await start(broken, 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    const client = await proxy.connect();
    const ask = () => client.send('GET /x HTTP/1.1\r\nHost: a\r\n\r\n').readResponse();
    const response = await ask();
    expect(response.status).toBe(502);
    expect(JSON.parse(response.body)).toMatchObject({ code: 'upstream_malformed_response' });
    expect([response.headers.get('x-secret'), response.headers.get('x-ours')]).toEqual([
      undefined,
      'once',
    ]);
    expect(await ask()).toMatchObject({ status: 200, body: 'ok' });
    expect(await proxy.line(0)).toMatchObject({
      status: 502,
      code: 'upstream_malformed_response',
      source: 'upstream',
      route: 'orders',
    });
    expect(proxy.notes.failures).toHaveLength(1);
    expect(proxy.counted('sluice_errors_total', { code: 'upstream_malformed_response' })).toBe(1);
    expect(proxy.counted('sluice_requests_total', { status: '502' })).toBe(1);
  });

  it('closes the connection when some of it has already been sent', async () => {
    await start(
      `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8000\r\n${'x'.repeat(32_768)}\r\nZZ\r\n`,
    );
    const client = await proxy.connect();
    const text = await client.send('GET /x HTTP/1.1\r\nHost: a\r\n\r\n').readToEnd();
    expect(text.match(/HTTP\/1\.1 /g)).toHaveLength(1);
    expect(text).not.toMatch(/0\r\n\r\n$/);
    expect(await proxy.line(0)).toMatchObject({ status: 200, code: 'upstream_malformed_response' });
  });

  it('leads to a reset in HTTP/2, where the head was sent first', async () => {
    await start(broken);
    const session = connect(`http://127.0.0.1:${proxy.port}`);
    const stream = session.request({ ':path': '/x', ':authority': 'a' });
    await once(stream, 'close').catch(() => undefined);
    expect(stream.rstCode).not.toBe(0);
    session.destroy();
    expect(await proxy.line(0)).toMatchObject({ status: 200, code: 'upstream_malformed_response' });
  });
});
