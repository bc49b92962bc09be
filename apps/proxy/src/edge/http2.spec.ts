import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { constants } from 'node:http2';
import { RawClient } from '../listener/testing/raw-client.ts';
import { eventually } from '../listener/testing/running-listener.ts';
import { EdgeProxy, maxBodyBytes } from './testing/edge-proxy.ts';
import {
  END_HEADERS,
  END_STREAM,
  fieldBlock,
  frame,
  frameTypes,
  preface,
  readFrames,
  request,
  type Frame,
} from './testing/http2-frames.ts';

/** HTTP/2 frames that no client library would send. */
describe('HTTP/2 in raw frames', () => {
  let edge: EdgeProxy;
  let client: RawClient;

  beforeEach(async () => {
    edge = await EdgeProxy.start();
    client = await RawClient.connect(edge.proxy.port);
    client.send(preface);
  });
  afterEach(async () => {
    client.close();
    await edge.stop();
  });

  const frames = (): Frame[] => readFrames(client.received);
  const contentOf = (streamId: number): string =>
    frames()
      .filter((each) => each.type === frameTypes.data && each.streamId === streamId)
      .map(({ payload }) => payload.toString('latin1'))
      .join('');
  const resetOf = (streamId: number): number | undefined =>
    frames()
      .find((each) => each.type === frameTypes.rstStream && each.streamId === streamId)
      ?.payload.readUInt32BE(0);
  const goaway = (): number | undefined =>
    frames()
      .find(({ type }) => type === frameTypes.goaway)
      ?.payload.readUInt32BE(4);
  const isOver = (): boolean => client.ending !== undefined;
  const asked = (): readonly string[] =>
    edge.origin.received.requests.map((text) => text.slice(0, text.indexOf(' HTTP/1.1\r\n')));

  /**
   * Checks that the next request gets its own response or the connection is closed, and another
   * client is served.
   */
  const nextIsItsOwn = async (streamId: number): Promise<void> => {
    if (!isOver() && goaway() === undefined) {
      client.send(request(streamId, '/next'));
      await eventually(() => contentOf(streamId) === 'GET /next' || isOver());
    }
    const other = await RawClient.connect(edge.proxy.port);
    expect(
      (await other.send('GET /other HTTP/1.1\r\nHost: a.test\r\n\r\n').readResponse()).body,
    ).toBe('GET /other');
    other.close();
    await eventually(() => edge.origin.received.pending.length === 0);
  };

  it('a request is forwarded byte by byte like one of HTTP/1.1', async () => {
    const fields = [
      [':method', 'POST'],
      ['x-a', 'b'],
      ['cookie', 'a=b'],
      ['cookie', 'c=d'],
      ['x-consumer-id', 'root'],
      ['te', 'trailers'],
      ['content-length', '5'],
    ] as const;
    client
      .send(request(1, '/a/../p?x=1', fields, END_HEADERS))
      .send(frame(frameTypes.data, END_STREAM, 1, Buffer.from('hello')));
    await eventually(() => contentOf(1) === 'POST /p?x=1');
    const [text = ''] = edge.origin.received.requests;
    const ours = `X-Forwarded-For: 127.0.0.1\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Host: a.test\r\nX-Forwarded-Port: ${edge.proxy.port}\r\nVia: 2 sluice\r\nX-Request-Id: <id>\r\n`;
    expect(text.replace(/X-Request-Id: .+\r/, 'X-Request-Id: <id>\r')).toBe(
      `POST /p?x=1 HTTP/1.1\r\nHost: a.test\r\nx-a: b\r\nCookie: a=b; c=d\r\n${ours}Content-Length: 5\r\n\r\nhello`,
    );
    await nextIsItsOwn(3);
    expect(asked()).toEqual(['POST /p?x=1', 'GET /next', 'GET /other']);
  });

  it.each([
    ['a.test:', undefined],
    ['A.Test', 'a.test:'],
    ['a.test', 'A.test.'],
  ])('the authority %j, with the Host %j, is a.test', async (authority, host) => {
    const fields = [
      [':method', 'GET'],
      [':scheme', 'http'],
      [':authority', authority],
      [':path', '/p'],
      ...(host === undefined ? [] : [['host', host] as const]),
    ] as const;
    client.send(frame(frameTypes.headers, END_HEADERS | END_STREAM, 1, fieldBlock(fields)));
    await eventually(() => contentOf(1) === 'GET /p');
    expect(edge.origin.received.requests[0]).toMatch(
      /^GET \/p HTTP\/1\.1\r\nHost: a\.test\r\n[^]*\r\nX-Forwarded-Host: a\.test\r\n/,
    );
    await nextIsItsOwn(3);
  });

  it.each([
    ['5', 'Max-Forwards: 4'],
    ['0', undefined],
    ['x', undefined],
  ])('Max-Forwards of OPTIONS is counted down here as well: %s', async (value, forwarded) => {
    client.send(
      request(1, '/p', [
        [':method', 'OPTIONS'],
        ['max-forwards', value],
      ]),
    );
    await eventually(() =>
      frames().some(({ type, streamId }) => type === frameTypes.headers && streamId === 1),
    );
    await nextIsItsOwn(3);
    const asksFor = edge.origin.received.requests.filter((text) => text.startsWith('OPTIONS'));
    expect(asksFor.map((text) => /Max-Forwards: .*(?=\r)/.exec(text)?.[0])).toEqual(
      forwarded === undefined ? [] : [forwarded],
    );
    const line = await edge.proxy.line(0);
    expect(line['status']).toBe(value === '5' ? 200 : value === '0' ? 204 : 400);
  });

  it.each<[string, number, readonly (readonly [string, string])[]]>([
    ['a method that is not served', 405, [[':method', 'TRACE']]],
    ['an unknown method', 501, [[':method', 'BREW']]],
    [
      'two Authorization fields',
      400,
      [
        ['authorization', 'a'],
        ['authorization', 'b'],
      ],
    ],
  ])('%s is refused and logged', async (_, status, fields) => {
    client.send(request(1, '/p', fields));
    await eventually(() => contentOf(1) !== '');
    expect(JSON.parse(contentOf(1))).toMatchObject({ status });
    expect(await edge.proxy.line(0)).toMatchObject({ status, protocol: 'HTTP/2' });
    await nextIsItsOwn(3);
    expect(asked()).toEqual(['GET /next', 'GET /other']);
  });

  it.each<[string, readonly (readonly [string, string])[]]>([
    ['capitals in a name', [['X-A', 'a']]],
    ['Transfer-Encoding', [['transfer-encoding', 'chunked']]],
    ['Connection', [['connection', 'close']]],
    ['Upgrade', [['upgrade', 'h2c']]],
    ['TE other than trailers', [['te', 'chunked']]],
    ['a second path', [[':path', '/other']]],
    [
      'a pseudo-field behind a field',
      [
        ['x', 'a'],
        [':authority', 'b.test'],
      ],
    ],
    ['an unknown pseudo-field', [[':x', 'a']]],
    ['a Host that disagrees', [['host', 'b.test']]],
    [
      'two lengths',
      [
        ['content-length', '0'],
        ['content-length', '5'],
      ],
    ],
    ['a length without content', [['content-length', '5']]],
    ['a length with a sign', [['content-length', '+0']]],
    ['an alias of a protected name', [['x_consumer_id', 'root']]],
    [
      'two Authorization fields',
      [
        ['authorization', 'a'],
        ['authorization', 'b'],
      ],
    ],
    ['a line break in the method', [[':method', 'GET / HTTP/1.1\r\nX: y']]],
    ['a space in the method', [[':method', 'GET /x']]],
    ['a space before a value', [['x', ' a']]],
    ['a tab behind a value', [['x', 'a\t']]],
    ['a value of nothing but a space', [['authorization', ' ']]],
  ])('%s reaches no upstream', async (_, fields) => {
    client.send(request(1, '/p', fields));
    await eventually(
      () => frames().some(({ streamId }) => streamId === 1) || goaway() !== undefined || isOver(),
    );
    await nextIsItsOwn(3);
    expect(asked().filter((line) => line !== 'GET /next')).toEqual(['GET /other']);
    expect(edge.origin.received.abandoned).toEqual([]);
  });

  it.each<[string, string, string]>([
    ['a line break in a value', 'x', 'a\r\nx-consumer-id: root'],
    ['LF in a value', 'x', 'a\nb'],
    ['NUL in a value', 'x', 'a\0b'],
    ['a line break in a name', 'x\r\ny', 'a'],
    ['a colon in a name', 'x: y', 'a'],
    ['a space in a name', 'x y', 'a'],
    ['an empty name', '', 'a'],
  ])('a field with %s is removed before it is read', async (_, name, value) => {
    client.send(
      request(1, '/p', [
        ['a', 'b'],
        [name, value],
        ['c', 'd'],
      ]),
    );
    await eventually(() => contentOf(1) === 'GET /p');
    const [head = ''] = edge.origin.received.requests;
    expect(
      head
        .match(/^(?!GET|Host|X-Forwarded-|Via|X-Request-Id).*$/gim)
        ?.filter((line) => line.trim() !== ''),
    ).toEqual(['a: b', 'c: d']);
    await nextIsItsOwn(3);
    expect(asked()).toEqual(['GET /p', 'GET /next', 'GET /other']);
  });

  it.each(['/p HTTP/1.1\r\nX: y', '/a b', 'http://b.test/p', 'p', '', '/a%2Fb', '/a#b', '/\xe9'])(
    'the path %j reaches no upstream',
    async (path) => {
      client.send(request(1, path));
      await eventually(
        () => frames().some(({ streamId }) => streamId === 1) || goaway() !== undefined || isOver(),
      );
      await nextIsItsOwn(3);
      expect(asked().filter((line) => line !== 'GET /next')).toEqual(['GET /other']);
    },
  );

  it.each([
    ['more', 'hello!'],
    ['less', 'hell'],
  ])('content that is %s than its length is aborted', async (_, content) => {
    client
      .send(
        request(
          1,
          '/p',
          [
            [':method', 'POST'],
            ['content-length', '5'],
          ],
          END_HEADERS,
        ),
      )
      .send(frame(frameTypes.data, END_STREAM, 1, Buffer.from(content)));
    await eventually(() => resetOf(1) !== undefined || goaway() !== undefined || isOver());
    await nextIsItsOwn(3);
    expect(asked().filter((line) => line !== 'GET /next')).toEqual(['GET /other']);
    for (const text of edge.origin.received.abandoned)
      expect(text).toMatch(/\r\n\r\nhell$|\r\n\r\n$/);
  });

  it('content above the limit is refused, and the upstream never receives its end', async () => {
    client
      .send(request(1, '/p', [[':method', 'POST']], END_HEADERS))
      .send(frame(frameTypes.data, END_STREAM, 1, Buffer.alloc(maxBodyBytes + 1, 'x')));
    await eventually(() => contentOf(1).includes('content_too_large'));
    await nextIsItsOwn(3);
    expect(asked()).toEqual(['GET /next', 'GET /other']);
  });

  describe('caps', () => {
    /**
     * Writes in portions, so that the other side may answer in between, until the connection is
     * over.
     */
    const flood = async (portion: Buffer, times: number): Promise<void> => {
      for (let count = 0; count < times && !isOver() && goaway() === undefined; count++) {
        client.send(portion);
        await new Promise(setImmediate);
      }
    };
    const ids = (from: number, count: number): number[] =>
      Array.from({ length: count }, (_, index) => from + 2 * index);

    it('a head of 64 KiB is the largest', async () => {
      const block = (bytes: number): Buffer =>
        fieldBlock([
          [':method', 'GET'],
          [':scheme', 'http'],
          [':authority', 'a.test'],
          [':path', '/p'],
          ...Array.from({ length: 9 }, () => ['x', 'y'.repeat(bytes / 9)] as const),
        ]);
      const send = (streamId: number, bytes: Buffer): void => {
        client.send(frame(frameTypes.headers, END_STREAM, streamId, bytes.subarray(0, 16_000)));
        for (let at = 16_000; at < bytes.length; at += 16_000)
          client.send(
            frame(
              frameTypes.continuation,
              at + 16_000 >= bytes.length ? END_HEADERS : 0,
              streamId,
              bytes.subarray(at, at + 16_000),
            ),
          );
      };
      send(1, block(63_000));
      await eventually(() => contentOf(1) === 'GET /p');
      edge.origin.forget();
      send(3, block(72_000));
      await eventually(
        () => frames().some(({ streamId }) => streamId === 3) || goaway() !== undefined || isOver(),
      );
      expect(contentOf(3)).toContain('header_fields_too_large');
      await nextIsItsOwn(5);
      expect(asked()).toEqual(['GET /next', 'GET /other']);
    });

    it('an endless head does not fill the memory', async () => {
      client.send(
        frame(
          frameTypes.headers,
          END_STREAM,
          1,
          fieldBlock([
            [':method', 'GET'],
            [':scheme', 'http'],
            [':authority', 'a.test'],
            [':path', '/p'],
          ]),
        ),
      );
      const piece = frame(frameTypes.continuation, 0, 1, fieldBlock([['x', 'y'.repeat(16_000)]]));
      await flood(piece, 2_000);
      await eventually(() => goaway() !== undefined || isOver());
      await nextIsItsOwn(3);
      expect(asked()).toEqual(['GET /other']);
    });

    it('nor does one in empty frames', async () => {
      client.send(frame(frameTypes.headers, END_STREAM, 1, fieldBlock([[':method', 'GET']])));
      await flood(
        Buffer.concat(Array.from({ length: 100 }, () => frame(frameTypes.continuation, 0, 1))),
        1_000,
      );
      await eventually(() => goaway() !== undefined || isOver());
      expect(asked()).toEqual([]);
    });

    it('concurrent streams beyond 100 are refused, without upstream calls', async () => {
      // The spec does not wait for responses: content that never ends keeps each stream open.
      client.send(
        Buffer.concat(
          ids(1, 130).map((id) => request(id, '/p', [[':method', 'POST']], END_HEADERS)),
        ),
      );
      await eventually(
        () =>
          ids(201, 30).every((id) => resetOf(id) !== undefined) ||
          isOver() ||
          goaway() !== undefined,
      );
      expect(ids(201, 30).map(resetOf)).toEqual(
        ids(201, 30).map(() => constants.NGHTTP2_REFUSED_STREAM),
      );
      await eventually(() => edge.origin.received.pending.length === 100);
      client.send(Buffer.concat(ids(1, 100).map((id) => frame(frameTypes.data, END_STREAM, id))));
      await eventually(() => ids(1, 100).every((id) => contentOf(id) === 'POST /p'));
      expect(asked()).toHaveLength(100);
    });

    it('streams that are reset as soon as they are opened end the connection', async () => {
      const cancel = Buffer.from([0, 0, 0, constants.NGHTTP2_CANCEL]);
      for (let round = 0; round < 50 && !isOver() && goaway() === undefined; round++) {
        client.send(
          Buffer.concat(
            ids(1 + round * 40, 20).flatMap((id) => [
              request(id, '/p'),
              frame(frameTypes.rstStream, 0, id, cancel),
            ]),
          ),
        );
        await new Promise(setImmediate);
      }
      await eventually(() => goaway() !== undefined && isOver());
      expect(
        edge.origin.received.requests.length + edge.origin.received.abandoned.length,
      ).toBeLessThanOrEqual(150);
      await nextIsItsOwn(4_001);
    });

    it('streams that are reset because of errors end the connection', async () => {
      const tooMuch = Buffer.from([0x7f, 0xff, 0xff, 0xff]);
      for (let round = 0; round < 100 && !isOver() && goaway() === undefined; round++) {
        client.send(
          Buffer.concat(
            ids(1 + round * 40, 20).flatMap((id) => [
              request(id, '/p'),
              frame(frameTypes.windowUpdate, 0, id, tooMuch),
            ]),
          ),
        );
        await new Promise(setImmediate);
      }
      await eventually(() => goaway() !== undefined || isOver());
      await nextIsItsOwn(8_001);
    });

    it.each([
      ['PING', frame(frameTypes.ping, 0, 0, Buffer.alloc(8))],
      ['SETTINGS', frame(frameTypes.settings, 0, 0)],
      [
        'SETTINGS that change something',
        frame(frameTypes.settings, 0, 0, Buffer.from([0, 3, 0, 0, 0, 100])),
      ],
    ])(
      '%s without end, whose answers the client does not read, end the connection',
      async (_, bytes) => {
        client.socket.pause();
        const portion = Buffer.concat(Array.from({ length: 2_000 }, () => bytes));
        let closed = false;
        client.socket.on('close', () => (closed = true));
        for (
          let round = 0;
          round < 1_500 && !closed && edge.proxy.listener.connectionCount > 0;
          round++
        ) {
          if (!client.socket.write(portion))
            await Promise.race([
              new Promise((resolve) => client.socket.once('drain', resolve)),
              new Promise((resolve) => setTimeout(resolve, 20)),
            ]);
          await new Promise(setImmediate);
          if (client.socket.writableLength > 2_000_000) break;
        }
        // The connection is aborted or no longer read: the buffered bytes do not grow.
        expect(
          edge.proxy.listener.connectionCount === 0 || client.socket.writableLength > 1_000_000,
        ).toBe(true);
        const other = await RawClient.connect(edge.proxy.port);
        expect(
          (await other.send('GET /other HTTP/1.1\r\nHost: a.test\r\n\r\n').readResponse()).body,
        ).toBe('GET /other');
        other.close();
      },
    );

    it('repeated empty content counts as missing content', async () => {
      const slow = await EdgeProxy.start({ bodyIdleMs: 100 });
      const sender = await RawClient.connect(slow.proxy.port);
      sender.send(preface).send(request(1, '/p', [[':method', 'POST']], END_HEADERS));
      const timer = setInterval(() => sender.send(frame(frameTypes.data, 0, 1)), 5);
      await eventually(
        () =>
          readFrames(sender.received).some(
            ({ type, payload }) => type === frameTypes.data && payload.includes('request_timeout'),
          ) || sender.ending !== undefined,
      );
      clearInterval(timer);
      expect(slow.origin.received.requests).toEqual([]);
      sender.close();
      await slow.stop();
    });
  });
});
