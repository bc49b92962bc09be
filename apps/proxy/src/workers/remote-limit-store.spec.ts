import { afterEach, describe, expect, it } from '@jest/globals';
import { MemoryStore, type LimitRequest } from '@sluice/ratelimit';
import type { Take } from './limit-messages.ts';
import { RemoteLimitStore } from './remote-limit-store.ts';

const asked: LimitRequest[] = [{ key: 'a', rule: { algorithm: 'token-bucket', ratePerSecond: 1, burst: 2 } }];

describe('RemoteLimitStore', () => {
  let store: RemoteLimitStore;
  afterEach(() => store.close());

  it('has the node decide, for all workers that ask it', async () => {
    const node = new MemoryStore();
    const stores: RemoteLimitStore[] = [];
    const connected = (): RemoteLimitStore => {
      const mine = new RemoteLimitStore(({ id, requests, cost }) => {
        setImmediate(() => mine.answered(id, node.take(requests, cost)));
      });
      stores.push(mine);
      return mine;
    };
    store = connected();
    const other = connected();
    const decisions = [await store.take(asked), await other.take(asked), await store.take(asked), await other.take(asked, 0)];
    expect(decisions.map(([decision]) => decision?.allowed)).toEqual([true, true, false, true]);
    await other.close();
  });

  it('gives each its own answer, in whatever order they come', async () => {
    const takes: Take[] = [];
    store = new RemoteLimitStore((take) => takes.push(take));
    const answers = Promise.all([1, 2, 3].map((cost) => store.take(asked, cost)));
    for (const { id, cost } of takes.toReversed()) store.answered(id, [{ allowed: true, limit: cost, remaining: 0, resetMs: 0, retryAfterMs: 0 }]);
    expect((await answers).map(([decision]) => decision?.limit)).toEqual([1, 2, 3]);
  });

  it('fails when the node cannot decide, or says nothing for a second; what comes later is for nobody', async () => {
    const ids: number[] = [];
    store = new RemoteLimitStore(({ id }) => ids.push(id));
    const undecided = store.take(asked);
    store.answered(ids[0] ?? 0, undefined);
    await expect(undecided).rejects.toMatchObject({ code: 'policy_failed', cause: 'the node could not decide' });
    const startedAt = performance.now();
    await expect(store.take(asked)).rejects.toMatchObject({ code: 'policy_failed', cause: 'the node did not answer in time' });
    expect(performance.now() - startedAt).toBeLessThan(1_600);
    store.answered(ids[1] ?? 0, []);
    store.answered(99, []);
  });

  it('has no more than so many wait at once', async () => {
    store = new RemoteLimitStore(() => undefined);
    const waiting = Array.from({ length: 10_000 }, () => store.take(asked));
    await expect(store.take(asked)).rejects.toMatchObject({ code: 'policy_failed', cause: 'too many limits are being asked at once' });
    const outcomes = await Promise.allSettled(waiting);
    expect(outcomes.every(({ status }) => status === 'rejected')).toBe(true);
  });
});
