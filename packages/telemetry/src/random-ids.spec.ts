import { describe, expect, it } from '@jest/globals';
import { RandomIds, requestId } from './random-ids.ts';

describe('random ids', () => {
  it('are lower-case hex of the promised length, across refills of the pool', () => {
    const ids = new RandomIds();
    for (let i = 0; i < 2_000; i++) {
      expect(ids.next128()).toMatch(/^[0-9a-f]{32}$/);
      expect(ids.next64()).toMatch(/^[0-9a-f]{16}$/);
    }
  });

  it('do not repeat', () => {
    const seen = new Set(Array.from({ length: 50_000 }, requestId));
    expect(seen.size).toBe(50_000);
  });

  it('use every bit', () => {
    const ids = new RandomIds();
    let ones = 0n;
    let zeros = 0n;
    for (let i = 0; i < 200; i++) {
      const value = BigInt(`0x${ids.next128()}`);
      ones |= value;
      zeros |= ~value & ((1n << 128n) - 1n);
    }
    expect(ones.toString(16)).toBe('f'.repeat(32));
    expect(zeros.toString(16)).toBe('f'.repeat(32));
  });
});
