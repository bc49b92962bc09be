import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { EventLoopLag } from './event-loop-lag.ts';

function block(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until) Math.sqrt(until);
}

describe('event loop lag', () => {
  it('shows that the loop was held up, for a window at least, and forgets it after', async () => {
    const windowMs = 300;
    const lag = new EventLoopLag(windowMs);
    try {
      await sleep(30);
      block(200);
      const begin = performance.now();
      for (let i = 0; i < 100 && lag.p99Ms() < 150; i++) await sleep(5);
      expect(lag.p99Ms()).toBeGreaterThan(150);
      for (let i = 0; i < 300 && lag.p99Ms() > 150; i++) await sleep(10);
      expect(lag.p99Ms()).toBeLessThan(150);
      expect(performance.now() - begin).toBeGreaterThanOrEqual(windowMs);
    } finally {
      lag.stop();
    }
  });

  it('is nothing before anything was measured', () => {
    const lag = new EventLoopLag();
    expect(lag.p99Ms()).toBe(0);
    lag.stop();
  });
});
