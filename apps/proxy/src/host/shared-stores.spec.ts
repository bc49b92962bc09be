import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { SharedStore } from '@sluice/policy-sdk';
import { RedisLink, testKeyPrefix, testRedisUrl } from '@sluice/testkit';
import { eventually } from '../listener/testing/running-listener.ts';
import { SharedStores } from './shared-stores.ts';

const open: SharedStores[] = [];
const lines: string[] = [];
const prefix = testKeyPrefix();

/** The stores of one process. */
function processWith(redisUrl: string | undefined): SharedStores {
  const stores = new SharedStores({
    redisUrl,
    keyPrefix: prefix,
    logger: {
      info: (_fields: object, message?: string) => void lines.push(message ?? ''),
      error: (_fields: object, message?: string) => void lines.push(message ?? ''),
    },
  });
  open.push(stores);
  return stores;
}

afterEach(async () => {
  for (const stores of open.splice(0)) await stores.close();
  lines.length = 0;
});

describe.each([
  ['memory', () => undefined],
  ['Redis', testRedisUrl],
])('the shared store in %s', (place, urlOf) => {
  let store: SharedStore;
  let key = 0;
  beforeAll(() => void (key = 0));
  const fresh = (): string => `${place} ${key++} ä{}`;
  const start = (): SharedStore => (store = processWith(urlOf()).storeFor('oidc'));

  it('says whether others see its values', () => {
    expect(start().isShared).toBe(place === 'Redis');
  });

  it('keeps a value until its time is over', async () => {
    start();
    const [long, short] = [fresh(), fresh()];
    expect(await store.get(long)).toBeUndefined();
    expect(await store.set(long, 'ü\n"', { ttlMs: 60_000 })).toBe(true);
    expect(await store.set(short, 'b', { ttlMs: 30 })).toBe(true);
    expect(await store.get(long)).toBe('ü\n"');
    await eventually(async () => (await store.get(short)) === undefined);
    await store.set(long, 'later', { ttlMs: 60_000 });
    expect(await store.get(long)).toBe('later');
    await store.delete(long);
    expect(await store.get(long)).toBeUndefined();
  });

  it('stores for one of many that ask for an absent key', async () => {
    start();
    const nonce = fresh();
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_each, index) =>
        store.set(nonce, String(index), { ttlMs: 60_000, ifAbsent: true }),
      ),
    );
    expect(answers.filter(Boolean)).toHaveLength(1);
    expect(await store.get(nonce)).toBe(String(answers.indexOf(true)));
  });

  it('gives a value to one of many that take it', async () => {
    start();
    const state = fresh();
    await store.set(state, 'x', { ttlMs: 60_000 });
    const taken = await Promise.all(Array.from({ length: 20 }, () => store.take(state)));
    expect(taken.filter((each) => each === 'x')).toHaveLength(1);
    expect(await store.set(state, 'y', { ttlMs: 60_000, ifAbsent: true })).toBe(true);
  });

  it('passes messages on in order, until the subscription ends', async () => {
    start();
    const heard: string[] = [];
    const channel = fresh();
    const subscription = store.subscribe(channel, (text) => heard.push(text));
    await eventually(() => subscription.staleMs < 1_000);
    for (let index = 0; index < 700; index++) await store.publish(channel, String(index));
    await eventually(() => heard.length === 700);
    expect(heard).toEqual(Array.from({ length: 700 }, (_each, index) => String(index)));
    expect(subscription.gaps).toBe(0);
    subscription.stop();
    await store.publish(channel, 'late');
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(heard).toHaveLength(700);
  });
});

describe('the shared stores of several nodes on one Redis', () => {
  const links: RedisLink[] = [];
  afterAll(async () => {
    for (const link of links) await link.close();
  });
  const link = async (): Promise<RedisLink> => {
    const opened = new RedisLink();
    links.push(opened);
    await opened.open();
    return opened;
  };

  it('have the same values, apart for each policy', async () => {
    const [one, other] = [processWith(testRedisUrl()), processWith(testRedisUrl())];
    await one.storeFor('oidc').set('session', 's', { ttlMs: 60_000 });
    expect(await other.storeFor('oidc').get('session')).toBe('s');
    expect(await other.storeFor('hmac-auth').get('session')).toBeUndefined();
  });

  it('hear what was published while their connection was down', async () => {
    const cut = await link();
    const here = processWith(testRedisUrl()).storeFor('oidc');
    const there = processWith(cut.url).storeFor('oidc');
    const heard: string[] = [];
    const subscription = there.subscribe('revoked', (text) => heard.push(text));
    await eventually(() => subscription.staleMs < 1_000);
    const startedMs = performance.now();
    await here.publish('revoked', 'one');
    await eventually(() => heard.length === 1);
    expect(performance.now() - startedMs).toBeLessThan(1_000);
    cut.silent = true;
    cut.cut();
    await here.publish('revoked', 'two');
    await eventually(() => subscription.staleMs > 1_000);
    expect(heard).toEqual(['one']);
    cut.silent = false;
    cut.cut();
    await eventually(() => heard.length === 2);
    expect(heard).toEqual(['one', 'two']);
  });

  it('reject in time while Redis is silent, and work again without a restart', async () => {
    const silent = await link();
    const store = processWith(silent.url).storeFor('oidc');
    await store.set('before', 'x', { ttlMs: 60_000 });
    silent.silent = true;
    const startedMs = performance.now();
    await expect(store.get('before')).rejects.toThrow('Redis');
    await expect(store.set('n', '1', { ttlMs: 60_000, ifAbsent: true })).rejects.toThrow();
    await expect(store.take('before')).rejects.toThrow();
    await expect(store.publish('c', 't')).rejects.toThrow();
    expect(performance.now() - startedMs).toBeLessThan(5_000);
    silent.silent = false;
    silent.cut();
    await eventually(
      async () =>
        (await store.get('before').then(
          (value) => value,
          () => '',
        )) === 'x',
    );
    await eventually(() => lines.length >= 3);
    expect(lines[0]).toContain('share sessions and nonces in Redis');
    expect(lines[1]).toContain('Redis does not answer');
  });

  it('connect to a Redis that starts later', async () => {
    const late = await link();
    const { port, url } = late;
    await late.close();
    const store = processWith(url).storeFor('oidc');
    await expect(store.get('x')).rejects.toThrow();
    const again = new RedisLink();
    links.push(again);
    await again.open(port);
    await eventually(
      async () =>
        await store.get('x').then(
          () => true,
          () => false,
        ),
    );
  });
});
