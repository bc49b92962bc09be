import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually, ScriptedContent } from '../listener/testing/running-listener.ts';
import { TimerWheel } from '../net/timer-wheel.ts';
import type { TargetOptions } from './target-options.ts';
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

function use(started: RawOrigin, options: Partial<TargetOptions> = {}): void {
  origin = started;
  pool = new TargetPool(
    { protocol: 'http', address: started.address, tls: { verify: true } },
    wheel,
    options,
  );
}
const send = (options: CallOptions = {}): RecordedCall => RecordedCall.send(pool, options);
const text = (content: string, pieces = [content]): ScriptedContent =>
  new ScriptedContent(content.length, (source) => {
    for (const piece of pieces) source.give(piece);
    source.end();
  });
const ok = (body: string, fields = ''): string =>
  `HTTP/1.1 200 OK\r\n${fields}Content-Length: ${body.length}\r\n\r\n${body}`;
/** Reacts to what a connection has received so far, each time more arrives. */
const whenReceived = (connection: OriginConnection, react: (received: string) => void): void =>
  void connection.socket.on('data', () => react(connection.received));

describe('requests', () => {
  it('are sent byte for byte: Host, fields, framing from the content', async () => {
    use(await RawOrigin.answering(ok('1')));
    await send({ path: '/a?b', headers: { 'X-A': 'b' } }).over;
    await send({ method: 'POST' }).over;
    await send({ method: 'PUT', content: text('hello', ['he', 'llo']) }).over;
    expect(origin.connections.map(({ received }) => received)).toEqual([
      'GET /a?b HTTP/1.1\r\nX-A: b\r\nHost: a.test\r\n\r\n' +
        'POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 0\r\n\r\n' +
        'PUT / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 5\r\n\r\nhello',
    ]);
  });

  it('of unknown length are sent in chunks', async () => {
    use(await RawOrigin.answering(ok('1')));
    const content = new ScriptedContent(
      -1,
      (source) => (source.give('he'), source.give('llo'), source.end()),
    );
    await send({ method: 'POST', content }).over;
    expect(origin.connections[0]?.received).toBe(
      'POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n',
    );
  });

  it('never carry framing, Expect or a second Host from their fields', async () => {
    use(await RawOrigin.answering(ok('1')));
    await send({
      headers: {
        Host: 'evil.test',
        'Content-Length': '7',
        'Transfer-Encoding': 'chunked',
        Expect: '100-continue',
      },
    }).over;
    expect(origin.connections[0]?.received).toBe('GET / HTTP/1.1\r\nHost: a.test\r\n\r\n');
  });

  it('that cannot be written fail without reaching the upstream', async () => {
    use(await RawOrigin.answering(ok('1')));
    const { failure } = await send({ path: '/a b' }).over;
    expect(failure).toMatchObject({ code: 'internal_error', unsent: true, replayable: true });
  });

  it('send content no faster than the upstream reads it', async () => {
    use(await RawOrigin.start(({ socket }) => void socket.pause()));
    const content = new ScriptedContent(-1);
    const call = send({ method: 'POST', content, timeouts: { idleMs: 60_000, totalMs: 60_000 } });
    await eventually(() => content.sink !== undefined);
    let given = 0;
    while (content.give('x'.repeat(60_000)) && given < 400) given++;
    expect(given).toBeLessThan(400);
    expect(content.resumed).toBe(0);
    origin.connections[0]?.socket.resume();
    await eventually(() => content.resumed > 0);
    call.call.abort();
    expect(content.cancelled).toBe(true);
  });

  it('whose content fails never look complete: the connection is destroyed', async () => {
    use(await RawOrigin.answering(''));
    const content = new ScriptedContent(-1);
    const call = send({ method: 'POST', content });
    await eventually(() => content.sink !== undefined);
    content.give('half');
    await eventually(() => origin.connections[0]?.received.endsWith('half\r\n') === true);
    content.fail();
    expect((await call.over).failure).toMatchObject({ unsent: false, replayable: false });
    await eventually(() => origin.connections[0]?.closed === true);
    expect(origin.connections[0]?.received).not.toContain('0\r\n\r\n');
  });
});

describe('responses', () => {
  it.each([
    ['by length', ok('hello'), 5, 'hello'],
    [
      'in chunks',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n',
      -1,
      'hello',
    ],
    ['empty', 'HTTP/1.1 204 No Content\r\n\r\n', 0, ''],
    ['304 with a length', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n', 9, ''],
  ])('%s arrive completely, and their connection is reused', async (_, response, length, body) => {
    use(await RawOrigin.answering(response));
    for (let round = 0; round < 3; round++) {
      const call = await send().over;
      expect([call.length, call.body, call.outcomes]).toEqual([length, body, 1]);
    }
    expect(origin.connections.length).toBe(1);
    expect([pool.openCount, pool.idleCount]).toEqual([1, 1]);
  });

  it('delimited by the end of the connection arrive completely', async () => {
    use(
      await RawOrigin.start((connection) =>
        whenReceived(connection, () => {
          connection.socket.write('HTTP/1.1 200 OK\r\n\r\nhel');
          setTimeout(() => connection.socket.end('lo'), 10);
        }),
      ),
    );
    expect(await send().over).toMatchObject({ body: 'hello', contentFault: undefined });
    await eventually(() => pool.openCount === 0);
  });

  it('to HEAD have the announced length and no content', async () => {
    use(await RawOrigin.answering('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n'));
    for (let round = 0; round < 2; round++) {
      const call = send({ method: 'HEAD', onContent: (content) => content.cancel() });
      await eventually(() => call.status === 200);
      expect(call.length).toBe(5);
    }
    expect(origin.connections.length).toBe(1);
  });

  it('lose hop-by-hop fields', async () => {
    use(
      await RawOrigin.answering(
        ok(
          '',
          'Connection: keep-alive, X-Hop\r\nKeep-Alive: timeout=5\r\nX-Hop: 1\r\nX-End: 2\r\n',
        ),
      ),
    );
    expect((await send().over).headers.filter(([name]) => name !== 'content-length')).toEqual([
      ['x-end', '2'],
    ]);
  });

  it('pass interim ones on, except 100', async () => {
    use(
      await RawOrigin.answering(
        `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${ok('x')}`,
      ),
    );
    expect(await send().over).toMatchObject({ interims: [[103, [['link', '</a>']]]], body: 'x' });
  });

  it('arrive byte by byte as they do at once', async () => {
    const response =
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n';
    use(
      await RawOrigin.start((connection) =>
        connection.socket.once('data', async () => {
          for (const byte of response) {
            connection.socket.write(byte);
            await new Promise(setImmediate);
          }
        }),
      ),
    );
    expect(await send().over).toMatchObject({ body: 'hello' });
  });

  it('are read no faster than they are taken', async () => {
    const total = 20_000_000;
    use(
      await RawOrigin.start((connection) =>
        connection.socket.once('data', () => {
          connection.socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${total}\r\n\r\n`);
          connection.socket.write(Buffer.alloc(total, 'x'));
        }),
      ),
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
    expect(taken).toBeLessThanOrEqual(70_000);
    const pump = setInterval(() => resume(), 1);
    await eventually(() => ended);
    clearInterval(pump);
    expect(taken).toBe(total);
    expect(pool.idleCount).toBe(1);
  });

  it('that are cancelled close their connection, unless the rest has arrived', async () => {
    use(await RawOrigin.answering(ok('short'), 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf'));
    send({ onContent: (content) => content.cancel() });
    await eventually(() => pool.idleCount === 1);
    const cancelled = send({ onContent: (content) => content.cancel() });
    await eventually(() => cancelled.status === 200 && pool.openCount === 0);
    expect(origin.connections.length).toBe(1);
  });
});

describe('an early response', () => {
  it('with an error stops the request, is delivered, and the connection is not reused', async () => {
    use(
      await RawOrigin.answering(
        'HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno',
        ok('fresh'),
      ),
    );
    const content = new ScriptedContent(1_000);
    const call = send({ method: 'POST', content });
    expect(await call.over).toMatchObject({ status: 413, body: 'no', outcomes: 1 });
    expect(content.cancelled).toBe(true);
    await eventually(() => origin.connections[0]?.closed === true);
    expect((await send().over).body).toBe('fresh');
    expect(origin.connections.length).toBe(2);
  });

  it('with success streams in both directions while the request continues', async () => {
    use(
      await RawOrigin.start((connection) => {
        connection.socket.once('data', () =>
          connection.socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'),
        );
        whenReceived(connection, (received) => {
          if (received.endsWith('ping\r\n')) connection.socket.write('4\r\npong\r\n');
          if (received.endsWith('0\r\n\r\n')) connection.socket.write('0\r\n\r\n');
        });
      }),
    );
    const content = new ScriptedContent(-1);
    const call = send({ method: 'POST', content });
    await eventually(() => call.status === 200);
    content.give('ping');
    await eventually(() => call.body === 'pong');
    content.end();
    await call.over;
    expect([content.cancelled, pool.idleCount]).toEqual([false, 1]);
  });

  it('that is complete before the request ends it there', async () => {
    use(await RawOrigin.answering(ok('done')));
    const content = new ScriptedContent(-1);
    const call = await send({ method: 'POST', content }).over;
    expect([call.body, content.cancelled]).toEqual(['done', true]);
    await eventually(() => pool.openCount === 0);
  });
});

describe('connections', () => {
  it('are reused last in, first out, up to the limit; beyond it calls wait in order', async () => {
    const answers: (() => void)[] = [];
    use(
      await RawOrigin.start((connection) =>
        connection.socket.on('data', () => answers.push(() => connection.socket.write(ok('x')))),
      ),
      { maxConnections: 2 },
    );
    const calls = [
      send({ path: '/1' }),
      send({ path: '/2' }),
      send({ path: '/3' }),
      send({ path: '/4' }),
    ];
    await eventually(() => answers.length === 2);
    expect([pool.openCount, pool.waitingCount]).toEqual([2, 2]);
    for (let index = 0; index < 4; index++) {
      await eventually(() => answers.length > index);
      answers[index]?.();
    }
    await Promise.all(calls.map((call) => call.over));
    expect(origin.connections.length).toBe(2);
    expect([pool.openCount, pool.idleCount, pool.waitingCount]).toEqual([2, 2, 0]);
  });

  it('that do not become free in time fail queued calls, and the queue is bounded', async () => {
    use(await RawOrigin.answering(''), { maxConnections: 1, maxQueued: 1 });
    send();
    const waiting = send({ timeouts: { connectMs: 50 } });
    const refused = send();
    expect(refused.failure).toMatchObject({
      code: 'no_target_available',
      unsent: true,
      replayable: true,
    });
    expect((await waiting.over).failure).toMatchObject({
      code: 'no_target_available',
      unsent: true,
      replayable: true,
    });
  });

  it('for an upgrade are new, and replace an idle one', async () => {
    const upgraded =
      'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
    use(
      await RawOrigin.start((connection) =>
        whenReceived(connection, (received) =>
          connection.socket.write(received.includes('Upgrade') ? upgraded : ok('x')),
        ),
      ),
      { maxConnections: 1 },
    );
    const first = send();
    const upgrade = send({ upgrade: true });
    await first.over;
    expect((await upgrade.over).tunnel).toBeDefined();
    expect(origin.connections.length).toBe(2);
    upgrade.tunnel?.stream.destroy();
    expect((await send().over).body).toBe('x');
  });

  it('that become free together serve all queued calls, even if the first one needs a new connection', async () => {
    const answers: (() => void)[] = [];
    use(
      await RawOrigin.start((connection) =>
        connection.socket.on('data', () => answers.push(() => connection.socket.write(ok('x')))),
      ),
      { maxConnections: 2 },
    );
    const first = [send(), send()];
    await eventually(() => answers.length === 2);
    const upgrade = send({ upgrade: true });
    const waiting = send();
    for (const answer of answers.splice(0)) answer();
    await Promise.all(first.map((call) => call.over));
    await eventually(() => answers.length === 2);
    for (const answer of answers.splice(0)) answer();
    expect([(await waiting.over).body, (await upgrade.over).body]).toEqual(['x', 'x']);
    expect(origin.connections.length).toBe(3);
  });

  it('that are aborted while they wait are forgotten', async () => {
    use(await RawOrigin.answering(''), { maxConnections: 1 });
    send();
    const waiting = send();
    waiting.call.abort();
    expect([pool.waitingCount, waiting.outcomes]).toEqual([0, 0]);
  });

  it('are closed after their idle time, shorter than the server announces', async () => {
    use(await RawOrigin.answering(ok('x'), ok('x', 'Keep-Alive: timeout=1\r\n')), {
      keepAliveIdleMs: 60,
    });
    await send().over;
    expect(pool.idleCount).toBe(1);
    await eventually(() => pool.openCount === 0);
    await send().over;
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(pool.idleCount).toBe(1);
    expect([
      pool.idleMs('timeout=5, max=100'),
      pool.idleMs('timeout=1'),
      pool.idleMs('timeout=900'),
      pool.idleMs('max=5'),
    ]).toEqual([4_000, 500, 60_000, 60]);
  });

  it('that receive bytes while idle are destroyed, and the bytes reach no call', async () => {
    use(await RawOrigin.answering(ok('x')));
    await send().over;
    origin.connections[0]?.socket.write(ok('stray'));
    await eventually(() => pool.openCount === 0);
    expect((await send().over).body).toBe('x');
  });

  it('that receive more than the response are destroyed', async () => {
    use(await RawOrigin.answering(`${ok('x')}HTTP/1.1 200 OK\r\n\r\n`, ok('y')));
    expect((await send().over).body).toBe('x');
    expect((await send().over).body).toBe('y');
    expect(origin.connections.length).toBe(2);
  });

  it('that the server closes while idle are removed at once', async () => {
    use(await RawOrigin.answering(ok('x')));
    await send().over;
    origin.connections[0]?.socket.end();
    await eventually(() => pool.openCount === 0);
  });

  it('are closed after "Connection: close"', async () => {
    use(await RawOrigin.answering(ok('x', 'Connection: close\r\n')));
    await send().over;
    await eventually(() => pool.openCount === 0);
  });

  it('that are drained serve queued calls, and are closed after the last one', async () => {
    const answers: (() => void)[] = [];
    use(
      await RawOrigin.start((connection) =>
        connection.socket.on('data', () => answers.push(() => connection.socket.write(ok('x')))),
      ),
      { maxConnections: 2 },
    );
    const calls = [send(), send(), send()];
    await eventually(() => answers.length === 2);
    pool.drain();
    for (const answer of answers.splice(0)) answer();
    await eventually(() => answers.length === 1 && pool.openCount === 1);
    answers[0]?.();
    for (const call of calls) expect((await call.over).body).toBe('x');
    await eventually(() => pool.openCount === 0);
    expect(origin.connections.length).toBe(2);
  });

  it('outlive a drain only as long as the calls on them', async () => {
    let answer: () => void = () => undefined;
    use(
      await RawOrigin.start((connection) =>
        connection.socket.on('data', () => (answer = () => connection.socket.write(ok('x')))),
      ),
    );
    const first = send();
    const second = send();
    await eventually(
      () =>
        origin.connections.length === 2 &&
        origin.connections.every(({ received }) => received !== ''),
    );
    pool.drain();
    answer();
    await Promise.race([first.over, second.over]);
    await eventually(() => pool.openCount === 1);
    pool.close();
    await Promise.all([first.over, second.over]);
    expect([first.failure ?? second.failure]).toMatchObject([{ code: 'upstream_reset' }]);
    await eventually(() => pool.openCount === 0);
  });
});
