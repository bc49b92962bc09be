// Imported because the global `performance` is a getter that costs as much as reading the clock.
import { performance } from 'node:perf_hooks';
import type { FullTable, RedisDurability } from '@sluice/ratelimit';
import type { Logger } from '@sluice/telemetry';

type Log = Pick<Logger, 'info' | 'warn' | 'error'>;

const meanwhile = 'until it does, the onError setting of each policy applies';
/** Minimum time between two log lines about a full table. */
const fullNoteMs = 60_000;

/**
 * Logs where limits are counted: each change once, and events that any request can cause at a
 * limited rate.
 */
export class LimitNotes {
  readonly #logger: Log;
  readonly #nowMs: () => number;
  #nextFullNoteMs = Number.NEGATIVE_INFINITY;
  #newKeysSince = 0;

  constructor(logger: Log, nowMs: () => number = () => performance.now()) {
    this.#logger = logger;
    this.#nowMs = nowMs;
  }

  /** Logs whether limits can be counted in Redis. */
  availability(available: boolean, reason: string | undefined): void {
    if (available) this.#logger.info({}, 'limits are counted in Redis');
    else
      this.#logger.error(
        { reason },
        `limits cannot be counted: Redis does not answer; ${meanwhile}`,
      );
  }

  /** Logs whether a worker can count limits on its node. */
  node(available: boolean, reason: string | undefined): void {
    if (available) this.#logger.info({}, 'limits are counted by the node again');
    else
      this.#logger.error(
        { reason },
        `limits cannot be counted: the node does not answer; ${meanwhile}`,
      );
  }

  /** Logs that a new key did not fit into memory, at most once per minute. */
  full({ limit, size }: FullTable): void {
    this.#newKeysSince++;
    const nowMs = this.#nowMs();
    if (nowMs < this.#nextFullNoteMs) return;
    this.#nextFullNoteMs = nowMs + fullNoteMs;
    this.#logger.warn(
      { limit, keys: size, newKeys: this.#newKeysSince },
      'the table of callers in memory is full: new callers of this limit, which has the most keys, may be denied before they reach it',
    );
    this.#newKeysSince = 0;
  }

  /** Logs that a limit per day, month or year is counted in memory. */
  longWindowInMemory(): void {
    this.#logger.warn(
      {},
      'a limit per day, month or year is counted in memory and a restart resets it: set REDIS_URL',
    );
  }

  /** Logs when Redis can lose the counts. */
  durability({ persistence, evictionPolicy }: RedisDurability): void {
    const text = persistenceText[persistence];
    if (persistence === 'none') this.#logger.warn({}, text);
    else if (persistence !== 'append-only') this.#logger.info({}, text);
    if (evictionPolicy !== undefined) {
      const text =
        'Redis may evict keys when its memory is full, which resets limits: set maxmemory-policy to noeviction';
      this.#logger.warn({ evictionPolicy }, text);
    }
  }
}

const persistenceText = {
  'append-only': 'Redis persists limits in an append-only file',
  snapshots:
    'Redis persists limits in snapshots: a crash loses the counts since the last one; set appendonly to yes',
  none: 'Redis does not persist its data: a restart resets all limits, including monthly quotas; set appendonly to yes',
  unknown:
    'Redis does not report whether it persists its data, which limits per day, month or year require',
} as const satisfies Record<RedisDurability['persistence'], string>;
