import { beforeEach, describe, expect, it } from '@jest/globals';
import { MemoryStore, type LimitRequest } from '@sluice/ratelimit';
import type { LimitAnswer } from './limit-messages.ts';
import { WorkerLimits } from './worker-limits.ts';

const request: LimitRequest = {
  key: 'a',
  rule: { algorithm: 'window', limit: 1_000, period: 'year' },
};

describe('WorkerLimits', () => {
  let node: MemoryStore;
  let answers: LimitAnswer[];
  let limits: WorkerLimits;
  beforeEach(() => {
    node = new MemoryStore();
    answers = [];
    limits = new WorkerLimits(node, 2, (answer) => answers.push(answer));
  });

  const left = (): number | undefined => node.take([request], 0)[0]?.remaining;
  const renew = (
    id: number,
    numbers: { spent?: number; returned?: number; wanted?: number },
  ): void =>
    limits.hear({
      kind: 'renewal',
      id,
      report: { ...request, spent: 0, returned: 0, wanted: 0, ...numbers },
    });

  it('decides and grants leases', () => {
    limits.hear({ kind: 'take', id: 7, requests: [request], cost: 3 });
    expect(answers).toMatchObject([
      { kind: 'decided', id: 7, decisions: [{ allowed: true, remaining: 997 }] },
    ]);
    renew(8, { wanted: 50 });
    expect(answers[1]).toMatchObject({ kind: 'granted', id: 8, grant: { granted: 50, left: 947 } });
  });

  it('does not answer a report that expects no answer', () => {
    renew(1, { wanted: 50 });
    renew(0, { spent: 20, returned: 30 });
    expect(answers).toHaveLength(1);
    expect(left()).toBe(980);
  });

  it('counts the leases of an ended worker as spent, and ignores its messages', () => {
    renew(1, { wanted: 50 });
    limits.end();
    renew(2, { returned: 50, wanted: 50 });
    limits.hear({ kind: 'take', id: 3, requests: [request], cost: 1 });
    expect(answers).toHaveLength(1);
    expect(left()).toBe(950);
  });

  it('answers invalid requests, because a worker waits', () => {
    const senseless: LimitRequest = {
      key: 'a',
      rule: { algorithm: 'window', limit: 0, period: 'day' },
    };
    limits.hear({ kind: 'take', id: 1, requests: [senseless], cost: 1 });
    limits.hear({
      kind: 'renewal',
      id: 2,
      report: { ...senseless, spent: 0, returned: 0, wanted: 9 },
    });
    expect(answers).toEqual([
      { kind: 'decided', id: 1, decisions: undefined },
      { kind: 'granted', id: 2, grant: { granted: 0, left: 0, endMs: Number.POSITIVE_INFINITY } },
    ]);
  });
});
