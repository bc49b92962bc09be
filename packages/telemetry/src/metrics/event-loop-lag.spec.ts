import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { EventLoopLag } from './event-loop-lag.ts';

const block = (ms: number): void => {
  const until = performance.now() + ms;
  while (performance.now() < until) Math.sqrt(until);
};

describe('event loop lag', () => {
  it('shows that the loop was held up, also in the window after, and forgets it later', async () => {
    const lag = new EventLoopLag(300);
    try {
      await sleep(30);
      block(150);
      await sleep(30);
      expect(lag.p99Ms()).toBeGreaterThan(100);
      expect(lag.p99Ms()).toBeLessThan(1_000);
      await sleep(250);
      expect(lag.p99Ms()).toBeGreaterThan(100);
      await sleep(600);
      expect(lag.p99Ms()).toBeLessThan(100);
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
