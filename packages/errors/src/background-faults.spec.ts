import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import {
  after,
  backgroundFaultCounts,
  every,
  guarded,
  onBackgroundFault,
  reportBackgroundFault,
  soon,
} from './background-faults.ts';

describe('background work', () => {
  afterEach(() => onBackgroundFault(undefined));

  it('reports exceptions of a timer, an interval and an immediate, and continues', async () => {
    const heard: unknown[] = [];
    onBackgroundFault((place, fault) => heard.push(`${place}: ${(fault as Error).message}`));
    let turns = 0;
    const interval = every('observation', 1, () => {
      turns++;
      throw new Error(`interval ${turns}`);
    });
    after('storage', 1, () => {
      throw new Error('timer');
    });
    soon('workers', () => {
      throw new Error('immediate');
    });
    while (turns < 3) await sleep(1);
    clearInterval(interval);
    expect(heard).toEqual(
      expect.arrayContaining([
        'observation: interval 1',
        'observation: interval 2',
        'storage: timer',
        'workers: immediate',
      ]),
    );
    expect(backgroundFaultCounts().get('observation')).toBeGreaterThanOrEqual(3);
  });

  it('reports a promise that rejects', async () => {
    const heard: unknown[] = [];
    onBackgroundFault((_, fault) => heard.push(fault));
    guarded('config', async (word: string) => Promise.reject(new Error(word)))('later');
    await sleep(1);
    expect(heard).toEqual([new Error('later')]);
  });

  it('survives a listener that fails itself', () => {
    onBackgroundFault(() => {
      throw new Error('no log');
    });
    const before = backgroundFaultCounts().get('uncaught') ?? 0;
    expect(() => reportBackgroundFault('uncaught', new Error('first'))).not.toThrow();
    expect(backgroundFaultCounts().get('uncaught')).toBe(before + 1);
  });
});
