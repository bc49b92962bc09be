import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  RedisStore,
  type LimitRequest,
  type RedisDurability,
} from '../packages/ratelimit/src/index.ts';
import { startRedis, type EmbeddedRedis } from '../scripts/embedded/redis.ts';

const asked: LimitRequest[] = [
  { key: 'hanging', rule: { algorithm: 'token-bucket', ratePerSecond: 1, burst: 1_000_000 } },
];

describe('a Redis that is stopped by SIGSTOP', () => {
  let redis: EmbeddedRedis;
  beforeAll(async () => void (redis = await startRedis()), 60_000);
  afterAll(() => redis.stop());

  it('delays a few requests, while all others are decided at once; afterwards it counts again', async () => {
    const changes: boolean[] = [];
    const durabilities: RedisDurability[] = [];
    const store = new RedisStore({
      url: redis.url,
      onAvailabilityChange: (available) => changes.push(available),
      onDurability: (durability) => durabilities.push(durability),
    });
    await store.whenConnected(10_000);
    const pid = redis.pid as number;
    process.kill(pid, 'SIGSTOP');
    let [waited, told] = [0, 0];
    try {
      const untilMs = performance.now() + 3_000;
      const caller = async (): Promise<void> => {
        while (performance.now() < untilMs) {
          const fault: unknown = await Promise.resolve(store.take(asked)).then(
            () => undefined,
            (error: Error) => error.cause,
          );
          if (fault instanceof Error && fault.message.includes('within 50 ms')) waited++;
          else told++;
          await sleep(10);
        }
      };
      await Promise.all(Array.from({ length: 20 }, caller));
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    // Each of the twenty may be waiting when the circuit breaker opens; without it they would wait
    // a thousand times.
    expect(waited).toBeLessThanOrEqual(60);
    expect(told).toBeGreaterThan(waited);
    const untilMs = performance.now() + 15_000;
    while (!store.available && performance.now() < untilMs) await sleep(20);
    expect((await store.take(asked))[0]?.allowed).toBe(true);
    expect(changes.at(0)).toBe(true);
    expect(changes.at(-1)).toBe(true);
    await store.close();
    // The Redis of the tests has no persistence.
    expect(durabilities[0]).toEqual({ persistence: 'none', evictionPolicy: undefined });
  }, 60_000);
});
