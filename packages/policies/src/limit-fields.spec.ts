import { describe, expect, it } from '@jest/globals';
import type { Exchange } from '@sluice/policy-sdk';
import { limitLabel, type LimitDecision } from '@sluice/ratelimit';
import { addLimitFields } from './limit-fields.ts';

const rule = { algorithm: 'window', limit: 1, period: 'minute' } as const;
const decision = (limit: number, remaining: number): LimitDecision => ({
  allowed: true,
  limit,
  remaining,
  resetMs: 5_000,
  retryAfterMs: 0,
});

/** The part of an exchange that the fields are added to. */
class Fields {
  closestLimit: Exchange['closestLimit'] = undefined;
  readonly added: string[] = [];
  readonly set = new Map<string, string>();

  addResponseHeader(_: unknown, value: string): void {
    this.added.push(value);
  }

  setResponseHeader(name: { readonly lower: string }, value: string): void {
    this.set.set(name.lower, value);
  }
}

describe('the X-RateLimit fields of several policies', () => {
  it.each([
    ['last', [decision(100, 99), decision(5, 0)]],
    ['first', [decision(5, 0), decision(100, 99)]],
  ])('describe the limit that the client reaches first, when it is counted %s', (_, decisions) => {
    const fields = new Fields();
    for (const each of decisions)
      addLimitFields(fields as unknown as Exchange, [
        { label: limitLabel('a', rule, 60), decision: each },
      ]);
    expect(fields.added).toHaveLength(4);
    expect(Object.fromEntries(fields.set)).toEqual({
      'x-ratelimit-limit': '5',
      'x-ratelimit-remaining': '0',
      'x-ratelimit-reset': '5',
    });
  });
});
