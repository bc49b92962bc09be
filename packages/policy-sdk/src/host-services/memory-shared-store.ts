import type { Clock } from '../host.ts';
import type { SharedSetOptions, SharedStore, SharedSubscription } from '../host/shared-store.ts';

const maxEntriesOfStore = 100_000;
/** Characters of keys and values together. */
const maxCharactersOfStore = 16_777_216;
/** Least time between two searches for values whose time is over. */
const sweepMs = 1_000;

interface Entry {
  readonly value: string;
  readonly expiresAtMs: number;
}

export interface MemorySharedStoreOptions {
  readonly maxEntries?: number;
  readonly maxCharacters?: number;
}

/**
 * The shared store of one policy on a node without Redis, and in tests: in the memory of the
 * process. When it is full it refuses new values, because removing a nonce or a revocation to make
 * room would admit what it was to refuse.
 */
export class MemorySharedStore implements SharedStore {
  readonly isShared = false;
  readonly #clock: Clock;
  readonly #maxEntries: number;
  readonly #maxCharacters: number;
  readonly #entries = new Map<string, Entry>();
  readonly #subscribers = new Map<string, Set<(text: string) => unknown>>();
  #characters = 0;
  #nextSweepMs = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, options: MemorySharedStoreOptions = {}) {
    this.#clock = clock;
    this.#maxEntries = options.maxEntries ?? maxEntriesOfStore;
    this.#maxCharacters = options.maxCharacters ?? maxCharactersOfStore;
  }

  /** The number of values, including some whose time is over. */
  get size(): number {
    return this.#entries.size;
  }

  /** {@inheritDoc SharedStore.get} */
  async get(key: string): Promise<string | undefined> {
    return this.#find(key)?.value;
  }

  /**
   * {@inheritDoc SharedStore.set}
   * @throws Error when the store is full
   */
  async set(key: string, value: string, { ttlMs, ifAbsent }: SharedSetOptions): Promise<boolean> {
    if (ifAbsent === true && this.#find(key) !== undefined) return false;
    const before = this.#entries.get(key);
    const grows = key.length + value.length - (before === undefined ? 0 : sizeOf(key, before));
    if (!this.#fits(before === undefined, grows)) {
      this.#sweep();
      if (!this.#fits(!this.#entries.has(key), grows))
        throw new Error(
          'the store of shared values in memory is full: give the node a Redis (REDIS_URL)',
        );
    }
    this.#remove(key);
    this.#entries.set(key, { value, expiresAtMs: this.#clock.now() + ttlMs });
    this.#characters += key.length + value.length;
    return true;
  }

  /** {@inheritDoc SharedStore.take} */
  async take(key: string): Promise<string | undefined> {
    const entry = this.#find(key);
    if (entry !== undefined) this.#remove(key);
    return entry?.value;
  }

  /** {@inheritDoc SharedStore.delete} */
  async delete(key: string): Promise<void> {
    this.#remove(key);
  }

  /** {@inheritDoc SharedStore.publish} */
  async publish(channel: string, text: string): Promise<void> {
    for (const act of this.#subscribers.get(channel) ?? []) act(text);
  }

  /** {@inheritDoc SharedStore.subscribe} */
  subscribe(channel: string, act: (text: string) => unknown): SharedSubscription {
    const subscribers = this.#subscribers.get(channel) ?? new Set();
    this.#subscribers.set(channel, subscribers);
    const own = (text: string): unknown => act(text);
    subscribers.add(own);
    return {
      staleMs: 0,
      gaps: 0,
      stop: () => {
        subscribers.delete(own);
        if (subscribers.size === 0) this.#subscribers.delete(channel);
      },
    };
  }

  #fits(isNew: boolean, grows: number): boolean {
    const entries = this.#entries.size + (isNew ? 1 : 0);
    return entries <= this.#maxEntries && this.#characters + grows <= this.#maxCharacters;
  }

  #find(key: string): Entry | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined || entry.expiresAtMs > this.#clock.now()) return entry;
    this.#remove(key);
    return undefined;
  }

  #remove(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    this.#characters -= sizeOf(key, entry);
  }

  /** Removes values whose time is over; at most once per second, because it visits all values. */
  #sweep(): void {
    const nowMs = this.#clock.now();
    if (nowMs < this.#nextSweepMs) return;
    this.#nextSweepMs = nowMs + sweepMs;
    for (const [key, { expiresAtMs }] of this.#entries) if (expiresAtMs <= nowMs) this.#remove(key);
  }
}

function sizeOf(key: string, { value }: Entry): number {
  return key.length + value.length;
}
