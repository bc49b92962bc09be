import { MemoryStore, type MemoryStoreOptions } from './memory-store.ts';
import { RedisStore } from './redis-store.ts';
import type { RedisStoreOptions } from './redis-store.ts';

/**
 * Options of the store: with a URL it counts in Redis, across all nodes; without one in memory, for
 * this node.
 */
export interface LimitStoreOptions extends Omit<RedisStoreOptions, 'url'>, MemoryStoreOptions {
  readonly redisUrl?: string | undefined;
}

/** Creates the store. Throws a TypeError for an invalid URL; Redis may become available later. */
export function createLimitStore({ redisUrl, ...options }: LimitStoreOptions = {}):
  MemoryStore | RedisStore {
  return redisUrl === undefined
    ? new MemoryStore(options)
    : new RedisStore({ ...options, url: redisUrl });
}
