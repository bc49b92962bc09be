import { RedisLink, testKeyPrefix, testRedisUrl } from '@sluice/testkit';
import { Redis } from 'ioredis';
import type { LimitRequest, TokenBucket } from '../src/limit-store.ts';
import { RedisStore, type RedisStoreOptions } from '../src/redis-store.ts';

/** A token bucket that practically does not refill within a test. Tests only. */
export function bucket(burst: number, ratePerSecond = 0.001): TokenBucket {
  return { algorithm: 'token-bucket', ratePerSecond, burst };
}

/** One count against this key. Tests only. */
export function request(key: string, rule: LimitRequest['rule'] = bucket(5)): LimitRequest[] {
  return [{ key, rule }];
}

/** The reason of the rejection; undefined when the promise resolves. Tests only. */
export async function faultOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => undefined,
    (fault: unknown) => fault,
  );
}

/** The real Redis, with the stores and links of one test. Tests only. */
export class RedisFixture {
  redis!: Redis;
  prefix = '';
  readonly stores: RedisStore[] = [];
  readonly links: RedisLink[] = [];

  connect(): void {
    this.redis = new Redis(testRedisUrl());
    this.prefix = testKeyPrefix();
  }

  disconnect(): void {
    this.redis.disconnect();
  }

  /** Opens a store that is connected; `closeAll` closes it. */
  async open(options: Partial<RedisStoreOptions> = {}): Promise<RedisStore> {
    const store = new RedisStore({
      url: testRedisUrl(),
      keyPrefix: this.prefix,
      commandTimeoutMs: 5000,
      ...options,
    });
    this.stores.push(store);
    await store.whenConnected(5000);
    return store;
  }

  /** Opens a link to Redis; `closeAll` closes it. */
  async openLink(): Promise<RedisLink> {
    const link = new RedisLink();
    this.links.push(link);
    await link.open();
    return link;
  }

  async closeAll(): Promise<void> {
    for (const store of this.stores.splice(0)) await store.close();
    for (const link of this.links.splice(0)) await link.close();
  }
}
