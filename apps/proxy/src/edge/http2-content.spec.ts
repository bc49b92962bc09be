import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { RawClient } from '../listener/testing/raw-client.ts';
import { eventually } from '../listener/testing/running-listener.ts';
import { resource } from '../runtime/testing/resources.ts';
import { ProxyFixture } from '../exchange/testing/proxy-fixture.ts';
import { FrameOrigin } from '../upstream/testing/frame-origin.ts';
import { EdgeProxy } from './testing/edge-proxy.ts';
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

const PROTOCOL_ERROR = 1;
const data = (streamId: number, content: string, flags = 0): Buffer =>
  frame(frameTypes.data, flags, streamId, Buffer.from(content));
const post = (
  streamId: number,
  path: string,
  ...fields: readonly (readonly [string, string])[]
): Buffer => request(streamId, path, [[':method', 'POST'], ...fields], END_HEADERS);

let client: RawClient;
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
const goaway = (): Frame | undefined => frames().find(({ type }) => type === frameTypes.goaway);

describe('content of a request in raw frames', () => {
  let edge: EdgeProxy;
  beforeEach(async () => {
    edge = await EdgeProxy.start();
    client = await RawClient.connect(edge.proxy.port);
    client.send(preface);
  });
  afterEach(async () => {
    client.close();
    await edge.stop();
  });
  const asked = (): readonly string[] =>
    edge.origin.received.requests
      .map((text) => text.slice(0, text.indexOf(' HTTP/1.1\r\n')))
      .toSorted();

  it.each([
    ['without a length', []],
    ['with a length of 0', [['content-length', '0']]],
    ['of gRPC', [['content-type', 'application/grpc']]],
  ] as const)(
    '%s, ended by an empty DATA frame in the same packet, is answered at once',
    async (_, fields) => {
      client.send(Buffer.concat([post(1, '/p', ...fields), data(1, '', END_STREAM)]));
      await eventually(() => contentOf(1) === 'POST /p');
      // The same on a stream whose call finds a connection ready.
      client.send(Buffer.concat([post(3, '/q', ...fields), data(3, ''), data(3, '', END_STREAM)]));
      await eventually(() => contentOf(3) === 'POST /q');
      expect(asked()).toEqual(['POST /p', 'POST /q']);
    },
  );

  it('ended by trailers without content is complete as well', async () => {
    client.send(
      Buffer.concat([
        post(1, '/p', ['content-type', 'application/grpc']),
        frame(frameTypes.headers, END_HEADERS | END_STREAM, 1, fieldBlock([['x-sum', '1']])),
      ]),
    );
    await eventually(() => contentOf(1) === 'POST /p');
  });

  const malformed: readonly (readonly [string, string, readonly Buffer[]])[] = [
    ['more in one frame', '3', [data(3, 'hello', END_STREAM)]],
    ['more in a second frame', '3', [data(3, 'hel'), data(3, 'lo', END_STREAM)]],
    [
      'more, byte by byte',
      '2',
      [data(3, 'h'), data(3, 'e'), data(3, 'l'), data(3, '', END_STREAM)],
    ],
    ['some behind a length of 0', '0', [data(3, 'hello', END_STREAM)]],
    ['less', '8', [data(3, 'hello', END_STREAM)]],
    ['none', '8', [data(3, '', END_STREAM)]],
  ];
  it.each(malformed)(
    'that is %s than announced is a stream error, and no upstream receives its end',
    async (_, length, sent) => {
      client.send(post(1, '/neighbour')).send(data(1, 'he'));
      client.send(post(3, '/malformed', ['content-length', length]));
      for (const bytes of sent) {
        client.send(bytes);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      await eventually(
        () => resetOf(3) !== undefined || goaway() !== undefined || client.ending !== undefined,
      );
      expect([resetOf(3), goaway(), client.ending]).toEqual([PROTOCOL_ERROR, undefined, undefined]);
      client.send(data(1, 'llo', END_STREAM)).send(request(5, '/next'));
      await eventually(() => contentOf(1) === 'POST /neighbour' && contentOf(5) === 'GET /next');
      expect(asked()).toEqual(['GET /next', 'POST /neighbour']);
    },
  );

  it('many malformed streams do not affect a valid one', async () => {
    client.send(post(1, '/neighbour')).send(data(1, 'he'));
    for (let id = 3; id < 80; id += 2)
      client.send(
        Buffer.concat([
          post(id, '/malformed', ['content-length', '1']),
          data(id, 'hello', END_STREAM),
        ]),
      );
    await eventually(() => resetOf(79) !== undefined || goaway() !== undefined);
    client.send(data(1, 'llo', END_STREAM));
    await eventually(() => contentOf(1) === 'POST /neighbour');
    expect(asked()).toEqual(['POST /neighbour']);
  });

  it('content that nothing was announced of is refused and logged when its stream does not end', async () => {
    const slow = await EdgeProxy.start({ bodyIdleMs: 100 });
    const sender = await RawClient.connect(slow.proxy.port);
    sender.send(preface).send(post(1, '/p', ['content-length', '0']));
    expect(await slow.proxy.line(0)).toMatchObject({
      status: 408,
      code: 'request_timeout',
      protocol: 'HTTP/2',
    });
    expect(slow.origin.received.requests).toEqual([]);
    sender.close();
    await slow.stop();
  });

  it.each<[string, Buffer]>([
    ['DATA on stream 0', data(0, 'x')],
    ['DATA on a stream that was never opened', data(9, 'x')],
    ['a stream of an even number', request(2, '/p')],
    ['a WINDOW_UPDATE of nothing', frame(frameTypes.windowUpdate, 0, 0, Buffer.alloc(4))],
    ['SETTINGS of a wrong size', frame(frameTypes.settings, 0, 0, Buffer.alloc(5))],
    [
      'a field block that cannot be read',
      frame(
        frameTypes.headers,
        END_HEADERS | END_STREAM,
        3,
        Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff]),
      ),
    ],
  ])('%s is an error of the connection, and ends it', async (_, bytes) => {
    client.send(post(1, '/neighbour')).send(bytes);
    await eventually(() => client.ending !== undefined);
    expect(goaway()).toBeDefined();
    await eventually(() => edge.proxy.listener.connectionCount === 0);
  });
});

describe('content of a response in raw frames', () => {
  it('that is more than announced aborts its own response, and no other of the connection', async () => {
    const waiting: number[] = [];
    const origin = await FrameOrigin.start((connection, { type, streamId, flags }) => {
      if (type !== frameTypes.headers || (flags & END_STREAM) === 0) return;
      waiting.push(streamId);
      if (waiting.length !== 2) return;
      connection.send(
        frame(
          frameTypes.headers,
          END_HEADERS,
          streamId,
          fieldBlock([
            [':status', '200'],
            ['content-length', '3'],
          ]),
        ),
        data(streamId, 'hello', END_STREAM),
      );
      setTimeout(() => connection.answer(waiting[0] as number), 500);
    });
    const proxy = await ProxyFixture.start({
      resources: [
        resource('service', {
          name: 'origin',
          protocol: 'h2c',
          targets: [{ address: origin.address }],
          retries: { attempts: 0 },
        }),
        resource('route', { name: 'all', paths: ['/*'], service: 'service-origin' }),
      ],
    });
    const good = proxy.get('/good');
    await eventually(() => waiting.length === 1);
    const bad = await proxy.connect();
    bad.send('GET /bad HTTP/1.1\r\nHost: a\r\n\r\n');
    expect(await good).toMatchObject({ status: 200, body: 'hello' });
    await eventually(() => bad.ending !== undefined);
    expect(bad.received.toString('latin1')).not.toMatch(/\r\n\r\nhel/);
    expect(origin.connections).toHaveLength(1);
    await proxy.stop();
    origin.stop();
  });
});
