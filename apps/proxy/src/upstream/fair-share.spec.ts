import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually } from '../listener/testing/running-listener.ts';
import { TimerWheel } from '../net/timer-wheel.ts';
import { TargetPool } from './target-pool.ts';
import { RawOrigin } from './testing/raw-origin.ts';
import { RecordedCall } from './testing/recorded-call.ts';

const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n';

describe('the share of one caller, with eight connections', () => {
  let wheel: TimerWheel;
  let origin: RawOrigin;
  let pool: TargetPool;
  /** Answers a request when it is called. */
  let answers: (() => void)[];

  const timeouts = { connectMs: 20_000, firstByteMs: 20_000, totalMs: 20_000 };
  const send = (callerKey: string, count: number): RecordedCall[] =>
    Array.from({ length: count }, () => RecordedCall.send(pool, { callerKey, timeouts }));
  const answerAll = (): void => {
    for (const answer of answers.splice(0)) answer();
  };
  const all = (calls: readonly RecordedCall[]): Promise<unknown> =>
    Promise.all(calls.map(({ over }) => over));

  beforeEach(async () => {
    wheel = new TimerWheel({ tickMs: 10 }).start();
    answers = [];
    origin = await RawOrigin.start(
      ({ socket }) => void socket.on('data', () => answers.push(() => socket.write(ok))),
    );
    pool = new TargetPool(
      { protocol: 'http', address: origin.address, tls: { verify: true } },
      wheel,
      { maxConnections: 8 },
    );
  });
  afterEach(() => {
    pool.close();
    origin.stop();
    wheel.stop();
  });

  it('is half of them, and another caller gets the rest at once', async () => {
    const flood = send('a', 20);
    const others = send('b', 4);
    await eventually(() => answers.length === 8);
    expect(pool.waitingCount).toBe(16);
    while (flood.some(({ status }) => status === 0)) {
      answerAll();
      await new Promise(setImmediate);
      expect(answers.length).toBeLessThanOrEqual(8);
    }
    await all([...flood, ...others]);
  });

  it('counts the calls of the same turn of the event loop when the connections are idle', async () => {
    const opening = [...send('a', 4), ...send('b', 4)];
    await eventually(() => answers.length === 8);
    answerAll();
    await all(opening);
    await eventually(() => pool.idleCount === 8);
    const flood = send('a', 8);
    await eventually(() => answers.length === 4);
    await new Promise(setImmediate);
    expect([answers.length, pool.waitingCount]).toEqual([4, 4]);
    answerAll();
    await eventually(() => answers.length === 4);
    answerAll();
    await all(flood);
    expect(pool.openCount).toBe(8);
  });
});
