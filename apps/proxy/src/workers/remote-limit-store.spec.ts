import { afterEach, describe, expect, it } from '@jest/globals';
import { MemoryStore, type LimitDecision, type LimitRequest } from '@sluice/ratelimit';
import type { LimitQuestion, Take } from './limit-messages.ts';
import { RemoteLimitStore } from './remote-limit-store.ts';
import { WorkerLimits } from './worker-limits.ts';

const asked: LimitRequest[] = [
  { key: 'a', rule: { algorithm: 'token-bucket', ratePerSecond: 1, burst: 2 } },
];

describe('RemoteLimitStore', () => {
  let store: RemoteLimitStore;
  afterEach(() => store.close());

  const takes = (questions: readonly LimitQuestion[]): Take[] =>
    questions.filter((question) => question.kind === 'take');

  /** Stores of workers of one node. Questions and answers take a turn each. */
  function ofOneNode(count: number): { stores: RemoteLimitStore[]; asked: LimitQuestion[] } {
    const [stores, asked]: [RemoteLimitStore[], LimitQuestion[]] = [[], []];
    const node = new MemoryStore();
    for (let index = 0; index < count; index++) {
      const mine = new WorkerLimits(node, count, (answer) =>
        setImmediate(() => worker.answered(answer)),
      );
      const worker: RemoteLimitStore = new RemoteLimitStore((question) => {
        asked.push(question);
        setImmediate(() => mine.hear(question));
      });
      stores.push(worker);
    }
    return { stores, asked };
  }

  it('lets the node decide for all workers', async () => {
    const [first, other] = ofOneNode(2).stores as [RemoteLimitStore, RemoteLimitStore];
    store = first;
    const decisions = [
      await store.take(asked),
      await other.take(asked),
      await store.take(asked),
      await other.take(asked, 0),
    ];
    expect(decisions.map(([decision]) => decision?.allowed)).toEqual([true, true, false, true]);
    await other.close();
  });

  it('leases frequently used limits, and admits exactly the limit over all workers', async () => {
    const { stores, asked: questions } = ofOneNode(2);
    const request: LimitRequest[] = [
      { key: 'a', rule: { algorithm: 'window', limit: 5_000, period: 'year' } },
    ];
    const admitted = [0, 0];
    for (let nth = 0; nth < 6_000; nth++) {
      const [decision] = await (stores[nth % 2] as RemoteLimitStore).take(request);
      if (decision?.allowed === true) admitted[nth % 2] = (admitted[nth % 2] ?? 0) + 1;
    }
    for (const worker of stores) await worker.close();
    const [first = 0, other = 0] = admitted;
    // The last ones are not leased, so that no worker holds some that another one lacks.
    expect(first + other).toBe(5_000);
    expect(Math.abs(first - other)).toBeLessThan(100);
    // All refused requests asked the node; so did the last two hundred and a few more admitted
    // ones.
    expect(takes(questions).length).toBeLessThan(1_000 + 500);
  });

  it('leases nothing for requests with several limits', async () => {
    const {
      stores: [first],
      asked: questions,
    } = ofOneNode(1);
    store = first as RemoteLimitStore;
    const rule = { algorithm: 'token-bucket', ratePerSecond: 1_000, burst: 1_000 } as const;
    for (let nth = 0; nth < 50; nth++)
      await store.take([
        { key: 'a', rule },
        { key: 'b', rule },
      ]);
    expect(questions.map(({ kind }) => kind)).toEqual(Array(50).fill('take'));
  });

  it('matches answers to requests in any order', async () => {
    const questions: LimitQuestion[] = [];
    store = new RemoteLimitStore((question) => questions.push(question));
    const answers = Promise.all([1, 2, 3].map(async (cost) => store.take(asked, cost)));
    for (const { id, cost } of takes(questions).toReversed()) {
      const decisions: LimitDecision[] = [
        { allowed: true, limit: cost, remaining: 0, resetMs: 0, retryAfterMs: 0 },
      ];
      store.answered({ kind: 'decided', id, decisions });
    }
    expect((await answers).map(([decision]) => decision?.limit)).toEqual([1, 2, 3]);
  });

  it('fails when the node cannot decide or does not answer for a second; a late answer is ignored', async () => {
    const ids: number[] = [];
    store = new RemoteLimitStore((question) => {
      if (question.kind === 'take') ids.push(question.id);
    });
    const undecided = store.take(asked);
    store.answered({ kind: 'decided', id: ids[0] ?? 0, decisions: undefined });
    await expect(undecided).rejects.toMatchObject({
      code: 'policy_failed',
      cause: 'the node could not decide',
    });
    const startedAt = performance.now();
    await expect(store.take(asked)).rejects.toMatchObject({
      code: 'policy_failed',
      cause: 'the node did not answer in time',
    });
    expect(performance.now() - startedAt).toBeLessThan(1_600);
    store.answered({ kind: 'decided', id: ids[1] ?? 0, decisions: [] });
    store.answered({ kind: 'decided', id: 99, decisions: [] });
  });

  it('limits the number of waiting requests', async () => {
    store = new RemoteLimitStore(() => undefined);
    const waiting = Array.from({ length: 10_000 }, async () => store.take(asked));
    await expect(store.take(asked)).rejects.toMatchObject({
      code: 'policy_failed',
      cause: 'too many limit requests are waiting for the node',
    });
    const outcomes = await Promise.allSettled(waiting);
    expect(outcomes.every(({ status }) => status === 'rejected')).toBe(true);
  });

  it('lets only the first requests wait for a node that hangs, and asks again after it answers', async () => {
    let hangs = true;
    const node = new MemoryStore();
    const mine = new WorkerLimits(node, 1, (answer) => setImmediate(() => store.answered(answer)));
    const changes: boolean[] = [];
    store = new RemoteLimitStore(
      (question) => void (hangs || setImmediate(() => mine.hear(question))),
      (available) => changes.push(available),
    );
    const first = await Promise.allSettled(
      Array.from({ length: 20 }, async () => await store.take(asked)),
    );
    expect(new Set(first.map(({ status }) => status))).toEqual(new Set(['rejected']));
    expect(store.available).toBe(false);
    const startedMs = performance.now();
    for (let nth = 0; nth < 1_000; nth++) {
      await expect(store.take(asked)).rejects.toMatchObject({
        cause: 'the node does not answer; limits are not requested until it does',
      });
    }
    // With a time-out of a second each this would be a thousand seconds.
    expect(performance.now() - startedMs).toBeLessThan(20_000);
    hangs = false;
    const untilMs = performance.now() + 15_000;
    while (!store.available && performance.now() < untilMs)
      await new Promise((resolve) => setTimeout(resolve, 20));
    expect((await store.take(asked))[0]?.allowed).toBe(true);
    expect(changes).toEqual([false, true]);
  }, 60_000);
});
