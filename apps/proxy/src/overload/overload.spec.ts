import { describe, expect, it } from '@jest/globals';
import { memoryUse, type MemoryUse } from './memory-use.ts';
import { Overload, type OverloadState } from './overload.ts';

const memoryOf = (share: number): MemoryUse => ({
  share,
  usedBytes: share * 1_000,
  limitBytes: 1_000,
  of: 'heap',
});

/** An Overload that receives the given readings in order. */
function watched(options: { lagMs?: number; memoryShare?: number } = {}) {
  const changes: OverloadState[] = [];
  let lag = 0;
  let memory = 0;
  const overload = new Overload({
    ...{ lagMs: 200, memoryShare: 0.85, ...options },
    readings: { lagMs: () => lag, memory: () => memoryOf(memory) },
    onChange: (state) => changes.push(state),
  });
  const show = (lagMs: number, memoryShare = 0): number => {
    lag = lagMs;
    memory = memoryShare;
    overload.look();
    return overload.share;
  };
  return {
    overload,
    changes,
    show,
    lags: (...lagsMs: number[]) => lagsMs.map((lagMs) => show(lagMs)),
    memories: (...shares: number[]) => shares.map((share) => show(0, share)),
  };
}

describe('lag', () => {
  it('sheds more with each bad reading and less with each calm one', () => {
    const { lags } = watched();
    expect(lags(300, 300, 300, 300, 300, 300)).toEqual([0, 0.25, 0.5, 0.75, 1, 1]);
    expect(lags(50, 50, 50, 50, 50, 50)).toEqual([0.8, 0.6, 0.4, 0.2, 0, 0]);
  });

  it('between half of the limit and the limit changes nothing', () => {
    const { lags } = watched();
    expect(lags(150, 200, 201, 201, 150, 101, 200, 100)).toEqual([
      0, 0, 0, 0.25, 0.25, 0.25, 0.25, 0.05,
    ]);
  });

  it('in a single reading has no effect, however long it is', () => {
    const { lags, changes } = watched();
    expect(lags(60_000, 0, 5_000, 10, 900, 150, 900)).toEqual([0, 0, 0, 0, 0, 0, 0]);
    expect(changes).toEqual([]);
  });
});

describe('memory', () => {
  it('sheds more with rising use, and nothing when use is well below the limit', () => {
    const { memories } = watched();
    const shares = memories(0.86, 0.86, 0.9, 1, 1.2, 0.84, 0.81, 0.8, 0.84).map((share) =>
      Math.round(share * 100),
    );
    expect(shares).toEqual([0, 30, 50, 100, 100, 20, 5, 0, 0]);
  });

  it('above its limit in a single reading has no effect', () => {
    expect(watched().memories(0.99, 0.84, 0.99, 0.5)).toEqual([0, 0, 0, 0]);
  });

  it('works with limits up to 100 percent', () => {
    expect(watched({ memoryShare: 1 }).memories(1, 1, 1)).toEqual([0, 0, 0]);
    expect(watched({ memoryShare: 1 }).memories(1.1, 1.1)).toEqual([0, 1]);
  });

  it('of this process is measured against a real limit', () => {
    const use = memoryUse();
    expect(use.usedBytes).toBeGreaterThan(10_000_000);
    expect(use.limitBytes).toBeGreaterThan(use.usedBytes);
    expect(use.share).toBeCloseTo(use.usedBytes / use.limitBytes);
    // A hundred processes have a hundredth of the memory each; the heap limit is per process.
    expect(memoryUse(100)).toMatchObject({ of: 'resident' });
    expect(memoryUse(100).limitBytes).toBeLessThan(use.limitBytes * 100);
  });
});

describe('shedding', () => {
  it('is off when the limit is 0', () => {
    expect(watched({ lagMs: 0 }).lags(9_000, 9_000, 9_000)).toEqual([0, 0, 0]);
    expect(watched({ memoryShare: 0 }).memories(1, 1, 1)).toEqual([0, 0, 0]);
  });

  it('uses the larger of the two shares', () => {
    const { show } = watched();
    show(300, 0.9);
    expect(show(300, 0.9)).toBeCloseTo(0.5);
    expect([show(300, 0.9), show(300, 0.9)][1]).toBe(0.75);
  });

  it('refuses its share of the requests, distributed evenly', () => {
    const { overload, lags } = watched();
    lags(300, 300);
    expect(Array.from({ length: 12 }, () => overload.refuses())).toEqual([
      false,
      false,
      false,
      true,
      false,
      false,
      false,
      true,
      false,
      false,
      false,
      true,
    ]);
    lags(300, 300, 300);
    expect(Array.from({ length: 5 }, () => overload.refuses())).toEqual([
      true,
      true,
      true,
      true,
      true,
    ]);
  });

  it('is reported once when it begins and once when it ends, with the number of refusals', () => {
    const { overload, changes, show, lags } = watched();
    lags(300, 310, 320);
    for (let request = 0; request < 10; request++) overload.refuses();
    lags(0, 0, 0);
    show(0, 0.2);
    expect(changes).toEqual([
      { isShedding: true, lagMs: 310, memory: memoryOf(0), refused: 0 },
      { isShedding: false, lagMs: 0, memory: memoryOf(0), refused: 5 },
    ]);
    expect(overload.isShedding).toBe(false);
  });
});
