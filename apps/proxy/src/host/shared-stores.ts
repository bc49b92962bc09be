import type { LookupFunction } from 'node:net';
import type { SharedStore } from '@sluice/policy-sdk';
import { MemorySharedStore } from '@sluice/policy-sdk/host';
import type { Logger } from '@sluice/telemetry';
import { RedisSharedStore } from './redis-shared-store.ts';
import { SharedRedis } from './shared-redis.ts';

export interface SharedStoresOptions {
  /** Undefined for a node without Redis: values are then kept in the memory of each process. */
  readonly redisUrl: string | undefined;
  readonly lookup?: LookupFunction | undefined;
  /** Prefix of every key. `sluice:` by default. */
  readonly keyPrefix?: string | undefined;
  readonly logger: Pick<Logger, 'info' | 'error'>;
}

/** The shared stores of a process, one for each policy. Connects when the first policy needs one. */
export class SharedStores {
  readonly #options: SharedStoresOptions;
  #redis: SharedRedis | undefined;

  constructor(options: SharedStoresOptions) {
    this.#options = options;
  }

  /** @param policy the name of the policy, a part of its keys */
  storeFor(policy: string): SharedStore {
    const { redisUrl, lookup, keyPrefix = 'sluice:', logger } = this.#options;
    if (redisUrl === undefined) return new MemorySharedStore({ now: Date.now });
    this.#redis ??= new SharedRedis({
      url: redisUrl,
      lookup,
      onAvailabilityChange: (available, reason) => {
        if (available) logger.info({}, 'policies share sessions and nonces in Redis');
        else
          logger.error(
            { reason },
            'policies cannot share sessions and nonces: Redis does not answer; until it does, requests that need them are refused',
          );
      },
    });
    return new RedisSharedStore(this.#redis, `${keyPrefix}shared:${policy}:`);
  }

  /** Closes the connection. */
  async close(): Promise<void> {
    await this.#redis?.close();
  }
}
