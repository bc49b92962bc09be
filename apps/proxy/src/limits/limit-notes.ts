// The global of that name is a getter: asking it costs as much as the clock itself.
import { performance } from 'node:perf_hooks';
import type { FullTable, RedisDurability } from '@sluice/ratelimit';
import type { Logger } from '@sluice/telemetry';

type Log = Pick<Logger, 'info' | 'warn' | 'error'>;

/** How often the log says that the table is full. */
const fullNoteMs = 60_000;

/** What the log says of where limits are counted: each change once, and what may happen to every request now and then. */
export class LimitNotes {
  readonly #logger: Log;
  readonly #nowMs: () => number;
  #nextFullNoteMs = Number.NEGATIVE_INFINITY;
  #newKeysSince = 0;

  constructor(logger: Log, nowMs: () => number = () => performance.now()) {
    this.#logger = logger;
    this.#nowMs = nowMs;
  }

  /** Limits can be counted in Redis, or cannot any more. */
  availability(available: boolean, reason: string | undefined): void {
    if (available) this.#logger.info({}, 'limits are counted in Redis');
    else this.#logger.error({ reason }, 'limits cannot be counted: Redis does not answer; until it does, requests with a limit are treated as the onError of their policy says');
  }

  /** A worker can ask its node about limits, or cannot any more. */
  node(available: boolean, reason: string | undefined): void {
    if (available) this.#logger.info({}, 'limits are counted by the node again');
    else this.#logger.error({ reason }, 'limits cannot be counted: the node does not answer; until it does, requests with a limit are treated as the onError of their policy says');
  }

  /** A new key has found no room in memory. At most one line a minute. */
  full({ limit, size }: FullTable): void {
    this.#newKeysSince++;
    const nowMs = this.#nowMs();
    if (nowMs < this.#nextFullNoteMs) return;
    this.#nextFullNoteMs = nowMs + fullNoteMs;
    this.#logger.warn(
      { limit, keys: size, newKeys: this.#newKeysSince },
      'there is no room for more callers of limits: new callers of the limit that has the most may get less than it says',
    );
    this.#newKeysSince = 0;
  }

  /** A limit by the day, month or year is counted in memory. */
  longWindowInMemory(): void {
    this.#logger.warn({}, 'a limit by the day, month or year is counted in the memory of this node: a restart gives it back; set REDIS_URL to keep it');
  }

  /** What would become of the counts in Redis. Says nothing when they are kept. */
  durability({ persistence, evictionPolicy }: RedisDurability): void {
    const text = persistenceText[persistence];
    if (persistence === 'none') this.#logger.warn({}, text);
    else if (persistence !== 'append-only') this.#logger.info({}, text);
    if (evictionPolicy !== undefined) {
      this.#logger.warn({ evictionPolicy }, 'Redis may evict keys when its memory is full, and an evicted key is a limit given back: set maxmemory-policy to noeviction');
    }
  }
}

const persistenceText = {
  'append-only': 'Redis keeps limits in an append-only file',
  snapshots: 'Redis keeps limits in snapshots: a crash gives back what was used since the last one; set appendonly to yes to keep all',
  none: 'Redis does not keep its data: when it restarts, all limits begin again, quotas by the month too; set appendonly to yes and give it a volume',
  unknown: 'Redis does not say whether it keeps its data; limits by the day, month or year need that it does',
} as const satisfies Record<RedisDurability['persistence'], string>;
