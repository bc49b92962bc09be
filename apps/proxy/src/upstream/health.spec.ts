import { describe, expect, it } from '@jest/globals';
import { PassiveHealth } from './health.ts';

const policy = { failures: 3, ejectMs: 1_000, failureStatuses: [502, 503, 504] };
const admit = (health: PassiveHealth, nowMs: number): boolean =>
  ['healthy', 'trial'].includes(health.admit(nowMs, policy, true, 60_000));

function failing(times: number, nowMs = 0): PassiveHealth {
  const health = new PassiveHealth();
  for (let index = 0; index < times; index++) health.fail(nowMs, policy);
  return health;
}

describe('PassiveHealth', () => {
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

  it('allows exactly one trial after the ejection time, whose success ends the ejection', () => {
    const health = failing(3);
    expect([admit(health, 1_000), admit(health, 1_000), admit(health, 1_999)]).toEqual([
      true,
      false,
      false,
    ]);
    health.succeed();
    expect(admit(health, 1_100)).toBe(true);
    expect(health.healthy).toBe(true);
  });

  it('stays ejected when the trial fails', () => {
    const health = failing(3);
    admit(health, 1_000);
    health.fail(1_200, policy);
    expect([admit(health, 2_199), admit(health, 2_200)]).toEqual([false, true]);
  });

  it('allows another trial after the request timeout when no outcome is reported', () => {
    const health = failing(3);
    expect([1_000, 2_000, 60_999, 61_000].map((nowMs) => admit(health, nowMs))).toEqual([
      true,
      false,
      false,
      true,
    ]);
  });

  it('does not reset consecutive failures on other errors, and uses an ejected target again that responds with one', () => {
    const health = failing(2);
    health.answer();
    health.fail(0, policy);
    expect(health.healthy).toBe(false);
    health.answer();
    expect(health.healthy).toBe(true);
  });
});
