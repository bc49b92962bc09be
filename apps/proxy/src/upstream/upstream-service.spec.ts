import { describe, expect, it } from '@jest/globals';
import type { UpstreamTarget } from '../exchange/upstream-call.ts';
import { WeightedRoundRobin } from './balance/weighted-round-robin.ts';
import { TargetHealth } from './health.ts';
import { UpstreamService } from './upstream-service.ts';

const policy = { failures: 2, ejectMs: 1_000 };

function service(weights: number[]) {
  const clock = { nowMs: 0 };
  const targets = weights.map((weight, index) => ({
    target: { address: `10.0.0.${index}:80`, host: `10.0.0.${index}`, port: 80, scheme: 'http', send: () => ({ abort: () => undefined }) } satisfies UpstreamTarget as UpstreamTarget,
    health: new TargetHealth(),
    weight,
  }));
  const made = new UpstreamService('id', targets, new WeightedRoundRobin(weights), policy, clock);
  const all = targets.map(({ target }) => target);
  const index = (target: UpstreamTarget | undefined): number => all.indexOf(target as UpstreamTarget);
  const picks = (count: number): number[] => Array.from({ length: count }, () => index(made.pick()));
  const fail = (which: number, times = policy.failures): void => {
    for (let time = 0; time < times; time++) made.report(all[which] as UpstreamTarget, 'failure');
  };
  return { made, all, index, picks, fail, clock };
}

describe('UpstreamService', () => {
  it('takes turns by weight', () => {
    expect(service([1, 1]).picks(4)).toEqual([0, 1, 0, 1]);
    expect(service([2, 1, 0]).picks(6).filter((index) => index === 0).length).toBe(4);
  });

  it('leaves out what was tried, and has nothing when all were', () => {
    const { made, all, index } = service([1, 1, 1]);
    const tried = [all[0] as UpstreamTarget];
    for (let turn = 0; turn < 6; turn++) expect(index(made.pick(tried))).toBeGreaterThan(0);
    expect(made.pick(all)).toBeUndefined();
  });

  it('never asks a target of weight 0, whatever happens to the others', () => {
    const { picks, fail } = service([1, 0]);
    fail(0);
    expect(picks(3)).toEqual([0, 0, 0]);
    expect(service([0]).made.pick()).toBeUndefined();
  });

  it('leaves an ejected target out, tries it once when its time is over, and takes it back', () => {
    const { made, all, picks, fail, clock } = service([1, 1]);
    fail(0);
    expect(made.health()).toEqual([
      { address: '10.0.0.0:80', healthy: false },
      { address: '10.0.0.1:80', healthy: true },
    ]);
    expect(picks(4)).toEqual([1, 1, 1, 1]);
    clock.nowMs = 1_000;
    expect(picks(4).filter((index) => index === 0)).toEqual([0]);
    made.report(all[0] as UpstreamTarget, 'success');
    expect(picks(4).filter((index) => index === 0).length).toBe(2);
  });

  it('asks the one that failed longest ago when all are ejected', () => {
    const { picks, fail, clock } = service([1, 1, 1]);
    for (const which of [2, 0, 1]) {
      clock.nowMs += 10;
      fail(which);
    }
    expect(picks(3)).toEqual([2, 2, 2]);
  });

  it('finds the one healthy target, however light it is', () => {
    const { picks, fail } = service([1_000, 1_000, 1_000, 1]);
    for (const which of [0, 1, 2]) fail(which);
    expect(picks(3)).toEqual([3, 3, 3]);
  });
});
