import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '../testing/manual-clock.ts';
import { HostSharedStore } from './host-shared-store.ts';
import { MemorySharedStore } from './memory-shared-store.ts';

const minute = { ttlMs: 60_000 };

describe('MemorySharedStore', () => {
  it('refuses new values when it is full, and keeps those that it has', async () => {
    const clock = new ManualClock();
    const store = new MemorySharedStore(clock, { maxEntries: 2 });
    await store.set('a', '1', minute);
    await store.set('b', '1', { ttlMs: 120_000 });
    await expect(store.set('c', '1', minute)).rejects.toThrow('REDIS_URL');
    await store.set('a', '2', minute);
    expect(await store.get('a')).toBe('2');
    clock.advance(60_000);
    expect(await store.set('c', '1', minute)).toBe(true);
    expect(store.size).toBe(2);
    expect(await store.get('a')).toBeUndefined();
    expect(await store.get('b')).toBe('1');
  });

  it('bounds the characters that it keeps', async () => {
    const clock = new ManualClock();
    const store = new MemorySharedStore(clock, { maxCharacters: 100 });
    await store.set('a', 'x'.repeat(99), minute);
    await expect(store.set('bb', '', minute)).rejects.toThrow('full');
    await expect(store.set('b', 'x', minute)).rejects.toThrow('full');
    await store.set('a', 'x'.repeat(50), minute);
    expect(await store.set('b', 'x', minute)).toBe(true);
    await store.take('a');
    await store.take('b');
    expect(await store.set('c', 'x'.repeat(99), minute)).toBe(true);
  });
});

describe('HostSharedStore', () => {
  const hostStore = (warnings: string[] = []): HostSharedStore =>
    new HostSharedStore(new MemorySharedStore(new ManualClock()), {
      info: () => undefined,
      warn: (message) => void warnings.push(message),
    });

  it('refuses keys, values and times that are out of bounds', async () => {
    const store = hostStore();
    await expect(store.set('', 'x', minute)).rejects.toThrow('1 to 512 characters');
    await expect(store.get('k'.repeat(513))).rejects.toThrow('1 to 512 characters');
    await expect(store.set('k', 'x'.repeat(65_537), minute)).rejects.toThrow('65536 characters');
    for (const ttlMs of [0, -1, Number.NaN, Number.POSITIVE_INFINITY])
      await expect(store.set('k', 'x', { ttlMs })).rejects.toThrow('lives from 1 ms');
    expect(await store.get('k')).toBeUndefined();
  });

  it('logs what a subscriber throws, and passes nothing on once it is closed', async () => {
    const warnings: string[] = [];
    const store = hostStore(warnings);
    const heard: string[] = [];
    store.subscribe('c', () => Promise.reject(new Error('broken')));
    store.subscribe('c', (text) => heard.push(text));
    await store.publish('c', 'one');
    await Promise.resolve();
    expect([heard, warnings]).toEqual([['one'], ['the policy could not use a message']]);
    store.close();
    await store.publish('c', 'two');
    expect(heard).toEqual(['one']);
    expect(() => store.subscribe('c', () => undefined)).toThrow('the policy is closed');
  });
});
