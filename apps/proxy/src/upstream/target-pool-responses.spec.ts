import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually, ScriptedContent } from '../listener/testing/running-listener.ts';
import { okResponse, TargetPoolFixture, whenReceived } from './testing/target-pool-fixture.ts';
import { RawOrigin } from './testing/raw-origin.ts';

const fixture = new TargetPoolFixture();
beforeEach(() => fixture.start());
afterEach(() => fixture.stop());

describe('responses', () => {
  it.each([
    ['by length', okResponse('hello'), 5, 'hello'],
    [
      'in chunks',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n',
      -1,
      'hello',
    ],
    ['empty', 'HTTP/1.1 204 No Content\r\n\r\n', 0, ''],
    ['304 with a length', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n', 9, ''],
  ])('%s arrive completely, and their connection is reused', async (_, response, length, body) => {
    fixture.use(await RawOrigin.answering(response));
    for (let round = 0; round < 3; round++) {
      const call = await fixture.send().over;
      expect([call.length, call.body, call.outcomes]).toEqual([length, body, 1]);
    }
    expect(fixture.origin.connections.length).toBe(1);
    expect([fixture.pool.openCount, fixture.pool.idleCount]).toEqual([1, 1]);
  });

  it('delimited by the end of the connection arrive completely', async () => {
    fixture.use(
      await RawOrigin.start((connection) =>
        whenReceived(connection, () => {
          connection.socket.write('HTTP/1.1 200 OK\r\n\r\nhel');
          setTimeout(() => connection.socket.end('lo'), 10);
        }),
      ),
    );
    expect(await fixture.send().over).toMatchObject({ body: 'hello', contentFault: undefined });
    await eventually(() => fixture.pool.openCount === 0);
  });

  it('to HEAD have the announced length and no content', async () => {
    fixture.use(await RawOrigin.answering('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n'));
    for (let round = 0; round < 2; round++) {
      const call = fixture.send({ method: 'HEAD', onContent: (content) => content.cancel() });
      await eventually(() => call.status === 200);
      expect(call.length).toBe(5);
    }
    expect(fixture.origin.connections.length).toBe(1);
  });

  it('lose hop-by-hop fields', async () => {
    fixture.use(
      await RawOrigin.answering(
        okResponse(
          '',
          'Connection: keep-alive, X-Hop\r\nKeep-Alive: timeout=5\r\nX-Hop: 1\r\nX-End: 2\r\n',
        ),
      ),
    );
    expect(
      (await fixture.send().over).headers.filter(([name]) => name !== 'content-length'),
    ).toEqual([['x-end', '2']]);
  });

  it('pass interim ones on, except 100', async () => {
    fixture.use(
      await RawOrigin.answering(
        `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${okResponse('x')}`,
      ),
    );
    expect(await fixture.send().over).toMatchObject({
      interims: [[103, [['link', '</a>']]]],
      body: 'x',
    });
  });

  it('arrive byte by byte as they do at once', async () => {
    const response =
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n';
    fixture.use(
      await RawOrigin.start((connection) =>
        connection.socket.once('data', async () => {
          for (const byte of response) {
            connection.socket.write(byte);
            await new Promise(setImmediate);
          }
        }),
      ),
    );
    expect(await fixture.send().over).toMatchObject({ body: 'hello' });
  });

  it('are read no faster than they are taken', async () => {
    const total = 20_000_000;
    fixture.use(
      await RawOrigin.start((connection) =>
        connection.socket.once('data', () => {
          connection.socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${total}\r\n\r\n`);
          connection.socket.write(Buffer.alloc(total, 'x'));
        }),
      ),
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
    expect(taken).toBeLessThanOrEqual(70_000);
    // In each turn of the event loop, so that a busy machine does not wait for thousands of timers.
    let isPumping = true;
    const pump = (): void => {
      resume();
      if (isPumping) setImmediate(pump);
    };
    pump();
    try {
      await eventually(() => end !== undefined);
    } finally {
      isPumping = false;
    }
    expect(end).toBe('complete');
    expect(taken).toBe(total);
    expect(fixture.pool.idleCount).toBe(1);
  });

  it('that are cancelled close their connection, unless the rest has arrived', async () => {
    fixture.use(
      await RawOrigin.answering(
        okResponse('short'),
        'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf',
      ),
    );
    fixture.send({ onContent: (content) => content.cancel() });
    await eventually(() => fixture.pool.idleCount === 1);
    const cancelled = fixture.send({ onContent: (content) => content.cancel() });
    await eventually(() => cancelled.status === 200 && fixture.pool.openCount === 0);
    expect(fixture.origin.connections.length).toBe(1);
  });
});

describe('an early response', () => {
  it('with an error stops the request, is delivered, and the connection is not reused', async () => {
    fixture.use(
      await RawOrigin.answering(
        'HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno',
        okResponse('fresh'),
      ),
    );
    const content = new ScriptedContent(1_000);
    const call = fixture.send({ method: 'POST', content });
    expect(await call.over).toMatchObject({ status: 413, body: 'no', outcomes: 1 });
    expect(content.cancelled).toBe(true);
    await eventually(() => fixture.origin.connections[0]?.closed === true);
    expect((await fixture.send().over).body).toBe('fresh');
    expect(fixture.origin.connections.length).toBe(2);
  });

  it('with success streams in both directions while the request continues', async () => {
    fixture.use(
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
    const call = fixture.send({ method: 'POST', content });
    await eventually(() => call.status === 200);
    content.give('ping');
    await eventually(() => call.body === 'pong');
    content.end();
    await call.over;
    expect([content.cancelled, fixture.pool.idleCount]).toEqual([false, 1]);
  });

  it('that is complete before the request ends it there', async () => {
    fixture.use(await RawOrigin.answering(okResponse('done')));
    const content = new ScriptedContent(-1);
    const call = await fixture.send({ method: 'POST', content }).over;
    expect([call.body, content.cancelled]).toEqual(['done', true]);
    await eventually(() => fixture.pool.openCount === 0);
  });
});
