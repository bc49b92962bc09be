import type { HostKey, HostKeys, KeyUse } from '@sluice/policy-sdk';

/** A key with the instant from which it is used. */
export interface TimedKey {
  readonly key: HostKey;
  /** Epoch milliseconds. */
  readonly activeAtMs: number;
}

interface Order {
  readonly keys: readonly HostKey[];
  /** The instant at which another key becomes the current one. */
  readonly untilMs: number;
}

/** The keys of one gateway, by use. */
export class GatewayKeys implements HostKeys {
  readonly #keys = new Map<string, TimedKey>();
  readonly #orders = new Map<KeyUse, Order>();
  readonly #now: () => number;

  /** @param now the clock of the node, epoch milliseconds */
  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  set(timed: TimedKey): void {
    this.#keys.set(timed.key.kid, timed);
    this.#orders.clear();
  }

  delete(kid: string): void {
    if (this.#keys.delete(kid)) this.#orders.clear();
  }

  /**
   * {@inheritDoc HostKeys.current}
   * It is the active key that was activated last; the earliest one while none is active yet.
   */
  current(use: KeyUse): HostKey | undefined {
    return this.all(use)[0];
  }

  /** {@inheritDoc HostKeys.all} */
  all(use: KeyUse): readonly HostKey[] {
    const known = this.#orders.get(use);
    const nowMs = this.#now();
    if (known !== undefined && nowMs < known.untilMs) return known.keys;
    const order = orderOf(
      [...this.#keys.values()].filter(({ key }) => key.use === use),
      nowMs,
    );
    this.#orders.set(use, order);
    return order.keys;
  }
}

function orderOf(keys: readonly TimedKey[], nowMs: number): Order {
  const newestFirst = keys.toSorted(
    (a, b) => b.activeAtMs - a.activeAtMs || (a.key.kid < b.key.kid ? -1 : 1),
  );
  const firstActive = newestFirst.findIndex(({ activeAtMs }) => activeAtMs <= nowMs);
  const next = firstActive < 0 ? newestFirst : newestFirst.slice(0, firstActive);
  const active = firstActive < 0 ? [] : newestFirst.slice(firstActive);
  // Without an active one, the earliest of the others is used.
  const [current, ...former] = active.length > 0 ? active : next.splice(-1);
  const ordered = current === undefined ? [] : [current, ...next.toReversed(), ...former];
  return {
    keys: Object.freeze(ordered.map(({ key }) => key)),
    untilMs: next.at(-1)?.activeAtMs ?? Number.POSITIVE_INFINITY,
  };
}
