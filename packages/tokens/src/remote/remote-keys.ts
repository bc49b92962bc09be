import { errorMessage } from '@sluice/errors';
import type { KeySet } from '../key-set.ts';
import type { ParsedJwt } from '../parse-jwt.ts';
import type { FetchEvent, KeyFetcher } from './key-fetcher.ts';
import { KeySource, type KeyLocation } from './key-source.ts';

/** The time between two attempts to fetch the keys of an issuer. */
const minIntervalMs = 30_000;
/** After a failure without any keys, the next attempt comes sooner, then later and later. */
const firstRetryMs = 1_000;
/** Keys that the issuer has not confirmed for a day are not used any more. */
const maxStaleMs = 86_400_000;
const defaultFreshMs = 600_000;
const maxFreshMs = 3_600_000;

export interface KeyClock {
  /** Wall clock, milliseconds since the epoch. */
  now(): number;
}

/**
 * The keys of an issuer. Fetches them when a token needs them, at most every 30 seconds and once at
 * a time, whatever tokens ask for. Keys that were fetched stay in use for up to a day while the
 * issuer cannot be reached. Requests never wait for keys that are there already.
 */
export class RemoteKeys {
  readonly #source: KeySource;
  readonly #clock: KeyClock;
  #keys: KeySet | undefined;
  #fetchedAtMs = 0;
  #freshMs = 0;
  #attemptedAtMs: number | undefined;
  #failures = 0;
  #lastFault: string | undefined;
  /** Resolves to the fetcher when its client was closed, which is no fault of the issuer. */
  #fetching: Promise<KeyFetcher | undefined> | undefined;

  constructor(location: KeyLocation, clock: KeyClock) {
    this.#source = new KeySource(location);
    this.#clock = clock;
  }

  /** The keys that may be used now; undefined when there are none, or none that was confirmed. */
  get current(): KeySet | undefined {
    const age = this.#clock.now() - this.#fetchedAtMs;
    return age < maxStaleMs ? this.#keys : undefined;
  }

  /** Why the last attempt failed; undefined when it did not. */
  get lastFault(): string | undefined {
    return this.#lastFault;
  }

  /** Begins to fetch when keys are missing or no longer fresh, without waiting. */
  refresh(fetcher: KeyFetcher): void {
    const isFresh = this.current !== undefined && this.#age < this.#freshMs;
    if (!isFresh) void this.#attempt(fetcher);
  }

  /**
   * Returns the keys for a token, or a promise of them when it is worth to wait: without keys, and
   * for a `kid` that is not known, when the last attempt is long enough ago.
   * @returns undefined when there are no keys; see {@link lastFault}
   */
  keysFor(
    token: Pick<ParsedJwt, 'kid'>,
    fetcher: KeyFetcher,
  ): KeySet | undefined | Promise<KeySet | undefined> {
    const keys = this.current;
    if (keys !== undefined && keys.candidatesFor(token).length > 0) {
      if (this.#age >= this.#freshMs) void this.#attempt(fetcher);
      return keys;
    }
    return this.refetched(fetcher) ?? keys;
  }

  /**
   * Fetches the keys again, for a token that the present keys do not fit.
   * @returns undefined when the last attempt was too recent
   */
  refetched(fetcher: KeyFetcher): Promise<KeySet | undefined> | undefined {
    const attempt = this.#attempt(fetcher);
    return attempt === undefined ? undefined : this.#after(attempt, fetcher);
  }

  get #age(): number {
    // A clock that was set back must not make keys fresh for longer.
    return Math.abs(this.#clock.now() - this.#fetchedAtMs);
  }

  async #after(
    attempt: Promise<KeyFetcher | undefined>,
    fetcher: KeyFetcher,
  ): Promise<KeySet | undefined> {
    let closed = await attempt;
    // A closed fetcher does not try again, so this ends.
    while (closed !== undefined && closed !== fetcher) closed = await this.#attempt(fetcher);
    return this.current;
  }

  /** The attempt that is running, or a new one; undefined when it is too early for one. */
  #attempt(fetcher: KeyFetcher): Promise<KeyFetcher | undefined> | undefined {
    if (this.#fetching !== undefined) return this.#fetching;
    const now = this.#clock.now();
    if (this.#attemptedAtMs !== undefined && Math.abs(now - this.#attemptedAtMs) < this.#intervalMs)
      return undefined;
    this.#attemptedAtMs = now;
    this.#fetching = this.#fetch(fetcher).finally(() => {
      this.#fetching = undefined;
    });
    return this.#fetching;
  }

  get #intervalMs(): number {
    if (this.current !== undefined) return minIntervalMs;
    return Math.min(firstRetryMs * 2 ** Math.max(this.#failures - 1, 0), minIntervalMs);
  }

  async #fetch(fetcher: KeyFetcher): Promise<KeyFetcher | undefined> {
    const { client, onFetch } = fetcher;
    const hasKeys = this.current !== undefined;
    let event: FetchEvent;
    try {
      const { keys, maxAgeMs, warning } = await this.#source.fetch(
        client,
        this.#clock.now(),
        hasKeys,
      );
      this.#keys = keys ?? this.#keys;
      this.#fetchedAtMs = this.#clock.now();
      this.#freshMs = Math.min(Math.max(maxAgeMs ?? defaultFreshMs, minIntervalMs), maxFreshMs);
      this.#failures = 0;
      this.#lastFault = undefined;
      event = {
        outcome: keys === undefined ? 'not_modified' : 'fetched',
        detail: warning,
        skipped: keys?.skipped ?? [],
        fetchedAtMs: this.#fetchedAtMs,
      };
    } catch (fault) {
      if (isClosed(fault)) {
        this.#attemptedAtMs = undefined;
        return fetcher;
      }
      this.#failures += 1;
      this.#lastFault = errorMessage(fault);
      const fetchedAtMs = this.#keys === undefined ? undefined : this.#fetchedAtMs;
      event = { outcome: 'failed', detail: this.#lastFault, skipped: [], fetchedAtMs };
    }
    onFetch?.(event);
    return undefined;
  }
}

/** Whether the client was closed, with the policy that owns it. */
function isClosed(fault: unknown): boolean {
  const { reason } = (fault ?? {}) as { reason?: unknown };
  return reason === 'closed' || reason === 'aborted';
}
