import { describe, expect, it } from '@jest/globals';
import { quota } from '../packages/policies/src/quota/policy.ts';
import { rateLimit } from '../packages/policies/src/rate-limit/policy.ts';
import { PolicyTester } from '../packages/policy-sdk/src/testing/index.ts';
import { MemoryStore } from '../packages/ratelimit/src/index.ts';

describe('a flood of invented keys on one limit', () => {
  it('does not affect new callers of another limit with the same numbers', async () => {
    const limits = new MemoryStore({ maxKeys: 200 });
    const flooded = new PolicyTester(
      rateLimit,
      { limit: 2, windowSeconds: 3_600, by: 'header:X-Tenant' },
      { limits },
    );
    const other = new PolicyTester(quota, {}, { limits });
    const quotas = [
      { name: 'same-numbers', limits: [{ requests: 2, per: 'hour', burst: 2 }] },
    ] as const;
    for (let nth = 0; nth < 1_000; nth++)
      await flooded.send({ headers: [['X-Tenant', `made-up-${nth}`]] });
    for (let nth = 0; nth < 50; nth++) {
      const caller = { consumer: { username: `caller-${nth}`, quotas } };
      expect(
        [await other.send(caller), await other.send(caller), await other.send(caller)].map(
          ({ status }) => status,
        ),
      ).toEqual([200, 200, 429]);
    }
  });
});
