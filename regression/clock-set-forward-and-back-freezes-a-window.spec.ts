import { describe, expect, it } from '@jest/globals';
import { MemoryStore, type LimitRequest } from '../packages/ratelimit/src/index.ts';

const dayMs = 86_400_000;

describe('a wall clock that is set forward by 40 days and back', () => {
  it.each([
    ['minute', 60_000],
    ['day', dayMs],
    ['month', 31 * dayMs],
  ] as const)('a window of a %s refuses for at most its own length', (period, lengthMs) => {
    let wallMs = Date.UTC(2027, 6, 1, 12);
    const store = new MemoryStore({ clock: { wallMs: () => wallMs, monotonicMs: () => 0 } });
    const request: LimitRequest[] = [{ key: 'a', rule: { algorithm: 'window', limit: 1, period } }];
    const take = () => store.take(request)[0];
    wallMs += 40 * dayMs;
    expect(take()?.allowed).toBe(true);
    wallMs -= 40 * dayMs;
    const refused = take();
    expect(refused?.allowed).toBe(false);
    expect(refused?.retryAfterMs).toBeLessThanOrEqual(lengthMs);
    wallMs += lengthMs;
    expect(take()?.allowed).toBe(true);
  });

  it('keeps a window that the clock leaves by a second or less', () => {
    let wallMs = Date.UTC(2027, 6, 1);
    const store = new MemoryStore({ clock: { wallMs: () => wallMs, monotonicMs: () => 0 } });
    const request: LimitRequest[] = [
      { key: 'a', rule: { algorithm: 'window', limit: 1, period: 'month' } },
    ];
    expect(store.take(request)[0]?.allowed).toBe(true);
    wallMs -= 800;
    expect(store.take(request)[0]?.allowed).toBe(false);
    wallMs += 1_600;
    expect(store.take(request)[0]?.allowed).toBe(false);
  });
});
