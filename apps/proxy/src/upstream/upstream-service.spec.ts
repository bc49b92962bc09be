import { describe, expect, it } from '@jest/globals';
import type { UpstreamTarget } from '../exchange/upstream-call.ts';
import { WeightedRoundRobin } from './balance/weighted-round-robin.ts';
import { PassiveHealth } from './health.ts';
import type { ConnectionOutcome } from './try-connection.ts';
import { UpstreamService } from './upstream-service.ts';

const policy = { failures: 2, ejectMs: 1_000, failureStatuses: [502, 503, 504] };

function service(weights: number[]) {
  const clock = { nowMs: 0 };
  const trials: {
    readonly index: number;
    readonly onOutcome: (outcome: ConnectionOutcome) => void;
  }[] = [];
  const targets = weights.map((weight, index) => ({
    target: {
      address: `10.0.0.${index}:80`,
      host: `10.0.0.${index}`,
      port: 80,
      scheme: 'http',
      protocolVersion: '1.1',
      send: () => ({ abort: () => undefined }),
    } satisfies UpstreamTarget as UpstreamTarget,
    health: new PassiveHealth(),
    weight,
    tryConnect: (onOutcome: (outcome: ConnectionOutcome) => void) =>
      void trials.push({ index, onOutcome }),
  }));
  const made = new UpstreamService(
    'id',
    targets,
    new WeightedRoundRobin(weights),
    policy,
    clock,
    60_000,
  );
  const all = targets.map(({ target }) => target);
  const index = (target: UpstreamTarget | undefined): number =>
    all.indexOf(target as UpstreamTarget);
  const picks = (count: number, isSafe = true): number[] =>
    Array.from({ length: count }, () => index(made.pick(isSafe)));
  const fail = (which: number, times = policy.failures): void => {
    for (let time = 0; time < times; time++)
      made.report(all[which] as UpstreamTarget, 'failure', false);
  };
  return { made, all, index, picks, fail, clock, trials };
}

describe('UpstreamService', () => {
  it('balances by weight', () => {
    expect(service([1, 1]).picks(4)).toEqual([0, 1, 0, 1]);
    expect(
      service([2, 1, 0])
        .picks(6)
        .filter((index) => index === 0).length,
    ).toBe(4);
  });

  it('skips targets that were tried, and returns none when all were', () => {
    const { made, all, index } = service([1, 1, 1]);
    const tried = [all[0] as UpstreamTarget];
    for (let turn = 0; turn < 6; turn++) expect(index(made.pick(true, tried))).toBeGreaterThan(0);
    expect(made.pick(true, all)).toBeUndefined();
  });

  it('never picks a target of weight 0', () => {
    const { picks, fail } = service([1, 0]);
    fail(0);
    expect(picks(3)).toEqual([0, 0, 0]);
    expect(service([0]).made.pick(true)).toBeUndefined();
  });

  it('skips an ejected target, tries it once after the ejection time, and uses it again', () => {
    const { made, all, picks, fail, clock } = service([1, 1]);
    fail(0);
    expect(made.health()).toEqual([
      { address: '10.0.0.0:80', healthy: false },
      { address: '10.0.0.1:80', healthy: true },
    ]);
    expect(picks(4)).toEqual([1, 1, 1, 1]);
    clock.nowMs = 1_000;
    expect(picks(4).filter((index) => index === 0)).toEqual([0]);
    made.report(all[0] as UpstreamTarget, 'success', true);
    expect(picks(4).filter((index) => index === 0).length).toBe(2);
  });

  it('picks the one with the oldest failure when all are ejected', () => {
    const { picks, fail, clock } = service([1, 1, 1]);
    for (const which of [2, 0, 1]) {
      clock.nowMs += 10;
      fail(which);
    }
    expect(picks(3)).toEqual([2, 2, 2]);
  });

  it('finds the only healthy target, even with a small weight', () => {
    const { picks, fail } = service([1_000, 1_000, 1_000, 1]);
    for (const which of [0, 1, 2]) fail(which);
    expect(picks(3)).toEqual([3, 3, 3]);
  });

  it('tries an ejected target with safe requests only', () => {
    const { made, all, picks, fail, clock, trials } = service([1, 1]);
    fail(0);
    clock.nowMs = 1_999;
    expect(picks(20, false)).toEqual(Array(20).fill(1));
    expect(trials).toEqual([]);
    expect(picks(4)).toContain(0);
    made.report(all[0] as UpstreamTarget, 'success', true);
    expect(picks(4, false)).toContain(0);
  });

  it('tries it with a connection when no safe request arrives, and ejects it again at the first failure', () => {
    const { made, all, picks, fail, clock, trials } = service([1, 1]);
    fail(0);
    clock.nowMs = 2_000;
    expect(picks(20, false)).toEqual(Array(20).fill(1));
    expect(trials.map(({ index }) => index)).toEqual([0]);
    trials[0]?.onOutcome('failed');
    expect(picks(20, false)).toEqual(Array(20).fill(1));
    clock.nowMs = 4_000;
    picks(20, false);
    trials[1]?.onOutcome('connected');
    expect(picks(4, false)).toContain(0);
    made.report(all[0] as UpstreamTarget, 'failure', false);
    expect(picks(20, false)).toEqual(Array(20).fill(1));
    expect(trials).toHaveLength(2);
  });

  it('runs one trial at a time, and another one when the client has disconnected', () => {
    const { made, all, picks, fail, clock } = service([1, 1]);
    fail(0);
    clock.nowMs = 1_000;
    expect(picks(20).filter((index) => index === 0)).toHaveLength(1);
    clock.nowMs = 30_000;
    expect(picks(20).filter((index) => index === 0)).toHaveLength(0);
    made.report(all[0] as UpstreamTarget, 'abandoned', true);
    expect(picks(20).filter((index) => index === 0)).toHaveLength(1);
    made.report(all[1] as UpstreamTarget, 'abandoned', false);
    expect(picks(20).filter((index) => index === 0)).toHaveLength(0);
  });

  it('sends unsafe requests to the only target, too, and a success ends its ejection', () => {
    const { made, all, picks, fail } = service([1]);
    fail(0);
    expect(picks(3, false)).toEqual([0, 0, 0]);
    made.report(all[0] as UpstreamTarget, 'success', false);
    expect(made.health()).toEqual([{ address: '10.0.0.0:80', healthy: true }]);
  });

  it.each([
    [200, 'success'],
    [404, 'success'],
    [500, 'answer'],
    [501, 'answer'],
    [502, 'failure'],
    [503, 'failure'],
    [504, 'failure'],
  ] as const)('takes %d for a %s', (status, outcome) => {
    expect(service([1]).made.outcomeOf(status)).toBe(outcome);
  });
});
