import type { LimitStore } from './limit-store.ts';
import { MemoryStore } from './memory-store.ts';
import { RedisStore } from './redis-store.ts';
import type { RedisStoreOptions } from './redis-store.ts';

/** Where limits are counted: with a URL in Redis, for all nodes together; without one in memory, for this node alone. */
export interface LimitStoreOptions extends Omit<RedisStoreOptions, 'url'> {
  readonly redisUrl?: string | undefined;
  /** For the store in memory: how many keys are counted at once. */
  readonly maxKeys?: number | undefined;
}

/** Makes the store that the options ask for. Throws a TypeError for a bad URL; a Redis that is not there yet is no fault. */
export function createLimitStore({ redisUrl, maxKeys, ...options }: LimitStoreOptions = {}): LimitStore {
  return redisUrl === undefined ? new MemoryStore({ maxKeys }) : new RedisStore({ ...options, url: redisUrl });
}
