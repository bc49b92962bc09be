import { describe, expect, it } from '@jest/globals';
import { BoundedLog } from './bounded-log.ts';

const recorded = (linesPerSecond: number) => {
  const lines: object[] = [];
  const clock = { nowMs: 5_000 };
  const log = new BoundedLog(
    (fields, message) => lines.push({ ...fields, message }),
    linesPerSecond,
    () => clock.nowMs,
  );
  return { lines, clock, log };
};

describe('BoundedLog', () => {
  it('writes occasional lines unchanged', () => {
    const { lines, clock, log } = recorded(2);
    for (let second = 0; second < 5; second++) {
      log.write({ second }, 'failed');
      clock.nowMs += 1_000;
    }
    expect(lines).toEqual([0, 1, 2, 3, 4].map((second) => ({ second, message: 'failed' })));
  });

  it('drops lines of a burst and reports how many', () => {
    const { lines, clock, log } = recorded(2);
    for (let line = 0; line < 1_000; line++) log.write({ line }, 'failed');
    expect(lines).toEqual([
      { line: 0, message: 'failed' },
      { line: 1, message: 'failed' },
    ]);
    clock.nowMs += 1_000;
    log.write({ line: 1_000 }, 'failed');
    log.write({ line: 1_001 }, 'failed');
    expect(lines.slice(2)).toEqual([
      { line: 1_000, linesLeftOut: 998, message: 'failed' },
      { line: 1_001, message: 'failed' },
    ]);
  });
});
