import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '../testing/manual-clock.ts';
import { CacheBudget, MemoryCache } from './memory-cache.ts';

const ttlMs = 1_000;

function cacheOf({ maxBytes = 10_000, budget = new CacheBudget() } = {}) {
  const clock = new ManualClock();
  return { clock, budget, cache: new MemoryCache(clock, budget, maxBytes) };
}

describe('MemoryCache', () => {
  it('keeps values for their time', () => {
    const { cache, clock, budget } = cacheOf();
    cache.set('a', 'one', { ttlMs });
    cache.set('b', Uint8Array.of(1, 2), { ttlMs: 10 });
    cache.set('c', 'never', { ttlMs: 0 });
    expect([cache.get('a'), cache.get('b'), cache.get('c')]).toEqual([
      'one',
      Uint8Array.of(1, 2),
      undefined,
    ]);
    clock.advance(10);
    expect(cache.get('b')).toBeUndefined();
    clock.advance(990);
    expect(cache.get('a')).toBeUndefined();
    expect(budget.bytes).toBe(0);
  });

  it('evicts the least recently used values, and stores none that does not fit', () => {
    const { cache, budget } = cacheOf({ maxBytes: 700 });
    for (const key of ['a', 'b', 'c', 'd', 'e', 'f', 'g']) {
      cache.set(key, 'x', { ttlMs });
      cache.get('a');
    }
    expect(cache.get('a')).toBe('x');
    expect(cache.get('b')).toBeUndefined();
    expect(budget.bytes).toBeLessThanOrEqual(1_000);
    cache.set('a', 'x'.repeat(1_000), { ttlMs });
    expect(cache.get('a')).toBeUndefined();
    expect(cache.get('g')).toBe('x');
  });

  it('shares the bytes of the process without emptying another cache', () => {
    const budget = new CacheBudget(1_000);
    const one = cacheOf({ budget }).cache;
    const other = cacheOf({ budget }).cache;
    for (let index = 0; index < 100; index++) one.set(`key-${index}`, 'x', { ttlMs });
    expect(budget.bytes).toBeLessThanOrEqual(1_000);
    other.set('big', 'x'.repeat(400), { ttlMs });
    expect(other.get('big')).toBeUndefined();
    expect(one.get('key-99')).toBe('x');
    one.close();
    expect(budget.bytes).toBe(0);
    other.set('big', 'x'.repeat(400), { ttlMs });
    expect(other.get('big')).toHaveLength(400);
    one.set('after', 'x', { ttlMs });
    expect(one.get('after')).toBeUndefined();
  });

  it('loads once for parallel calls, and stores no fault', async () => {
    const { cache } = cacheOf();
    let loads = 0;
    const load = async () => {
      loads++;
      await new Promise((resolve) => setImmediate(resolve));
      if (loads === 1) throw new Error('down');
      return { value: `value-${loads}`, ttlMs };
    };
    const failed = await Promise.allSettled([
      cache.getOrLoad('a', load),
      cache.getOrLoad('a', load),
    ]);
    expect(failed.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(loads).toBe(1);
    const calls = Array.from({ length: 20 }, () => cache.getOrLoad('a', load));
    expect(new Set(await Promise.all(calls))).toEqual(new Set(['value-2']));
    expect(await cache.getOrLoad('a', load)).toBe('value-2');
    expect(loads).toBe(2);
  });
});
