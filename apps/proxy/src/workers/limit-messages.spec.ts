import { describe, expect, it } from '@jest/globals';
import type { LimitDecision, LimitRequest } from '@sluice/ratelimit';
import { eachDecided, eachTake, encodeDecided, encodeTakes, type Decided, type Take } from './limit-messages.ts';

const bucket: LimitRequest = { key: 'a|consumer:"ü"\n', rule: { algorithm: 'token-bucket', ratePerSecond: 1 / 3, burst: 2 } };
const window: LimitRequest = { key: '', rule: { algorithm: 'window', limit: Number.MAX_SAFE_INTEGER, period: 'month' } };
const allowed: LimitDecision = { allowed: true, limit: 3, remaining: 2, resetMs: 1, retryAfterMs: 0 };
const never: LimitDecision = { allowed: false, limit: 3, remaining: 0, resetMs: 40, retryAfterMs: Number.POSITIVE_INFINITY };

describe('takes', () => {
  it.each<[string, readonly Take[]]>([
    ['none', []],
    ['one of a limit', [{ id: 1, requests: [bucket], cost: 1 }]],
    ['one of several limits, and of none', [{ id: 1, requests: [window, bucket, window], cost: 0 }, { id: 2, requests: [], cost: 1 }]],
    ['costs that are no whole numbers', [{ id: 2 ** 40, requests: [bucket], cost: 0.1 }]],
  ])('arrive as they were sent: %s', (_, takes) => {
    const taken: Take[] = [];
    eachTake(encodeTakes(takes), (take) => taken.push(take));
    expect(taken).toEqual(takes);
  });

  it('leave behind what else the caller keeps in its requests', () => {
    const taken: Take[] = [];
    const more = { ...bucket, labelAt: () => 'a label' };
    eachTake(encodeTakes([{ id: 1, requests: [more], cost: 1 }]), (take) => taken.push(take));
    expect(taken).toEqual([{ id: 1, requests: [bucket], cost: 1 }]);
  });
});

describe('decisions', () => {
  it.each<[string, readonly Decided[]]>([
    ['none', []],
    ['one', [{ id: 1, decisions: [allowed] }]],
    ['several, and what can never be admitted', [{ id: 1, decisions: [never, allowed] }, { id: 7, decisions: [] }]],
    ['what could not be decided, among others', [{ id: 1, decisions: [allowed] }, { id: 2, decisions: undefined }, { id: 3, decisions: [never] }]],
  ])('arrive as they were sent: %s', (_, answers) => {
    const taken: Decided[] = [];
    eachDecided(encodeDecided(answers), (decided) => taken.push(decided));
    expect(taken).toEqual(answers);
  });
});
