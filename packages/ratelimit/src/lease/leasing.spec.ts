import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { LimitRule } from '../limit-store.ts';
import { MemoryStore } from '../memory-store.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { worstExcess, type Admitted } from '../testing/worst-excess.ts';
import type { LeaseGrant, LeaseReport } from './lease.ts';
import { Leases } from './leases.ts';
import { LeaseGrantor } from './lease-grantor.ts';

/**
 * A holder with its grantor, and the two channels between them, which delay messages but keep their
 * order.
 */
class Holder {
  readonly toLender: (() => void)[] = [];
  readonly toHolder: (() => void)[] = [];
  readonly leases: Leases;
  readonly grantor: LeaseGrantor;

  constructor(store: MemoryStore, clock: ManualClock, holders: number) {
    this.grantor = new LeaseGrantor(store, holders);
    this.leases = new Leases(
      (report, id) => this.toLender.push(() => this.#renew(report, id)),
      clock,
    );
  }

  #renew(report: LeaseReport, id: number): void {
    const grant: LeaseGrant = this.grantor.renew(report);
    if (id !== 0) this.toHolder.push(() => this.leases.granted(id, grant));
  }

  /** Its leases are lost, and so are messages in transit. */
  end(): void {
    this.leases.close();
    this.grantor.forfeit();
  }
}

type Step =
  | {
      readonly kind: 'take';
      readonly holder: number;
      readonly count: number;
      readonly cost: number;
    }
  | {
      readonly kind: 'deliver';
      readonly holder: number;
      readonly count: number;
      readonly toLender: boolean;
    }
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'sweep' | 'end'; readonly holder: number };

const holderIndex = fc.integer({ min: 0, max: 2 });
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('take' as const),
      holder: holderIndex,
      count: fc.integer({ min: 1, max: 40 }),
      cost: fc.integer({ min: 1, max: 3 }),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('deliver' as const),
      holder: holderIndex,
      count: fc.integer({ min: 1, max: 5 }),
      toLender: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('wait' as const),
      ms: fc.integer({ min: 1, max: 300 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('sweep' as const), holder: holderIndex }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('end' as const), holder: holderIndex }) },
);
const anyRule: fc.Arbitrary<LimitRule> = fc.oneof(
  fc.record({
    algorithm: fc.constant('token-bucket' as const),
    ratePerSecond: fc.double({ min: 1, max: 2_000, noNaN: true }),
    burst: fc.integer({ min: 1, max: 2_000 }),
  }),
  fc.record({
    algorithm: fc.constant('window' as const),
    limit: fc.integer({ min: 1, max: 2_000 }),
    period: fc.constantFrom('second' as const, 'minute' as const),
  }),
);

describe('grantors and holders', () => {
  it('never exceed the limit together, with late and lost messages; and lose nothing permanently', () => {
    let leased = 0;
    fc.assert(
      fc.property(
        anyRule,
        fc.array(anyStep, { minLength: 20, maxLength: 300, size: 'max' }),
        (rule, steps) => {
          const clock = new ManualClock();
          const store = new MemoryStore({ clock });
          const holders = Array.from({ length: 3 }, () => new Holder(store, clock, 3));
          const admitted: Admitted[] = [];
          const request = { key: 'k', rule };
          const take = (holder: Holder, cost: number): void => {
            const fromLease = holder.leases.take(request, cost);
            if (fromLease !== undefined) leased++;
            // A direct request would wait in the same channel; sending it early only makes the test
            // harder.
            const decision = fromLease ?? store.take([request], cost)[0];
            if (decision?.allowed === true) admitted.push({ atMs: clock.nowMs, cost });
          };
          for (const step of steps) {
            if (step.kind === 'wait') {
              clock.nowMs += step.ms;
              continue;
            }
            const holder = holders[step.holder] as Holder;
            if (step.kind === 'take')
              for (let nth = 0; nth < step.count; nth++) take(holder, step.cost);
            else if (step.kind === 'deliver')
              for (const arrive of (step.toLender ? holder.toLender : holder.toHolder).splice(
                0,
                step.count,
              ))
                arrive();
            else if (step.kind === 'sweep') holder.leases.sweep();
            else {
              holder.end();
              holders[step.holder] = new Holder(store, clock, 3);
            }
          }
          expect(worstExcess(admitted, rule)).toBeLessThanOrEqual(1e-6);

          // Once all messages have arrived and requests have stopped, nothing is leased.
          for (let period = 0; period < 4; period++) {
            for (const { toLender, toHolder, leases } of holders) {
              leases.sweep();
              for (const arrive of toLender.splice(0)) arrive();
              for (const arrive of toHolder.splice(0)) arrive();
            }
          }
          for (const { leases, grantor } of holders) {
            expect([leases.size, grantor.size]).toEqual([0, 0]);
            leases.close();
          }
          clock.nowMs += 2 * 3_600_000;
          expect(store.take([request], 0)[0]?.remaining).toBe(
            rule.algorithm === 'window' ? rule.limit : rule.burst,
          );
        },
      ),
      { seed: 20_261_128, numRuns: 500 },
    );
    // The runs exercised leases.
    expect(leased).toBeGreaterThan(5_000);
  });
});
