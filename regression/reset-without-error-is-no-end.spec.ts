import { connect } from 'node:http2';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  END_HEADERS,
  fieldBlock,
  frame,
  frameTypes,
} from '../apps/proxy/src/edge/testing/http2-frames.ts';
import { ProxyFixture } from '../apps/proxy/src/exchange/testing/proxy-fixture.ts';
import { eventually } from '../apps/proxy/src/listener/testing/running-listener.ts';
import { resource } from '../apps/proxy/src/runtime/testing/resources.ts';
import { FrameOrigin } from '../apps/proxy/src/upstream/testing/frame-origin.ts';

/**
 * RFC 9113 section 8.1: only END_STREAM completes a response. node:http2 also ends its content on
 * RST_STREAM (NO_ERROR).
 */
describe('a response that an HTTP/2 upstream breaks off with RST_STREAM (NO_ERROR)', () => {
  let origin: FrameOrigin;
  let proxy: ProxyFixture;
  beforeEach(async () => {
    origin = await FrameOrigin.start((connection, { type, streamId }) => {
      if (type !== frameTypes.headers) return;
      const fields = fieldBlock([
        [':status', '200'],
        ['content-type', 'application/grpc'],
      ]);
      connection.send(
        frame(frameTypes.headers, END_HEADERS, streamId, fields),
        frame(frameTypes.data, 0, streamId, Buffer.from('half')),
      );
      connection.reset(streamId, 0);
    });
    proxy = await ProxyFixture.start({
      resources: [
        resource('service', {
          name: 'origin',
          protocol: 'h2c',
          targets: [{ address: origin.address }],
        }),
        resource('route', { name: 'all', paths: ['/*'], service: 'service-origin' }),
      ],
    });
  });
  afterEach(async () => {
    await proxy.stop();
    origin.stop();
  });

  it('has no last chunk for a client of HTTP/1.1', async () => {
    const client = await proxy.connect();
    const bytes = await client.send('GET / HTTP/1.1\r\nHost: a.test\r\n\r\n').readToEnd();
    expect(bytes).toContain('Transfer-Encoding: chunked');
    expect(bytes).not.toContain('0\r\n\r\n');
    expect(await proxy.line(0)).toMatchObject({ status: 200, code: 'upstream_reset' });
  });

  it.each([
    ['is reset for a client of HTTP/2', 'text/plain', [2, undefined]],
    ['is UNAVAILABLE for a caller of gRPC', 'application/grpc', [0, '14']],
  ])('%s', async (_, type, outcome) => {
    const session = connect(`http://127.0.0.1:${proxy.port}`);
    const fields = { ':method': 'POST', ':path': '/', 'content-type': type, te: 'trailers' };
    const stream = session.request(fields);
    let status: unknown;
    let isOver = false;
    stream.on('trailers', (trailers) => (status = trailers['grpc-status']));
    stream.on('error', () => undefined);
    stream.on('close', () => (isOver = true));
    stream.resume().end('message');
    await eventually(() => isOver);
    expect([stream.rstCode, status]).toEqual(outcome);
    session.destroy();
  });
});
