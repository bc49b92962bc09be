import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually } from '../listener/testing/running-listener.ts';
import { okResponse, TargetPoolFixture, whenReceived } from './testing/target-pool-fixture.ts';
import { RawOrigin } from './testing/raw-origin.ts';

const fixture = new TargetPoolFixture();
beforeEach(() => fixture.start());
afterEach(() => fixture.stop());

describe('connections', () => {
  it('are reused last in, first out, up to the limit; beyond it calls wait in order', async () => {
    const answers: (() => void)[] = [];
    fixture.use(
      await RawOrigin.start((connection) =>
        connection.socket.on('data', () =>
          answers.push(() => connection.socket.write(okResponse('x'))),
        ),
      ),
      { maxConnections: 2 },
    );
    const calls = [
      fixture.send({ path: '/1' }),
      fixture.send({ path: '/2' }),
      fixture.send({ path: '/3' }),
      fixture.send({ path: '/4' }),
    ];
    await eventually(() => answers.length === 2);
    expect([fixture.pool.openCount, fixture.pool.waitingCount]).toEqual([2, 2]);
    for (let index = 0; index < 4; index++) {
      await eventually(() => answers.length > index);
      answers[index]?.();
    }
    await Promise.all(calls.map((call) => call.over));
    expect(fixture.origin.connections.length).toBe(2);
    expect([fixture.pool.openCount, fixture.pool.idleCount, fixture.pool.waitingCount]).toEqual([
      2, 2, 0,
    ]);
  });

  it('that do not become free in time fail queued calls, and the queue is bounded', async () => {
    fixture.use(await RawOrigin.answering(''), { maxConnections: 1, maxQueued: 1 });
    fixture.send();
    const waiting = fixture.send({ timeouts: { connectMs: 50 } });
    const refused = fixture.send();
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
    fixture.use(
      await RawOrigin.start((connection) =>
        whenReceived(connection, (received) =>
          connection.socket.write(received.includes('Upgrade') ? upgraded : okResponse('x')),
        ),
      ),
      { maxConnections: 1 },
    );
    const first = fixture.send();
    const upgrade = fixture.send({ upgrade: true });
    await first.over;
    expect((await upgrade.over).tunnel).toBeDefined();
    expect(fixture.origin.connections.length).toBe(2);
    upgrade.tunnel?.stream.destroy();
    expect((await fixture.send().over).body).toBe('x');
  });

  it('that become free together serve all queued calls, even if the first one needs a new connection', async () => {
    const answers: (() => void)[] = [];
    fixture.use(
      await RawOrigin.start((connection) =>
        connection.socket.on('data', () =>
          answers.push(() => connection.socket.write(okResponse('x'))),
        ),
      ),
      { maxConnections: 2 },
    );
    const first = [fixture.send(), fixture.send()];
    await eventually(() => answers.length === 2);
    const upgrade = fixture.send({ upgrade: true });
    const waiting = fixture.send();
    for (const answer of answers.splice(0)) answer();
    await Promise.all(first.map((call) => call.over));
    await eventually(() => answers.length === 2);
    for (const answer of answers.splice(0)) answer();
    expect([(await waiting.over).body, (await upgrade.over).body]).toEqual(['x', 'x']);
    expect(fixture.origin.connections.length).toBe(3);
  });

  it('that are aborted while they wait are forgotten', async () => {
    fixture.use(await RawOrigin.answering(''), { maxConnections: 1 });
    fixture.send();
    const waiting = fixture.send();
    waiting.call.abort();
    expect([fixture.pool.waitingCount, waiting.outcomes]).toEqual([0, 0]);
  });

  it('are closed after their idle time, shorter than the server announces', async () => {
    fixture.use(
      await RawOrigin.answering(okResponse('x'), okResponse('x', 'Keep-Alive: timeout=1\r\n')),
      {
        keepAliveIdleMs: 60,
      },
    );
    await fixture.send().over;
    expect(fixture.pool.idleCount).toBe(1);
    await eventually(() => fixture.pool.openCount === 0);
    await fixture.send().over;
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(fixture.pool.idleCount).toBe(1);
    expect([
      fixture.pool.idleMs('timeout=5, max=100'),
      fixture.pool.idleMs('timeout=1'),
      fixture.pool.idleMs('timeout=900'),
      fixture.pool.idleMs('max=5'),
    ]).toEqual([4_000, 500, 60_000, 60]);
  });

  it('that receive bytes while idle are destroyed, and the bytes reach no call', async () => {
    fixture.use(await RawOrigin.answering(okResponse('x')));
    await fixture.send().over;
    fixture.origin.connections[0]?.socket.write(okResponse('stray'));
    await eventually(() => fixture.pool.openCount === 0);
    expect((await fixture.send().over).body).toBe('x');
  });

  it('that receive more than the response are destroyed', async () => {
    fixture.use(
      await RawOrigin.answering(`${okResponse('x')}HTTP/1.1 200 OK\r\n\r\n`, okResponse('y')),
    );
    expect((await fixture.send().over).body).toBe('x');
    expect((await fixture.send().over).body).toBe('y');
    expect(fixture.origin.connections.length).toBe(2);
  });

  it('that the server closes while idle are removed at once', async () => {
    fixture.use(await RawOrigin.answering(okResponse('x')));
    await fixture.send().over;
    fixture.origin.connections[0]?.socket.end();
    await eventually(() => fixture.pool.openCount === 0);
  });

  it('are closed after "Connection: close"', async () => {
    fixture.use(await RawOrigin.answering(okResponse('x', 'Connection: close\r\n')));
    await fixture.send().over;
    await eventually(() => fixture.pool.openCount === 0);
  });

  it('that are drained serve queued calls, and are closed after the last one', async () => {
    const answers: (() => void)[] = [];
    fixture.use(
      await RawOrigin.start((connection) =>
        connection.socket.on('data', () =>
          answers.push(() => connection.socket.write(okResponse('x'))),
        ),
      ),
      { maxConnections: 2 },
    );
    const calls = [fixture.send(), fixture.send(), fixture.send()];
    await eventually(() => answers.length === 2);
    fixture.pool.drain();
    for (const answer of answers.splice(0)) answer();
    await eventually(() => answers.length === 1 && fixture.pool.openCount === 1);
    answers[0]?.();
    for (const call of calls) expect((await call.over).body).toBe('x');
    await eventually(() => fixture.pool.openCount === 0);
    expect(fixture.origin.connections.length).toBe(2);
  });

  it('outlive a drain only as long as the calls on them', async () => {
    let answer: () => void = () => undefined;
    fixture.use(
      await RawOrigin.start((connection) =>
        connection.socket.on(
          'data',
          () => (answer = () => connection.socket.write(okResponse('x'))),
        ),
      ),
    );
    const first = fixture.send();
    const second = fixture.send();
    await eventually(
      () =>
        fixture.origin.connections.length === 2 &&
        fixture.origin.connections.every(({ received }) => received !== ''),
    );
    fixture.pool.drain();
    answer();
    await Promise.race([first.over, second.over]);
    await eventually(() => fixture.pool.openCount === 1);
    fixture.pool.close();
    await Promise.all([first.over, second.over]);
    expect([first.failure ?? second.failure]).toMatchObject([{ code: 'upstream_reset' }]);
    await eventually(() => fixture.pool.openCount === 0);
  });
});
