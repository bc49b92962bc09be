import { afterEach, describe, expect, it } from '@jest/globals';
import { HeaderList } from '@sluice/http1';
import { connect, constants, type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2';
import type { Downstream } from '../exchange/downstream.ts';
import type { ListenerOptions } from './listener-options.ts';
import { RawClient } from './testing/raw-client.ts';
import {
  collect,
  echo,
  eventually,
  RunningListener,
  ScriptedContent,
} from './testing/running-listener.ts';

let running: RunningListener;
let session: ClientHttp2Session;
const errors: string[] = [];

async function serve(
  handler: (downstream: Downstream) => void,
  options: Partial<ListenerOptions> = {},
): Promise<void> {
  running = await RunningListener.start(handler, options);
  session = connect(`http://127.0.0.1:${running.port}`);
  session.on('error', (error) => errors.push(error.message));
}

afterEach(async () => {
  session.destroy();
  await running.stop();
  errors.length = 0;
});

interface Answer {
  readonly status: number;
  readonly fields: readonly string[];
  readonly body: string;
  readonly trailers: readonly string[];
  /** The stream was ended in good order. */
  readonly ended: boolean;
  readonly rstCode: number;
  readonly interims: readonly number[];
}

/** Reads the answer on a stream to its end, good or bad. */
function read(stream: ClientHttp2Stream): Promise<Answer> {
  const answer = {
    status: 0,
    fields: [] as string[],
    body: '',
    trailers: [] as string[],
    rstCode: 0,
    ended: false,
    interims: [] as number[],
  };
  stream.on('headers', (headers) => answer.interims.push(Number(headers[':status'])));
  stream.on(
    'response',
    (headers, _, raw) => ((answer.status = Number(headers[':status'])), (answer.fields = raw)),
  );
  stream.on('trailers', (_, __, raw) => (answer.trailers = raw));
  stream.on('data', (chunk: Buffer) => (answer.body += chunk.toString('latin1')));
  stream.on('end', () => (answer.ended = true));
  stream.on('error', () => undefined);
  return new Promise((resolve) =>
    stream.on('close', () => resolve({ ...answer, rstCode: stream.rstCode ?? 0 })),
  );
}
const request = (fields: Record<string, string | string[]>, content?: string): Promise<Answer> => {
  const stream = session.request(
    { ':authority': 'a.test', ...fields },
    { endStream: content === undefined },
  );
  const answer = read(stream);
  if (content !== undefined) stream.end(content);
  return answer;
};
const get = (path: string, fields: Record<string, string | string[]> = {}): Promise<Answer> =>
  request({ ':path': path, ...fields });
const ok = (downstream: Downstream): void =>
  downstream.respond(200, HeaderList.of({ Date: 'D' }), downstream.path);

describe('HTTP/2 with prior knowledge', () => {
  it('carries concurrent exchanges on one connection', async () => {
    const held: (() => void)[] = [];
    await serve((downstream) => {
      if (downstream.path === '/first') held.push(() => ok(downstream));
      else ok(downstream);
    });
    const first = get('/first');
    expect(await get('/second')).toMatchObject({
      status: 200,
      body: '/second',
      fields: [':status', '200', 'date', 'D', 'content-length', '7'],
    });
    held[0]?.();
    expect((await first).body).toBe('/first');
    expect(running.listener.connectionCount).toBe(1);
  });

  it('offers the same request as HTTP/1.1', async () => {
    let seen: Partial<Downstream> | undefined;
    await serve((downstream) => {
      const { protocol, encrypted, method, path, query, host, authority, wantsUpgrade } =
        downstream;
      seen = { protocol, encrypted, method, path, query, host, authority, wantsUpgrade };
      downstream.respond(200, new HeaderList(), downstream.headers.get('cookie'));
    });
    const answer = await get('/a/../b//c?d=%20', {
      ':authority': 'A.Test:8080',
      cookie: ['a=b', 'c=d'],
    });
    expect(seen).toEqual({
      protocol: '2',
      encrypted: false,
      method: 'GET',
      path: '/b/c',
      query: 'd=%20',
      host: 'a.test',
      authority: 'a.test:8080',
      wantsUpgrade: false,
    });
    expect(answer.body).toBe('a=b; c=d');
  });

  it('is recognized for every division of its preface into reads', async () => {
    await serve(ok);
    const client = await RawClient.connect(running.port);
    for (const byte of 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n') {
      client.send(byte);
      await new Promise(setImmediate);
    }
    client.send(Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]));
    await eventually(() => client.received.length >= 9);
    expect(client.received[3]).toBe(4);
    client.close();
  });

  it('is not mistaken for HTTP/1.1, nor the other way round', async () => {
    await serve(echo);
    const client = await RawClient.connect(running.port);
    client.send('P').send('OST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 2\r\n\r\nhi');
    expect((await client.readResponse()).body).toBe('POST a.test/ hi');
    client.close();
    const other = await RawClient.connect(running.port);
    other.send('PRI * HTTP/2.0\r\n\r\nNO\r\n\r\n');
    expect((await other.readResponse()).status).toBe(505);
    other.close();
  });

  it.each<[string, Record<string, string | string[]>, number]>([
    ['TRACE', { ':method': 'TRACE' }, 405],
    ['an unknown method', { ':method': 'BREW' }, 501],
    ['an authority with a bad port', { ':authority': 'a.test:99999' }, 400],
    ['a Host that disagrees', { host: 'b.test' }, 400],
    ['a way up beside %2F in the path', { ':path': '/..%2Fb' }, 400],
    ['a bad percent escape', { ':path': '/a%zz' }, 400],
    ['a fragment', { ':path': '/a#b' }, 400],
    ['an alias of a protected name', { x_forwarded_for: '1.2.3.4' }, 400],
    ['another expectation', { expect: '200-ok' }, 417],
    [
      'more than 100 fields',
      Object.fromEntries(Array.from({ length: 101 }, (_, index) => [`x-${index}`, 'y'])),
      431,
    ],
    ['a target above 8 KiB', { ':path': `/${'a'.repeat(8_200)}` }, 414],
  ])('refuses %s, and serves the next request', async (_, fields, status) => {
    await serve(ok);
    expect((await request({ ':path': '/', ...fields })).status).toBe(status);
    expect(running.refusals[0]?.status).toBe(status);
    expect((await get('/next')).body).toBe('/next');
  });

  it.each<[string, Record<string, string>]>([
    ['an empty authority', { ':authority': '' }],
    ['an authority with userinfo', { ':authority': 'u@a.test' }],
    ['a target that is no path', { ':path': 'http://b.test/' }],
    ['an empty target', { ':path': '' }],
  ])('resets the stream for %s, and serves the next request', async (_, fields) => {
    let handled = 0;
    await serve((downstream) => (handled++, ok(downstream)));
    const broken = await request({ ':path': '/', ...fields }).catch(() => ({
      rstCode: constants.NGHTTP2_PROTOCOL_ERROR,
    }));
    expect([broken.rstCode, handled]).toEqual([constants.NGHTTP2_PROTOCOL_ERROR, 0]);
    expect((await get('/next')).body).toBe('/next');
  });

  it('accepts a Host that agrees', async () => {
    await serve(ok);
    expect((await get('/x', { host: 'a.test' })).status).toBe(200);
  });

  it('answers OPTIONS * by itself', async () => {
    await serve(ok);
    expect(await request({ ':method': 'OPTIONS', ':path': '*' })).toMatchObject({
      status: 204,
      fields: expect.arrayContaining(['allow']),
    });
  });
});

describe('content over HTTP/2', () => {
  it('arrives with and without a length', async () => {
    const lengths: number[] = [];
    await serve((downstream) => {
      lengths.push(downstream.content.length);
      echo(downstream);
    });
    expect(
      (await request({ ':method': 'POST', ':path': '/', 'content-length': '5' }, 'hello')).body,
    ).toBe('POST a.test/ hello');
    expect((await request({ ':method': 'POST', ':path': '/' }, 'hello')).body).toBe(
      'POST a.test/ hello',
    );
    expect((await get('/')).body).toBe('GET a.test/ ');
    expect(lengths).toEqual([5, -1, 0]);
  });

  it('is awaited with 100 only when it is wanted', async () => {
    await serve((downstream) =>
      downstream.path === '/no' ? downstream.respond(401, new HeaderList(), '') : echo(downstream),
    );
    const expecting = { ':method': 'POST', expect: '100-continue' };
    const stream = session.request({ ':authority': 'a.test', ':path': '/', ...expecting });
    const answer = read(stream);
    stream.on('continue', () => stream.end('hello'));
    expect((await answer).body).toBe('POST a.test/ hello');
    expect((await request({ ':path': '/no', ...expecting }, 'hello')).status).toBe(401);
  });

  it('above the limit is refused with 413, announced or not', async () => {
    await serve((downstream) => {
      downstream.maxBodyBytes = 10;
      echo(downstream);
    });
    expect(
      await request({ ':method': 'POST', ':path': '/', 'content-length': '11' }, 'x'.repeat(11)),
    ).toMatchObject({ status: 413, rstCode: 0 });
    expect(await request({ ':method': 'POST', ':path': '/' }, 'x'.repeat(100_000))).toMatchObject({
      status: 413,
      rstCode: 0,
    });
  });

  it('is subject to backpressure on either side', async () => {
    const content = new ScriptedContent(-1);
    let taken = 0;
    let source: Downstream['content'] | undefined;
    await serve((downstream) => {
      downstream.stream(200, new HeaderList(), content, () => undefined);
      source = downstream.content;
      source.start({
        data: (chunk) => ((taken += chunk.length), false),
        end: () => content.end(),
        fail: () => content.end(),
      });
    });
    const stream = session.request({ ':authority': 'a.test', ':path': '/', ':method': 'POST' });
    stream.on('error', () => undefined);
    stream.pause();
    stream.write(Buffer.alloc(1_000_000));
    await eventually(() => taken > 0 && content.sink !== undefined);
    let given = 0;
    while (content.give('x'.repeat(50_000)) && given < 400) given++;
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect([taken < 150_000, given < 20, content.resumed]).toEqual([true, true, 0]);
    const pump = setInterval(() => source?.resume(), 1);
    stream.end();
    stream.resume();
    await eventually(() => taken === 1_000_000 && content.resumed > 0 && stream.readableEnded);
    clearInterval(pump);
  });

  it('below the minimum rate is refused with 408', async () => {
    await serve(echo, { bodyIdleMs: 60 });
    const stream = session.request({ ':authority': 'a.test', ':path': '/', ':method': 'POST' });
    const answer = read(stream);
    stream.write('he');
    expect((await answer).status).toBe(408);
  });
});

describe('responses over HTTP/2', () => {
  it('have no content for HEAD, 204 and 304', async () => {
    await serve((downstream) =>
      downstream.respond(
        Number(downstream.path.slice(1)),
        HeaderList.of({ Date: 'D' }),
        downstream.method === 'HEAD' ? 'hello' : undefined,
      ),
    );
    expect(await request({ ':method': 'HEAD', ':path': '/200' })).toMatchObject({
      status: 200,
      body: '',
      fields: [':status', '200', 'date', 'D', 'content-length', '5'],
    });
    expect((await get('/204')).fields).toEqual([':status', '204', 'date', 'D']);
    expect((await get('/304')).fields).toEqual([':status', '304', 'date', 'D']);
  });

  it('lose fields that HTTP/2 forbids, and keep repeated fields', async () => {
    const fields: [string, string][] = [
      ['Connection', 'close'],
      ['Keep-Alive', 'x'],
      ['Transfer-Encoding', 'chunked'],
      ['Date', 'D'],
      ['Set-Cookie', 'a'],
      ['Set-Cookie', 'b'],
      ['Content-Type', 'c'],
      ['Content-Type', 'd'],
    ];
    await serve((downstream) => downstream.respond(200, HeaderList.of(fields), ''));
    expect((await get('/')).fields).toEqual([
      ':status',
      '200',
      'date',
      'D',
      'set-cookie',
      'a',
      'set-cookie',
      'b',
      'content-type',
      'c',
      'content-type',
      'd',
      'content-length',
      '0',
    ]);
  });

  it('stream, with interim ones before', async () => {
    await serve((downstream) => {
      downstream.sendInterim(103, HeaderList.of({ Link: '</a>' }));
      const content = new ScriptedContent(
        -1,
        (source) => (source.give('he'), source.give('llo'), source.end()),
      );
      downstream.stream(200, new HeaderList(), content, () => undefined);
    });
    expect(await get('/')).toMatchObject({ status: 200, body: 'hello', interims: [103] });
  });

  it('that fail are reset, never ended normally', async () => {
    const faults: (Error | undefined)[] = [];
    await serve((downstream) => {
      const content = new ScriptedContent(downstream.path === '/long' ? 5 : 9, (source) => {
        source.give('half');
        setTimeout(() => {
          if (downstream.path === '/fail') source.fail();
          else if (downstream.path === '/long') source.give('more');
          else source.end();
        }, 10);
      });
      downstream.stream(200, new HeaderList(), content, (fault) => faults.push(fault));
    });
    for (const path of ['/fail', '/short', '/long']) {
      expect(await get(path)).toMatchObject({
        body: 'half',
        ended: false,
        rstCode: constants.NGHTTP2_INTERNAL_ERROR,
      });
    }
    expect(faults).toMatchObject([
      { code: 'upstream_reset' },
      { code: 'upstream_reset' },
      { code: 'upstream_malformed_response' },
    ]);
  });

  it('carry trailers for gRPC, and for nothing else', async () => {
    let trailersOfRequest: string | undefined;
    await serve((downstream) => {
      downstream.content.start({
        data: () => true,
        end: (trailers) => (trailersOfRequest = trailers?.get('x-sum')),
        fail: () => undefined,
      });
      const content = new ScriptedContent(-1, (source) => {
        source.give('message');
        source.sink?.end(HeaderList.of({ 'grpc-status': '0' }));
      });
      downstream.stream(200, new HeaderList(), content, () => undefined);
    });
    const grpc = await get('/', { 'content-type': 'application/grpc+proto', te: 'trailers' });
    expect([grpc.body, grpc.trailers]).toEqual(['message', ['grpc-status', '0']]);
    expect((await get('/', { 'content-type': 'text/plain' })).trailers).toEqual([]);
    expect(trailersOfRequest).toBeUndefined();
  });

  it('that are late have no effect', async () => {
    let late: Downstream | undefined;
    let aborted = 0;
    await serve((downstream) => {
      late = downstream;
      downstream.abortListener = { onAborted: () => aborted++ };
    });
    const stream = session.request({ ':authority': 'a.test', ':path': '/' });
    stream.on('error', () => undefined);
    await eventually(() => late !== undefined);
    stream.close(constants.NGHTTP2_CANCEL);
    await eventually(() => aborted === 1);
    const content = new ScriptedContent(-1);
    let fault: Error | undefined;
    late?.respond(200, new HeaderList(), '');
    late?.sendInterim(103, new HeaderList());
    late?.stream(200, new HeaderList(), content, (error) => (fault = error));
    late?.abort();
    expect([content.cancelled, fault]).toEqual([true, expect.any(Error)]);
  });
});

describe('an HTTP/2 client that disconnects', () => {
  it('during its content and its response aborts both once', async () => {
    const told: string[] = [];
    const content = new ScriptedContent(-1);
    await serve((downstream) => {
      downstream.abortListener = { onAborted: () => told.push('aborted') };
      collect(downstream.content, (_, error) => told.push(error?.code ?? 'complete'));
      downstream.stream(200, new HeaderList(), content, () => told.push('done'));
    });
    const stream = session.request({ ':authority': 'a.test', ':path': '/', ':method': 'POST' });
    stream.on('error', () => undefined);
    stream.write('half');
    await eventually(() => content.sink !== undefined);
    session.destroy();
    await eventually(() => told.length >= 2);
    expect([told, content.cancelled]).toEqual([['aborted', 'malformed_request'], true]);
  });

  it('or does not read is reset', async () => {
    let fault: Error | undefined;
    const content = new ScriptedContent(-1);
    await serve(
      (downstream) => downstream.stream(200, new HeaderList(), content, (error) => (fault = error)),
      { writeIdleMs: 80 },
    );
    const stream = session.request({ ':authority': 'a.test', ':path': '/' });
    stream.on('error', () => undefined);
    await eventually(() => content.sink !== undefined);
    while (content.give('x'.repeat(60_000)));
    await eventually(() => fault !== undefined);
    expect(content.cancelled).toBe(true);
  });
});

describe('limits of HTTP/2', () => {
  it('100 streams at a time', async () => {
    let open = 0;
    await serve(() => void open++);
    await new Promise<void>((resolve) => session.once('remoteSettings', () => resolve()));
    expect([
      session.remoteSettings.maxConcurrentStreams,
      session.remoteSettings.maxHeaderListSize,
    ]).toEqual([100, 65_536]);
    for (let index = 0; index < 120; index++)
      void read(session.request({ ':authority': 'a.test', ':path': '/' }));
    await eventually(() => open === 100);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(open).toBe(100);
  });

  it('excessive resets end the connection', async () => {
    let seen = 0;
    await serve(() => void seen++);
    await new Promise<void>((resolve) => session.once('remoteSettings', () => resolve()));
    for (let round = 0; round < 40 && !session.destroyed; round++) {
      for (let index = 0; index < 20 && !session.destroyed && !session.closed; index++) {
        const stream = session.request({ ':authority': 'a.test', ':path': '/' });
        stream.on('error', () => undefined);
        stream.close(constants.NGHTTP2_CANCEL);
      }
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await eventually(() => session.closed || session.destroyed);
    expect(seen).toBeLessThan(400);
  });

  it('idle connections are closed', async () => {
    await serve(ok, { keepAliveIdleMs: 50 });
    await get('/');
    await eventually(() => session.destroyed && running.listener.connectionCount === 0);
  });

  it('connections without a request are closed', async () => {
    await serve(ok, { headerTimeoutMs: 50 });
    await eventually(() => session.destroyed && running.listener.connectionCount === 0);
  });
});

describe('drain of HTTP/2', () => {
  it('finishes exchanges in progress and requests already sent', async () => {
    const held: (() => void)[] = [];
    await serve(
      (downstream) =>
        downstream.path === '/held' ? held.push(() => ok(downstream)) : ok(downstream),
      { drainIdleMs: 60 },
    );
    const under = get('/held');
    await eventually(() => held.length === 1);
    const onItsWay = get('/late');
    const drained = running.listener.drain(2_000);
    expect((await onItsWay).body).toBe('/late');
    await new Promise((resolve) => setTimeout(resolve, 100));
    held[0]?.();
    expect((await under).body).toBe('/held');
    await drained;
    expect(running.listener.connectionCount).toBe(0);
  });
});
