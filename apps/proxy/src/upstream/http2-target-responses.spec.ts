import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { HeaderList } from '@sluice/http1';
import { eventually, ScriptedContent } from '../listener/testing/running-listener.ts';
import { Http2Origin, type OriginStream } from './testing/http2-origin.ts';
import { Http2TargetFixture } from './testing/http2-target-fixture.ts';

const fixture = new Http2TargetFixture();
beforeEach(() => fixture.start());
afterEach(() => fixture.stop());

describe('responses over HTTP/2', () => {
  it('arrive with their fields, content and trailers', async () => {
    fixture.use(
      await Http2Origin.start(({ stream }) => {
        stream.additionalHeaders({ ':status': 103, link: '</a>' });
        stream.respond(
          [':status', '200', 'content-type', 'application/grpc', 'x-a', '1', 'x-a', '2'],
          { waitForTrailers: true },
        );
        stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
        stream.end('message');
      }),
    );
    let trailers: HeaderList | undefined;
    let body = '';
    const call = fixture.send({
      onContent: (content) =>
        content.start({
          data: (chunk) => ((body += chunk.toString()), true),
          end: (fields) => (trailers = fields ?? new HeaderList()),
          fail: () => undefined,
        }),
    });
    await eventually(() => trailers !== undefined);
    expect([call.interims, call.status, body, trailers?.entries()]).toEqual([
      [[103, [['link', '</a>']]]],
      200,
      'message',
      [['grpc-status', '0']],
    ]);
    expect(call.headers.filter(([name]) => name === 'x-a')).toEqual([
      ['x-a', '1'],
      ['x-a', '2'],
    ]);
  });

  it.each([
    ['GET', '200', '5', 5],
    ['HEAD', '200', '5', 5],
    ['HEAD', '200', undefined, -1],
    ['GET', '204', undefined, -1],
    ['GET', '304', undefined, -1],
    ['GET', '200', undefined, -1],
  ])('to %s with %s and length %s announce %s', async (method, status, length, announced) => {
    fixture.use(
      await Http2Origin.start(({ stream }) => {
        const isSilent = method === 'HEAD' || status !== '200';
        stream.respond(
          [':status', status, ...(length === undefined ? [] : ['content-length', length])],
          { endStream: isSilent },
        );
        if (!isSilent) stream.end('hello');
      }),
    );
    const call = await fixture.send({ method }).over;
    expect([call.length, call.body]).toEqual([
      announced,
      method === 'GET' && status === '200' ? 'hello' : '',
    ]);
  });

  it.each(['05', '9007199254740993'])(
    'to HEAD with a length that HTTP/1.1 would refuse are malformed: %s',
    async (length) => {
      fixture.use(
        await Http2Origin.start(({ stream }) =>
          stream.respond([':status', '200', 'content-length', length], { endStream: true }),
        ),
      );
      expect((await fixture.send({ method: 'HEAD' }).over).failure?.code).toBe(
        'upstream_malformed_response',
      );
    },
  );

  it('that are cancelled reset their stream', async () => {
    const started = fixture.use(
      await Http2Origin.start(({ stream }) => {
        stream.respond([':status', '200']);
        stream.write('half');
      }),
    );
    fixture.send({ onContent: (content) => content.cancel() });
    await eventually(() => started.streams[0]?.stream.closed === true);
    expect(fixture.target.openCount).toBe(1);
  });

  it('are read no faster than they are taken', async () => {
    const started = fixture.use(
      await Http2Origin.start(({ stream }) => {
        stream.respond([':status', '200']);
        stream.end(Buffer.alloc(1_000_000, 'x'));
      }),
    );
    let taken = 0;
    let end: unknown;
    let resume: () => void = () => undefined;
    fixture.send({
      // A busy machine may stand still for longer than the short timeouts of other tests.
      timeouts: { idleMs: 30_000, totalMs: 30_000 },
      onContent: (content) => {
        resume = () => content.resume();
        content.start({
          data: (chunk) => ((taken += chunk.length), false),
          end: () => (end = 'complete'),
          fail: (fault) => (end = fault),
        });
      },
    });
    await eventually(() => taken > 0);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect([taken < 100_000, started.streams[0]?.stream.writableFinished]).toEqual([true, false]);
    const pump = setInterval(() => resume(), 1);
    try {
      await eventually(() => end !== undefined);
    } finally {
      clearInterval(pump);
    }
    expect(end).toBe('complete');
    expect(taken).toBe(1_000_000);
  });

  it.each<[string, string, (opened: OriginStream) => void]>([
    ['by a reset before the head', 'failure', ({ stream }) => void stream.destroy(new Error('x'))],
    [
      'by a reset inside the content',
      'content',
      ({ stream }) => (
        stream.respond([':status', '200']),
        stream.write('half'),
        void setTimeout(() => stream.destroy(new Error('x')), 20)
      ),
    ],
    [
      'by the end of the connection',
      'content',
      ({ stream }) => (
        stream.respond([':status', '200']),
        stream.write('half'),
        void setTimeout(() => stream.session?.destroy(), 20)
      ),
    ],
  ])('break off %s', async (_, where, behave) => {
    fixture.use(await Http2Origin.start(behave));
    const call = await fixture.send().over;
    expect([where === 'failure' ? call.failure?.code : call.contentFault, call.outcomes]).toEqual([
      'upstream_reset',
      1,
    ]);
  });

  it('with more than 100 fields, or too many interim ones, are malformed', async () => {
    fixture.use(
      await Http2Origin.start(({ stream, raw }) => {
        if (raw.includes('/fields'))
          stream.respond([
            ':status',
            '200',
            ...Array.from({ length: 101 }, () => ['x-a', 'b']).flat(),
          ]);
        else for (let index = 0; index < 17; index++) stream.additionalHeaders({ ':status': 103 });
        stream.end();
      }),
    );
    expect((await fixture.send({ path: '/fields' }).over).failure?.code).toBe(
      'upstream_malformed_response',
    );
    expect((await fixture.send({ path: '/interim' }).over).failure?.code).toBe(
      'upstream_malformed_response',
    );
  });

  it('that refuse early stop the request, which never looks complete', async () => {
    const started = fixture.use(
      await Http2Origin.start(({ stream }) => {
        stream.respond([':status', '413']);
        stream.end('no');
      }),
    );
    const content = new ScriptedContent(1_000);
    const call = await fixture.send({ method: 'POST', content }).over;
    expect([call.status, call.body, content.cancelled]).toEqual([413, 'no', true]);
    await eventually(() => started.streams[0]?.stream.closed === true);
    expect([started.streams[0]?.complete, fixture.target.openCount]).toEqual([false, 1]);
  });
});
