import { describe, expect, it } from '@jest/globals';
import { TargetHealth } from './health.ts';

const policy = { failures: 3, ejectMs: 1_000 };

function failing(times: number, nowMs = 0): TargetHealth {
  const health = new TargetHealth();
  for (let index = 0; index < times; index++) health.fail(nowMs, policy);
  return health;
}

describe('TargetHealth', () => {
  it('ejects after consecutive failures only', () => {
    const health = failing(2);
    expect(health.healthy).toBe(true);
    health.succeed();
    health.fail(0, policy);
    health.fail(0, policy);
    expect(health.admit(0, policy)).toBe(true);
    health.fail(0, policy);
    expect(health.healthy).toBe(false);
    expect(health.admit(999, policy)).toBe(false);
  });

  it('lets exactly one trial through when its time is over, and comes back with its success', () => {
    const health = failing(3);
    expect([health.admit(1_000, policy), health.admit(1_000, policy), health.admit(1_999, policy)]).toEqual([true, false, false]);
    health.succeed();
    expect(health.admit(1_100, policy)).toBe(true);
    expect(health.healthy).toBe(true);
  });

  it('stays out for another while when the trial fails, without needing all the failures again', () => {
    const health = failing(3);
    health.admit(1_000, policy);
    health.fail(1_200, policy);
    expect([health.admit(2_199, policy), health.admit(2_200, policy)]).toEqual([false, true]);
  });

  it('offers another trial when the outcome of one was never reported', () => {
    const health = failing(3);
    expect(health.admit(1_000, policy)).toBe(true);
    expect(health.admit(2_000, policy)).toBe(true);
  });
});
