import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually, ScriptedContent } from '../listener/testing/running-listener.ts';
import { TimerWheel } from '../net/timer-wheel.ts';
import { TargetPool } from './target-pool.ts';
import { RawOrigin, type OriginConnection } from './testing/raw-origin.ts';
import { RecordedCall, type CallOptions } from './testing/recorded-call.ts';

let wheel: TimerWheel;
let origin: RawOrigin;
let pool: TargetPool;

beforeEach(() => {
  wheel = new TimerWheel({ tickMs: 10 }).start();
});
afterEach(() => {
  pool.close();
  origin.stop();
  wheel.stop();
});

function use(started: RawOrigin): void {
  origin = started;
  pool = new TargetPool(
    { protocol: 'http', address: started.address, tls: { verify: true } },
    wheel,
  );
}
const send = (options: CallOptions = {}): RecordedCall => RecordedCall.send(pool, options);
const ok = (body: string): string =>
  `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
const saying = (
  response: string,
  then: (connection: OriginConnection) => void = () => undefined,
): Promise<RawOrigin> =>
  RawOrigin.start((connection) =>
    connection.socket.once('data', () => {
      connection.socket.write(Buffer.from(response, 'latin1'));
      then(connection);
    }),
  );

describe('responses that are not well-formed', () => {
  it.each([
    ['not HTTP', 'SSH-2.0-OpenSSH\r\n'],
    ['HTTP/2 in text', 'HTTP/2 200\r\n\r\n'],
    ['status below 100', 'HTTP/1.1 099 No\r\n\r\n'],
    ['status above 599', 'HTTP/1.1 600 No\r\n\r\n'],
    [
      '101 unasked',
      'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
    ],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx'],
    [
      'length with coding',
      'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['an unknown coding', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n'],
    ['a length that is no number', 'HTTP/1.1 200 OK\r\nContent-Length: 1x\r\n\r\nx'],
    ['bare LF', 'HTTP/1.1 200 OK\nContent-Length: 0\n\n'],
    ['obs-fold', 'HTTP/1.1 200 OK\r\nX: a\r\n b\r\n\r\n'],
    ['NUL in a field', 'HTTP/1.1 200 OK\r\nX: a\0b\r\n\r\n'],
    ['101 fields', `HTTP/1.1 200 OK\r\n${'A: b\r\n'.repeat(101)}\r\n`],
    ['33 KiB of fields', `HTTP/1.1 200 OK\r\nX: ${'a'.repeat(33_000)}\r\n\r\n`],
    ['17 interim responses', 'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(17) + ok('x')],
  ])('%s: 502, and the connection is destroyed', async (_, response) => {
    use(await saying(response));
    const call = await send().over;
    expect([call.failure?.code, call.failure?.unsent, call.outcomes]).toEqual([
      'upstream_malformed_response',
      false,
      1,
    ]);
    await eventually(() => origin.connections[0]?.closed === true && pool.openCount === 0);
  });

  it('malformed chunks fail the content', async () => {
    use(await saying('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\nzz\r\n'));
    expect(await send().over).toMatchObject({
      status: 200,
      body: 'he',
      contentFault: 'upstream_malformed_response',
      outcomes: 1,
    });
    await eventually(() => pool.openCount === 0);
  });

  it.each([
    ['by length', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf'],
    ['in chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n'],
  ])('content that ends early fails: %s', async (_, response) => {
    use(await saying(response, ({ socket }) => socket.end()));
    expect(await send().over).toMatchObject({ body: 'half', contentFault: 'upstream_reset' });
  });

  it('a reset fails content that is delimited by the end of the connection', async () => {
    use(
      await saying('HTTP/1.1 200 OK\r\n\r\nhalf', ({ socket }) =>
        setTimeout(() => socket.resetAndDestroy(), 20),
      ),
    );
    expect(await send().over).toMatchObject({ body: 'half', contentFault: 'upstream_reset' });
  });

  it('content that fails before it is started reports the failure when it is started', async () => {
    use(
      await saying('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n', ({ socket }) =>
        setTimeout(() => socket.resetAndDestroy(), 5),
      ),
    );
    let fault: string | undefined;
    send({
      onContent: (content) => {
        setTimeout(
          () =>
            content.start({
              data: () => true,
              end: () => (fault = 'ended'),
              fail: ({ code }) => (fault = code),
            }),
          40,
        );
      },
    });
    await eventually(() => fault !== undefined);
    expect(fault).toBe('upstream_reset');
  });
});

describe('upstreams that cannot be reached', () => {
  it('fail the call as unsent', async () => {
    use(await saying(''));
    origin.stop();
    const content = new ScriptedContent(5);
    const { failure } = await send({ method: 'POST', content }).over;
    expect(failure).toMatchObject({
      code: 'upstream_connect_failed',
      unsent: true,
      replayable: true,
      reason: expect.stringContaining('ECONNREFUSED'),
    });
    expect(content.sink).toBeUndefined();
    await eventually(() => pool.openCount === 0);
  });

  it('fail the call when their name does not resolve', async () => {
    use(await saying(''));
    pool = new TargetPool(
      { protocol: 'http', address: 'no-such-host.invalid:80', tls: { verify: true } },
      wheel,
    );
    expect((await send().over).failure).toMatchObject({
      code: 'upstream_connect_failed',
      unsent: true,
    });
  });
});

describe('a connection that was used before and turns out to be closed', () => {
  /** Answers the first request of a connection, and resets it upon the second. */
  const stale = (): Promise<RawOrigin> =>
    RawOrigin.start(({ socket }, { connections }) => {
      const isFirst = connections.length === 1;
      let requests = 0;
      socket.on('data', () =>
        isFirst && ++requests > 1
          ? socket.resetAndDestroy()
          : socket.write(ok(`connection ${connections.length}`)),
      );
    });

  it.each(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'])(
    '%s without content is sent once more, on a new one',
    async (method) => {
      use(await stale());
      await send().over;
      const call = send({ method, onContent: (content) => content.cancel() });
      await eventually(() => call.outcomes > 0);
      expect([call.status, call.failure]).toEqual([200, undefined]);
      expect(origin.connections.length).toBe(2);
      expect(origin.connections[1]?.received).toContain(`${method} / HTTP/1.1`);
    },
  );

  it.each([
    ['POST', undefined, true],
    ['PUT', 'content', false],
  ])('%s with content %s fails truthfully', async (method, body, replayable) => {
    use(await stale());
    await send().over;
    const content = new ScriptedContent(
      body?.length ?? 0,
      (source) => (source.give(body ?? ''), source.end()),
    );
    const { failure } = await send({ method, ...(body === undefined ? {} : { content }) }).over;
    expect(failure).toMatchObject({ code: 'upstream_reset', unsent: false, replayable });
    expect(origin.connections.length).toBe(1);
  });

  it('and that answered 408 is closed: GET is sent once more, POST receives the 408', async () => {
    use(
      await RawOrigin.start(({ socket }) => {
        let requests = 0;
        socket.on('data', () =>
          socket.write(
            ++requests === 1
              ? ok('x')
              : 'HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n',
          ),
        );
      }),
    );
    await send().over;
    expect((await send().over).body).toBe('x');
    expect((await send({ method: 'POST' }).over).status).toBe(408);
    expect((await send().over).body).toBe('x');
    expect(origin.connections.length).toBe(3);
  });

  it('is retried once only: a new one that fails is a failure', async () => {
    use(
      await RawOrigin.start(({ socket }, { connections }) => {
        let requests = 0;
        socket.on('data', () =>
          connections.length === 1 && ++requests === 1
            ? socket.write(ok('x'))
            : socket.resetAndDestroy(),
        );
      }),
    );
    await send().over;
    expect((await send().over).failure).toMatchObject({
      code: 'upstream_reset',
      unsent: false,
      replayable: true,
    });
    expect(origin.connections.length).toBe(2);
  });

  it('is no reason to retry after the first byte of a response', async () => {
    use(
      await RawOrigin.start(({ socket }) => {
        let requests = 0;
        socket.on('data', () => {
          if (++requests === 1) socket.write(ok('x'));
          else socket.end('HTTP/1.1 2');
        });
      }),
    );
    await send().over;
    expect((await send().over).failure).toMatchObject({ code: 'upstream_reset' });
    expect(origin.connections.length).toBe(1);
  });
});

describe('timeouts', () => {
  it('to the first byte', async () => {
    use(await saying(''));
    const { failure } = await send({ timeouts: { firstByteMs: 50 } }).over;
    expect(failure).toMatchObject({
      code: 'upstream_timeout',
      unsent: false,
      replayable: true,
      reason: expect.stringContaining('50 ms'),
    });
    await eventually(() => origin.connections[0]?.closed === true);
  });

  it('to the first byte begin when the request is sent', async () => {
    use(await saying(''));
    const content = new ScriptedContent(4);
    const call = send({ method: 'POST', content, timeouts: { firstByteMs: 60 } });
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(call.outcomes).toBe(0);
    content.give('done');
    content.end();
    expect((await call.over).failure).toMatchObject({
      code: 'upstream_timeout',
      replayable: false,
    });
  });

  it('without a byte of content', async () => {
    use(await saying('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf'));
    expect(await send({ timeouts: { idleMs: 60 } }).over).toMatchObject({
      body: 'half',
      contentFault: 'upstream_timeout',
    });
  });

  it('without a byte exclude the time of the client', async () => {
    use(await saying(ok('hello')));
    let body = '';
    const call = send({
      timeouts: { idleMs: 40 },
      onContent: (content) => {
        setTimeout(
          () =>
            content.start({
              data: (chunk) => ((body += chunk.toString()), true),
              end: () => undefined,
              fail: () => (body = 'failed'),
            }),
          150,
        );
      },
    });
    await eventually(() => body !== '');
    expect([body, call.failure]).toEqual(['hello', undefined]);
  });

  it('in which the upstream does not read', async () => {
    use(await RawOrigin.start(({ socket }) => void socket.pause()));
    const content = new ScriptedContent(-1, (source) => {
      while (source.give('x'.repeat(60_000)));
    });
    expect(
      (await send({ method: 'POST', content, timeouts: { idleMs: 60 } }).over).failure,
    ).toMatchObject({ code: 'upstream_timeout', replayable: false });
    expect(content.cancelled).toBe(true);
  });

  it('for the whole exchange', async () => {
    use(
      await saying('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n', ({ socket }) => {
        const drip = setInterval(() => socket.write('1\r\nx\r\n'), 10);
        socket.on('close', () => clearInterval(drip));
      }),
    );
    expect(await send({ timeouts: { totalMs: 120 } }).over).toMatchObject({
      status: 200,
      contentFault: 'upstream_timeout',
    });
  });
});

describe('an aborted call', () => {
  it('reports nothing more, and its connection is closed', async () => {
    use(await saying('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf'));
    let heard = '';
    const call = send({
      onContent: (content) =>
        content.start({
          data: (chunk) => ((heard += chunk.toString()), true),
          end: () => (heard = 'end'),
          fail: () => (heard = 'fail'),
        }),
    });
    await eventually(() => heard === 'half');
    call.call.abort();
    await eventually(() => origin.connections[0]?.closed === true && pool.openCount === 0);
    expect(heard).toBe('half');
    call.call.abort();
  });

  it('that was complete leaves its connection alone', async () => {
    use(await saying(ok('x')));
    const call = await send().over;
    call.call.abort();
    expect(pool.idleCount).toBe(1);
  });

  it('is aborted while it connects', async () => {
    use(await saying(ok('x')));
    const call = send();
    call.call.abort();
    await eventually(() => pool.openCount === 0);
    expect(call.outcomes).toBe(0);
  });
});

describe('upgrades', () => {
  it('hand over the connection with the bytes after the 101', async () => {
    use(
      await saying(
        'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: x\r\n\r\nfirst',
        ({ socket }) => socket.on('data', (chunk: Buffer) => socket.write(`<${chunk.toString()}>`)),
      ),
    );
    const call = await send({ upgrade: true, headers: { 'Sec-WebSocket-Key': 'k' } }).over;
    expect(origin.connections[0]?.received).toBe(
      'GET / HTTP/1.1\r\nSec-WebSocket-Key: k\r\nHost: a.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
    );
    expect([call.headers, call.tunnel?.head.toString(), call.outcomes]).toEqual([
      [['sec-websocket-accept', 'x']],
      'first',
      1,
    ]);
    expect(pool.openCount).toBe(0);
    let echoed = '';
    call.tunnel?.stream.on('data', (chunk: Buffer) => (echoed += chunk.toString()));
    call.tunnel?.stream.resume();
    call.tunnel?.stream.write('ping');
    await eventually(() => echoed === '<ping>');
    call.tunnel?.stream.destroy();
  });

  it('that are refused are responses like any other', async () => {
    use(await saying('HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno'));
    expect(await send({ upgrade: true }).over).toMatchObject({
      status: 403,
      body: 'no',
      tunnel: undefined,
    });
    expect(pool.idleCount).toBe(1);
  });
});
