import { connect } from 'node:http2';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { PolicyHooks } from '@sluice/policy-sdk';
import { readAnswer } from '../listener/testing/http2-fixture.ts';
import { Http2Origin, type OriginStream } from '../upstream/testing/http2-origin.ts';
import { BodyFixture, later, post, reading } from './testing/body-fixture.ts';
import type { RecordingOptions } from './testing/recording-policy.ts';

type Received = NonNullable<PolicyHooks['received']>;

const get = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

describe('policies that read, with a target of HTTP/2', () => {
  const fixture = new BodyFixture();
  let origin: Http2Origin | undefined;

  afterEach(async () => {
    expect(await fixture.stop()).toBe(0);
    origin?.stop();
    origin = undefined;
  });

  async function start(
    behave: (stream: OriginStream) => void,
    policy: RecordingOptions,
    timeouts: Record<string, number> = {},
  ) {
    origin = await Http2Origin.start(behave);
    return fixture.start({
      policies: { policy },
      targets: [origin.address],
      service: { protocol: 'h2c', timeouts },
    });
  }

  it.each([
    ['waits and reads nothing', (async () => later(100)) as Received],
    [
      'waits, then reads',
      (async (_, { body }) => {
        await later(100);
        await body.read({ maxBytes: 100_000 });
      }) as Received,
    ],
    [
      'reads part, then waits',
      (async (_, { body }) => {
        await body.read({ maxBytes: 10, over: 'partial' });
        await later(100);
      }) as Received,
    ],
  ])('passes the whole response on when a hook of received %s', async (_, received) => {
    const content = 'content '.repeat(10_000);
    const running = await start(
      ({ stream }) => {
        stream.respond({ ':status': 200 });
        stream.end(content);
      },
      { received },
    );
    const response = await running.send(get);
    expect(response.status).toBe(200);
    expect(response.body === content).toBe(true);
  });

  it('lets a hook work longer than the upstream may be silent', async () => {
    const running = await start(
      ({ stream }) => {
        stream.respond({ ':status': 200 });
        stream.end('content');
      },
      {
        received: async () => later(1_200),
      },
      { idleMs: 500, totalMs: 1_000, firstByteMs: 1_000, connectMs: 1_000 },
    );
    expect(await running.send(get)).toMatchObject({ status: 200, body: 'content' });
  });

  it('resets the stream when the response is replaced', async () => {
    const running = await start(
      ({ stream }) => {
        stream.respond({ ':status': 200 });
        stream.write('endless');
      },
      { received: (_, { body }) => void body.replace('short') },
    );
    expect(await running.send(get)).toMatchObject({ status: 200, body: 'short' });
    expect(origin?.streams[0]?.stream.closed).toBeDefined();
  });

  it('sends content that was read again, when the target did not process the request', async () => {
    let refused = 0;
    const running = await start(
      ({ stream }) => {
        if (refused++ === 0) return stream.close(7);
        stream.on('end', () => {
          stream.respond({ ':status': 200 });
          stream.end('done');
        });
        return undefined;
      },
      reading({ maxBytes: 1_000_000 }),
    );
    const body = 'x'.repeat(300_000);
    expect(await running.send(post(body))).toMatchObject({ status: 200, body: 'done' });
    expect(origin?.streams.at(-1)?.body.length).toBe(300_000);
  });

  it('keeps the trailers of a gRPC call, unless its content is replaced', async () => {
    const running = await start(
      ({ stream }) => {
        stream.on('end', () => {
          stream.respond(
            { ':status': 200, 'content-type': 'application/grpc' },
            { waitForTrailers: true },
          );
          stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '5' }));
          stream.end('answer');
        });
      },
      {
        ...reading({ maxBytes: 100 }),
        received: async (_, { body }) => void (await body.read({ maxBytes: 100 })),
      },
    );
    const session = connect(`http://127.0.0.1:${running.port}`);
    const stream = session.request(
      {
        ':method': 'POST',
        ':path': '/a.B/C',
        ':authority': 'a',
        'content-type': 'application/grpc',
        te: 'trailers',
      },
      { waitForTrailers: true },
    );
    stream.on('wantTrailers', () => stream.sendTrailers({ 'x-checksum': '7' }));
    stream.end('message');
    const answer = await readAnswer(stream);
    expect(answer).toMatchObject({ status: 200, body: 'answer' });
    expect(answer.trailers).toEqual(expect.arrayContaining(['grpc-status', '5']));
    expect(origin?.streams[0]?.body).toBe('message');
    expect(origin?.streams[0]?.trailers).toEqual(expect.arrayContaining(['x-checksum', '7']));
    session.destroy();
  });
});
