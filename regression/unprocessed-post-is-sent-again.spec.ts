import { afterEach, describe, expect, it } from '@jest/globals';
import { END_STREAM } from '../apps/proxy/src/edge/testing/http2-frames.ts';
import { HeldContent } from '../apps/proxy/src/exchange/held-content.ts';
import { ProxyFixture } from '../apps/proxy/src/exchange/testing/proxy-fixture.ts';
import { resource } from '../apps/proxy/src/runtime/testing/resources.ts';
import {
  FrameOrigin,
  type FrameConnection,
} from '../apps/proxy/src/upstream/testing/frame-origin.ts';

type Refuse = (connection: FrameConnection, streamId: number) => void;

/**
 * RFC 9113 section 8.7: a request that an upstream has not processed may be sent again, with any
 * method.
 */
describe('a POST with content that an HTTP/2 upstream did not process', () => {
  const origins: FrameOrigin[] = [];
  let proxy: ProxyFixture;
  afterEach(async () => {
    await proxy.stop();
    for (const origin of origins.splice(0)) origin.stop();
    expect(HeldContent.totalBytes).toBe(0);
  });

  /**
   * An origin that refuses a number of requests, each at its end (or beginning), and echoes the
   * content of the others.
   */
  const origin = async (refusals: number, refuse: Refuse, atEnd = true): Promise<FrameOrigin> => {
    let left = refusals;
    const refused = new Set<string>();
    const started = await FrameOrigin.start((connection, { streamId, flags }) => {
      const key = `${connection.number} ${streamId}`;
      const hasEnded = (flags & END_STREAM) !== 0;
      if (refused.has(key)) return;
      if (left > 0 && (hasEnded || !atEnd)) {
        left--;
        refused.add(key);
        refuse(connection, streamId);
      } else if (hasEnded && left <= 0) {
        const content = connection.contents.get(streamId) ?? '';
        connection.answer(streamId, content.length > 1_000 ? String(content.length) : content);
      }
    });
    origins.push(started);
    return started;
  };
  const serve = async (...started: readonly FrameOrigin[]): Promise<void> => {
    proxy = await ProxyFixture.start({
      resources: [
        resource('service', {
          name: 'origin',
          protocol: 'h2c',
          targets: started.map(({ address }) => ({ address })),
          timeouts: { connectMs: 10_000 },
        }),
        resource('route', { name: 'all', paths: ['/*'], service: 'service-origin' }),
      ],
    });
  };
  const post = (content: string) =>
    proxy.send(
      `POST /p HTTP/1.1\r\nHost: a.test\r\nContent-Length: ${content.length}\r\n\r\n${content}`,
      'POST',
    );

  const ways: readonly (readonly [string, Refuse])[] = [
    ['REFUSED_STREAM', (connection, streamId) => connection.reset(streamId)],
    ['GOAWAY in good order', (connection) => connection.goaway(0)],
    ['GOAWAY with an error', (connection) => connection.goaway(0, 2)],
    [
      'GOAWAY and the end of the connection',
      (connection) => (connection.goaway(0), connection.socket.end()),
    ],
  ];

  it.each(ways)('(%s) is sent again to the same target', async (_, refuse) => {
    const only = await origin(1, refuse);
    await serve(only);
    expect(await post('first message')).toMatchObject({ status: 200, body: 'first message' });
    expect(await proxy.line(0)).toMatchObject({ status: 200, source: 'upstream' });
  });

  it.each(ways)(
    '(%s) before its content has arrived is sent again completely',
    async (_, refuse) => {
      await serve(await origin(1, refuse, false));
      const client = await proxy.connect();
      client.send(
        'POST /p HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n',
      );
      await new Promise((resolve) => setTimeout(resolve, 100));
      const response = await client.send('3\r\ntwo\r\n0\r\n\r\n').readResponse('POST');
      expect(response).toMatchObject({ status: 200, body: 'onetwo' });
    },
  );

  it.each(ways)(
    '(%s) is tried on another target when the first one refuses again',
    async (_, refuse) => {
      const first = await origin(2, refuse);
      const second = await origin(2, refuse);
      await serve(first, second);
      // Either target may be the first; both refuse twice, and then no target is left.
      expect((await post('one')).status).toBe(502);
      expect(await post('two')).toMatchObject({ status: 200, body: 'two' });
    },
  );

  it('is tried on another target, which answers', async () => {
    const stubborn = await origin(1_000, (connection, streamId) => connection.reset(streamId));
    const willing = await origin(0, () => undefined);
    await serve(stubborn, willing);
    for (let round = 0; round < 6; round++)
      expect(await post(`message ${round}`)).toMatchObject({
        status: 200,
        body: `message ${round}`,
      });
  });

  it('is not sent again when it may have been processed', async () => {
    await serve(await origin(1, (connection, streamId) => connection.reset(streamId, 2)));
    expect((await post('once')).status).toBe(502);
    expect(await post('next')).toMatchObject({ status: 200, body: 'next' });
  });

  it.each([
    [60_000, 200],
    [200_000, 502],
  ])(
    'of %i bytes that was refused at its end is answered with %i: more than 64 KiB is not buffered',
    async (size, status) => {
      await serve(await origin(1, (connection, streamId) => connection.reset(streamId)));
      const response = await post('x'.repeat(size));
      expect([response.status, response.status === 200 ? response.body : `${size}`]).toEqual([
        status,
        `${size}`,
      ]);
      expect(await post('next')).toMatchObject({ status: 200, body: 'next' });
    },
  );
});
