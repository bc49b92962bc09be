import { describe, expect, it } from '@jest/globals';
import { TargetHealth } from './health.ts';

const policy = { failures: 3, ejectMs: 1_000, failureStatuses: [502, 503, 504] };
const admit = (health: TargetHealth, nowMs: number): boolean => ['healthy', 'trial'].includes(health.admit(nowMs, policy, true, 60_000));

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
    expect(admit(health, 0)).toBe(true);
    health.fail(0, policy);
    expect(health.healthy).toBe(false);
    expect(admit(health, 999)).toBe(false);
  });

  it('lets exactly one trial through when its time is over, and comes back with its success', () => {
    const health = failing(3);
    expect([admit(health, 1_000), admit(health, 1_000), admit(health, 1_999)]).toEqual([true, false, false]);
    health.succeed();
    expect(admit(health, 1_100)).toBe(true);
    expect(health.healthy).toBe(true);
  });

  it('stays out for another while when the trial fails, without needing all the failures again', () => {
    const health = failing(3);
    admit(health, 1_000);
    health.fail(1_200, policy);
    expect([admit(health, 2_199), admit(health, 2_200)]).toEqual([false, true]);
  });

  it('offers another trial when the outcome of one is never told, after the time that a request may take', () => {
    const health = failing(3);
    expect([1_000, 2_000, 60_999, 61_000].map((nowMs) => admit(health, nowMs))).toEqual([true, false, false, true]);
  });

  it('does not end failures in a row with an error that counts as none, and takes a target back that answers with one', () => {
    const health = failing(2);
    health.answer();
    health.fail(0, policy);
    expect(health.healthy).toBe(false);
    health.answer();
    expect(health.healthy).toBe(true);
  });
});
