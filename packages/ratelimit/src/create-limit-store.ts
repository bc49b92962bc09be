import { MemoryStore, type MemoryStoreOptions } from './memory-store.ts';
import { RedisStore } from './redis-store.ts';
import type { RedisStoreOptions } from './redis-store.ts';

/** Where limits are counted: with a URL in Redis, for all nodes together; without one in memory, for this node alone. */
export interface LimitStoreOptions extends Omit<RedisStoreOptions, 'url'>, MemoryStoreOptions {
  readonly redisUrl?: string | undefined;
}

/** Makes the store that the options ask for. Throws a TypeError for a bad URL; a Redis that is not there yet is no fault. */
export function createLimitStore({ redisUrl, ...options }: LimitStoreOptions = {}): MemoryStore | RedisStore {
  return redisUrl === undefined ? new MemoryStore(options) : new RedisStore({ ...options, url: redisUrl });
}
