import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { HeaderList } from '@sluice/http1';
import { eventually, ScriptedContent } from '../listener/testing/running-listener.ts';
import { TimerWheel } from '../net/timer-wheel.ts';
import { Http2Target } from './http2-target.ts';
import type { TargetOptions, TargetTls } from './target-options.ts';
import { certificateA, localCertificate, testAuthority } from './testing/certificates.ts';
import { Http2Origin, type OriginStream } from './testing/http2-origin.ts';
import { RawOrigin } from './testing/raw-origin.ts';
import { RecordedCall, type CallOptions } from './testing/recorded-call.ts';

let wheel: TimerWheel;
let origin: { readonly address: string; stop(): void };
let target: Http2Target;

beforeEach(() => {
  wheel = new TimerWheel({ tickMs: 10 }).start();
});
afterEach(() => {
  target.close();
  origin.stop();
  wheel.stop();
});

function use<Origin extends { readonly address: string; stop(): void }>(
  started: Origin,
  options: Partial<TargetOptions> = {},
  tls?: TargetTls,
): Origin {
  origin = started;
  target = new Http2Target(
    {
      protocol: tls === undefined ? 'h2c' : 'h2',
      address: started.address,
      tls: tls ?? { verify: true },
    },
    wheel,
    options,
  );
  return started;
}
const send = (options: CallOptions = {}): RecordedCall => RecordedCall.send(target, options);
const ok = ({ stream }: OriginStream): void => {
  stream.respond([':status', '200', 'x-a', '1', 'x-a', '2']);
  stream.end('hello');
};

describe('requests over HTTP/2', () => {
  it('carry pseudo-header fields, and no fields of the hop', async () => {
    const started = use(await Http2Origin.start(ok));
    await send({
      path: '/a?b',
      headers: {
        Host: 'evil.test',
        'X-A': 'b',
        TE: 'trailers',
        Expect: '100-continue',
        'Content-Length': '9',
      },
    }).over;
    expect(started.streams[0]?.raw).toEqual([
      ':method',
      'GET',
      ':scheme',
      'http',
      ':authority',
      'a.test',
      ':path',
      '/a?b',
      'x-a',
      'b',
    ]);
  });

  it('carry content with and without a length', async () => {
    const started = use(
      await Http2Origin.start((opened) => opened.stream.on('end', () => ok(opened))),
    );
    await send({
      method: 'POST',
      content: new ScriptedContent(5, (source) => (source.give('hello'), source.end())),
    }).over;
    await send({
      method: 'POST',
      content: new ScriptedContent(
        -1,
        (source) => (source.give('hel'), source.give('lo'), source.end()),
      ),
    }).over;
    await send({ method: 'POST' }).over;
    expect(
      started.streams.map(({ body, raw }) => [
        body,
        raw.slice(raw.indexOf('content-length')).at(raw.includes('content-length') ? 1 : 99),
      ]),
    ).toEqual([
      ['hello', '5'],
      ['hello', undefined],
      ['', '0'],
    ]);
  });

  it('ask for trailers when they are gRPC', async () => {
    const started = use(await Http2Origin.start(ok));
    await send({ method: 'POST', headers: { 'Content-Type': 'application/grpc' } }).over;
    expect(started.streams[0]?.raw.join(' ')).toContain('te trailers');
  });

  it('send content no faster than the upstream reads it', async () => {
    use(await Http2Origin.start(({ stream }) => void stream.pause()));
    const content = new ScriptedContent(-1);
    const call = send({ method: 'POST', content, timeouts: { idleMs: 60_000, totalMs: 60_000 } });
    await eventually(() => content.sink !== undefined);
    let given = 0;
    while (content.give('x'.repeat(60_000)) && given < 100) given++;
    expect([given < 100, content.resumed]).toEqual([true, 0]);
    call.call.abort();
    expect(content.cancelled).toBe(true);
  });

  it('that fail never look complete', async () => {
    const started = use(await Http2Origin.start(() => undefined));
    const contents = [new ScriptedContent(-1), new ScriptedContent(-1)];
    const [failing, aborted] = contents.map((content) => send({ method: 'POST', content }));
    await eventually(() => contents.every((content) => content.sink !== undefined));
    for (const content of contents) content.give('half');
    await eventually(
      () => started.streams.length === 2 && started.streams.every(({ body }) => body === 'half'),
    );
    contents[0]?.fail();
    aborted?.call.abort();
    await eventually(() => started.streams.every(({ stream }) => stream.closed));
    expect(started.streams.map(({ complete }) => complete)).toEqual([false, false]);
    expect((await failing?.over)?.failure).toMatchObject({ unsent: false, replayable: false });
    expect(aborted?.outcomes).toBe(0);
  });

  it('share a connection up to the stream limit, then open another, then wait', async () => {
    const held: OriginStream[] = [];
    const started = use(
      await Http2Origin.start((opened) => void held.push(opened), { maxStreams: 2 }),
      { maxConnections: 2 },
    );
    const calls: RecordedCall[] = [];
    for (let index = 1; index <= 6; index++) {
      calls.push(send());
      await eventually(() => held.length === Math.min(index, 4));
    }
    expect([started.sessions.length, target.openCount, target.waitingCount]).toEqual([2, 2, 2]);
    for (let index = 0; index < 6; index++) {
      await eventually(() => held.length > index);
      ok(held[index] as OriginStream);
    }
    for (const call of calls) expect((await call.over).body).toBe('hello');
    expect([started.sessions.length, target.waitingCount]).toEqual([2, 0]);
    await eventually(() => target.idleCount === 2);
  });

  it('that exceed the queue, or wait too long, are refused as unsent', async () => {
    let opened = 0;
    use(await Http2Origin.start(() => void opened++, { maxStreams: 1 }), {
      maxConnections: 1,
      maxQueued: 1,
    });
    send();
    await eventually(() => opened === 1);
    const waiting = send({ timeouts: { connectMs: 60 } });
    expect(send().failure).toMatchObject({ code: 'no_target_available', unsent: true });
    expect((await waiting.over).failure).toMatchObject({
      code: 'upstream_connect_failed',
      unsent: true,
      replayable: true,
    });
  });
});

describe('responses over HTTP/2', () => {
  it('arrive with their fields, content and trailers', async () => {
    use(
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
    const call = send({
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
    use(
      await Http2Origin.start(({ stream }) => {
        const isSilent = method === 'HEAD' || status !== '200';
        stream.respond(
          [':status', status, ...(length === undefined ? [] : ['content-length', length])],
          { endStream: isSilent },
        );
        if (!isSilent) stream.end('hello');
      }),
    );
    const call = await send({ method }).over;
    expect([call.length, call.body]).toEqual([
      announced,
      method === 'GET' && status === '200' ? 'hello' : '',
    ]);
  });

  it.each(['05', '9007199254740993'])(
    'to HEAD with a length that HTTP/1.1 would refuse are malformed: %s',
    async (length) => {
      use(
        await Http2Origin.start(({ stream }) =>
          stream.respond([':status', '200', 'content-length', length], { endStream: true }),
        ),
      );
      expect((await send({ method: 'HEAD' }).over).failure?.code).toBe(
        'upstream_malformed_response',
      );
    },
  );

  it('that are cancelled reset their stream', async () => {
    const started = use(
      await Http2Origin.start(({ stream }) => {
        stream.respond([':status', '200']);
        stream.write('half');
      }),
    );
    send({ onContent: (content) => content.cancel() });
    await eventually(() => started.streams[0]?.stream.closed === true);
    expect(target.openCount).toBe(1);
  });

  it('are read no faster than they are taken', async () => {
    const started = use(
      await Http2Origin.start(({ stream }) => {
        stream.respond([':status', '200']);
        stream.end(Buffer.alloc(1_000_000, 'x'));
      }),
    );
    let taken = 0;
    let ended = false;
    let resume: () => void = () => undefined;
    send({
      onContent: (content) => {
        resume = () => content.resume();
        content.start({
          data: (chunk) => ((taken += chunk.length), false),
          end: () => (ended = true),
          fail: () => undefined,
        });
      },
    });
    await eventually(() => taken > 0);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect([taken < 100_000, started.streams[0]?.stream.writableFinished]).toEqual([true, false]);
    const pump = setInterval(() => resume(), 1);
    await eventually(() => ended);
    clearInterval(pump);
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
    use(await Http2Origin.start(behave));
    const call = await send().over;
    expect([where === 'failure' ? call.failure?.code : call.contentFault, call.outcomes]).toEqual([
      'upstream_reset',
      1,
    ]);
  });

  it('with more than 100 fields, or too many interim ones, are malformed', async () => {
    use(
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
    expect((await send({ path: '/fields' }).over).failure?.code).toBe(
      'upstream_malformed_response',
    );
    expect((await send({ path: '/interim' }).over).failure?.code).toBe(
      'upstream_malformed_response',
    );
  });

  it('that refuse early stop the request, which never looks complete', async () => {
    const started = use(
      await Http2Origin.start(({ stream }) => {
        stream.respond([':status', '413']);
        stream.end('no');
      }),
    );
    const content = new ScriptedContent(1_000);
    const call = await send({ method: 'POST', content }).over;
    expect([call.status, call.body, content.cancelled]).toEqual([413, 'no', true]);
    await eventually(() => started.streams[0]?.stream.closed === true);
    expect([started.streams[0]?.complete, target.openCount]).toEqual([false, 1]);
  });
});

describe('sessions', () => {
  it('send refused streams once more when their content was not started', async () => {
    let refusals = 0;
    use(
      await Http2Origin.start((opened) => (refusals++ === 0 ? opened.stream.close(7) : ok(opened))),
    );
    expect((await send().over).body).toBe('hello');
  });

  it('that receive GOAWAY finish their streams, and the next call opens another', async () => {
    const started = use(
      await Http2Origin.start((opened) => {
        if (started.sessions.length > 1) return ok(opened);
        opened.stream.session?.goaway(0);
        setTimeout(() => ok(opened), 30);
      }),
    );
    const first = send();
    await eventually(() => started.streams.length === 1);
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect((await send().over).body).toBe('hello');
    expect((await first.over).body).toBe('hello');
    expect(started.sessions.length).toBe(2);
  });

  it('without a stream are closed after a while, or at once when the target drains', async () => {
    const started = use(await Http2Origin.start(ok), { maxKeepAliveIdleMs: 60 });
    await send().over;
    await eventually(() => target.openCount === 0);
    await send().over;
    target.drain();
    await eventually(() => target.openCount === 0);
    expect((await send().over).body).toBe('hello');
    await eventually(
      () => target.openCount === 0 && started.sessions.every((session) => session.destroyed),
    );
  });

  it('without progress are not used again', async () => {
    const started = use(
      await Http2Origin.start((opened) => (started.sessions.length > 1 ? ok(opened) : undefined)),
    );
    expect((await send({ timeouts: { firstByteMs: 50 } }).over).failure).toMatchObject({
      code: 'upstream_timeout',
      unsent: false,
    });
    expect((await send().over).body).toBe('hello');
    expect(started.sessions.length).toBe(2);
  });

  it('have the timeouts of connections: idle content and the whole exchange', async () => {
    use(
      await Http2Origin.start(({ stream, raw }) => {
        stream.respond([':status', '200']);
        stream.write('half');
        if (!raw.includes('/drip')) return;
        const drip = setInterval(() => stream.write('x'), 10);
        stream.on('close', () => clearInterval(drip));
      }),
    );
    expect(await send({ timeouts: { idleMs: 50 } }).over).toMatchObject({
      contentFault: 'upstream_timeout',
      body: 'half',
    });
    expect(await send({ path: '/drip', timeouts: { totalMs: 100 } }).over).toMatchObject({
      contentFault: 'upstream_timeout',
    });
  });

  it('fail every call when the target is closed', async () => {
    use(await Http2Origin.start(() => undefined));
    const call = send();
    await eventually(() => target.idleCount === 0 && target.openCount === 1);
    await new Promise((resolve) => setTimeout(resolve, 20));
    target.close();
    expect((await call.over).failure?.code).toBe('upstream_reset');
  });

  it('that cannot be opened fail the call as unsent', async () => {
    use(await Http2Origin.start(ok));
    origin.stop();
    expect((await send().over).failure).toMatchObject({
      code: 'upstream_connect_failed',
      unsent: true,
      replayable: true,
    });
    await eventually(() => target.openCount === 0);
  });

  it('with a server that speaks HTTP/1.1 fail the call', async () => {
    use(await RawOrigin.answering('HTTP/1.1 400 Bad Request\r\n\r\n'));
    expect((await send().over).failure?.code).toMatch(/^upstream_/);
    await eventually(() => target.openCount === 0);
  });
});

describe('HTTP/2 over TLS', () => {
  it('is verified, and negotiated in the handshake', async () => {
    use(
      await Http2Origin.start(ok, { certificate: localCertificate }),
      {},
      { verify: true, caCertificates: testAuthority },
    );
    expect((await send().over).body).toBe('hello');
  });

  it('is refused with a certificate for another name', async () => {
    const started = use(
      await Http2Origin.start(ok, { certificate: certificateA }),
      {},
      { verify: true, caCertificates: testAuthority },
    );
    expect((await send().over).failure).toMatchObject({
      code: 'upstream_connect_failed',
      unsent: true,
    });
    expect(started.streams.length).toBe(0);
  });
});
