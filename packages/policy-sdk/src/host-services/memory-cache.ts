import type { CachedValue, CacheOptions, LoadedValue, PolicyCache } from '../host/cache.ts';
import type { Clock } from '../host.ts';

/** Bytes of one cache, and of all caches of a process. */
const maxBytesPerCache = 8 * 1_048_576;
const maxBytesOfProcess = 64 * 1_048_576;
/** What an entry costs besides its key and value, roughly. */
const bytesPerEntry = 128;

/** The bytes that all caches of a process share. */
export class CacheBudget {
  #bytes = 0;
  readonly #maxBytes: number;

  constructor(maxBytes: number = maxBytesOfProcess) {
    this.#maxBytes = maxBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Whether so many more bytes fit. */
  hasRoomFor(bytes: number): boolean {
    return this.#bytes + bytes <= this.#maxBytes;
  }

  /** Takes bytes, or gives them back when the number is negative. */
  take(bytes: number): void {
    this.#bytes += bytes;
  }
}

interface Entry {
  readonly value: CachedValue;
  readonly expiresAtMs: number;
  readonly bytes: number;
}

/** A cache in memory: see {@link PolicyCache}. A closed one is empty and stays empty. */
export class MemoryCache implements PolicyCache {
  readonly #clock: Clock;
  readonly #budget: CacheBudget;
  readonly #maxBytes: number;
  /** The least recently used entry is the first. */
  readonly #entries = new Map<string, Entry>();
  readonly #loads = new Map<string, Promise<CachedValue>>();
  #bytes = 0;
  #isClosed = false;

  constructor(clock: Clock, budget: CacheBudget, maxBytes: number = maxBytesPerCache) {
    this.#clock = clock;
    this.#budget = budget;
    this.#maxBytes = maxBytes;
  }

  /** {@inheritDoc PolicyCache.get} */
  get(key: string): CachedValue | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    if (entry.expiresAtMs <= this.#clock.now()) {
      this.delete(key);
      return undefined;
    }
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry.value;
  }

  /** {@inheritDoc PolicyCache.set} */
  set(key: string, value: CachedValue, { ttlMs }: CacheOptions): void {
    this.delete(key);
    if (this.#isClosed || !(ttlMs > 0)) return;
    const bytes = sizeOf(key) + sizeOf(value) + bytesPerEntry;
    if (bytes > this.#maxBytes) return;
    // A cache makes room among its own entries only, so that one attachment cannot empty another's.
    while (this.#bytes + bytes > this.#maxBytes || !this.#budget.hasRoomFor(bytes)) {
      const oldest = this.#entries.keys().next();
      if (oldest.done === true) return;
      this.delete(oldest.value);
    }
    this.#entries.set(key, { value, expiresAtMs: this.#clock.now() + ttlMs, bytes });
    this.#bytes += bytes;
    this.#budget.take(bytes);
  }

  /** {@inheritDoc PolicyCache.delete} */
  delete(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    this.#bytes -= entry.bytes;
    this.#budget.take(-entry.bytes);
  }

  /** {@inheritDoc PolicyCache.getOrLoad} */
  async getOrLoad(key: string, load: () => Promise<LoadedValue>): Promise<CachedValue> {
    return this.get(key) ?? (await (this.#loads.get(key) ?? this.#load(key, load)));
  }

  /** Empties the cache for good. */
  close(): void {
    this.#isClosed = true;
    this.#budget.take(-this.#bytes);
    this.#bytes = 0;
    this.#entries.clear();
  }

  #load(key: string, load: () => Promise<LoadedValue>): Promise<CachedValue> {
    const loading = (async () => {
      try {
        const { value, ttlMs } = await load();
        this.set(key, value, { ttlMs });
        return value;
      } finally {
        this.#loads.delete(key);
      }
    })();
    this.#loads.set(key, loading);
    return loading;
  }
}

/** Bytes in memory: of text, two for each character at most. */
function sizeOf(value: CachedValue): number {
  return typeof value === 'string' ? value.length * 2 : value.byteLength;
}
