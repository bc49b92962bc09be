// The global of that name is a getter: asking it costs as much as the clock itself.
import { performance } from 'node:perf_hooks';
import type { FullTable, RedisDurability } from '@sluice/ratelimit';
import type { Logger } from '@sluice/telemetry';

type Log = Pick<Logger, 'info' | 'warn' | 'error'>;

const meanwhile = 'until it does, the onError of each policy decides';
/** How often the log says that the table is full. */
const fullNoteMs = 60_000;

/** What the log says of where limits are counted: each change once, and what every request may cause now and then. */
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
    else this.#logger.error({ reason }, `limits cannot be counted: Redis does not answer; ${meanwhile}`);
  }

  /** A worker can ask its node about limits, or cannot any more. */
  node(available: boolean, reason: string | undefined): void {
    if (available) this.#logger.info({}, 'limits are counted by the node again');
    else this.#logger.error({ reason }, `limits cannot be counted: the node does not answer; ${meanwhile}`);
  }

  /** A new key has found no room in memory. At most one line a minute. */
  full({ limit, size }: FullTable): void {
    this.#newKeysSince++;
    const nowMs = this.#nowMs();
    if (nowMs < this.#nextFullNoteMs) return;
    this.#nextFullNoteMs = nowMs + fullNoteMs;
    this.#logger.warn(
      { limit, keys: size, newKeys: this.#newKeysSince },
      'there is no room for more callers of limits: new callers of this one, which has the most, may get less than it says',
    );
    this.#newKeysSince = 0;
  }

  /** A limit by the day, month or year is counted in memory. */
  longWindowInMemory(): void {
    this.#logger.warn({}, 'a limit by the day, month or year is counted in memory: a restart gives it back; set REDIS_URL');
  }

  /** What would become of the counts in Redis. Says nothing when they are kept. */
  durability({ persistence, evictionPolicy }: RedisDurability): void {
    const text = persistenceText[persistence];
    if (persistence === 'none') this.#logger.warn({}, text);
    else if (persistence !== 'append-only') this.#logger.info({}, text);
    if (evictionPolicy !== undefined) {
      const text = 'Redis may evict keys when its memory is full, which gives limits back: set maxmemory-policy to noeviction';
      this.#logger.warn({ evictionPolicy }, text);
    }
  }
}

const persistenceText = {
  'append-only': 'Redis keeps limits in an append-only file',
  snapshots: 'Redis keeps limits in snapshots: a crash gives back the use since the last one; set appendonly to yes',
  none: 'Redis does not keep its data: a restart gives all limits back, quotas by the month too; set appendonly to yes',
  unknown: 'Redis does not say whether it keeps its data; limits by the day, month or year need that it does',
} as const satisfies Record<RedisDurability['persistence'], string>;
