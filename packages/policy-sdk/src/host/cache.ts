/**
 * A cache in the memory of the process, for one policy attachment. It is bounded in bytes, together
 * with the caches of all other attachments; the least recently used values leave first. It begins
 * empty with each change of the policy's configuration.
 */
export interface PolicyCache {
  /** Returns the value; undefined when there is none or its time is over. */
  get(key: string): CachedValue | undefined;
  /** Stores a value, unless it is larger than the cache. `ttlMs` is in milliseconds. */
  set(key: string, value: CachedValue, options: CacheOptions): void;
  delete(key: string): void;
  /**
   * Returns the cached value or loads it. Parallel calls with the same key load once; a load that
   * fails is not stored, and all who waited for it get its fault.
   * @param load resolves to the value with its time to live, which may be 0
   */
  getOrLoad(key: string, load: () => Promise<LoadedValue>): Promise<CachedValue>;
}

export type CachedValue = string | Uint8Array;

export interface CacheOptions {
  /** Milliseconds; with 0 or less, nothing is stored. */
  readonly ttlMs: number;
}

export interface LoadedValue extends CacheOptions {
  readonly value: CachedValue;
}
