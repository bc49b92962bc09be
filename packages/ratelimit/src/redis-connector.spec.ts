import type { LookupFunction } from 'node:net';
import { testKeyPrefix, testRedisUrl } from '@sluice/testkit';
import { afterEach, describe, expect, it } from '@jest/globals';
import { RedisStore } from './redis-store.ts';

describe('a Redis server given by name', () => {
  let store: RedisStore;
  afterEach(() => store.close());
  const named = (host: string): string => {
    const url = new URL(testRedisUrl());
    url.hostname = host;
    return url.href;
  };

  it('is resolved with the given lookup, and not with that of Node', async () => {
    const asked: string[] = [];
    const { hostname } = new URL(testRedisUrl());
    const lookup: LookupFunction = (name, options, callback) => {
      asked.push(name);
      setImmediate(() =>
        options.all === true
          ? callback(null, [{ address: hostname, family: 4 }])
          : callback(null, hostname, 4),
      );
    };
    store = new RedisStore({
      url: named('redis.invalid'),
      keyPrefix: testKeyPrefix(),
      commandTimeoutMs: 5_000,
      lookup,
    });
    await store.whenConnected(10_000);
    expect(
      await store.take([
        { key: 'a', rule: { algorithm: 'token-bucket', ratePerSecond: 1, burst: 5 } },
      ]),
    ).toHaveLength(1);
    expect(asked).toContain('redis.invalid');
  });

  it('is retried when its name cannot be resolved', async () => {
    let asked = 0;
    const lookup: LookupFunction = (_, __, callback) => {
      asked++;
      setImmediate(() =>
        callback(Object.assign(new Error('no answer'), { code: 'EAI_AGAIN' }), ''),
      );
    };
    store = new RedisStore({ url: named('redis.invalid'), lookup });
    await expect(store.whenConnected(1_500)).rejects.toMatchObject({ code: 'policy_failed' });
    expect(asked).toBeGreaterThan(1);
  });
});
