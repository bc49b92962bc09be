import { describe, expect, it } from '@jest/globals';
import type { HashQueueFull } from './hash-queue.ts';
import { HashQueue } from './hash-queue.ts';

/** Hashes that end when the test says so. */
class Hashes {
  readonly started: string[] = [];
  readonly #ends: (() => void)[] = [];

  readonly of = (name: string) => (): Promise<string> => {
    this.started.push(name);
    return new Promise((resolve) => this.#ends.push(() => resolve(name)));
  };

  async endFirst(): Promise<void> {
    this.#ends.shift()?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const refusalOf = (run: Promise<unknown>): Promise<unknown> =>
  run.then(
    () => undefined,
    (fault: unknown) => (fault as HashQueueFull).refusal,
  );

describe('HashQueue', () => {
  it('runs a bounded number, callers in turns', async () => {
    const hashes = new Hashes();
    const queue = new HashQueue({ maxRunning: 1, maxWaiting: 10, maxPerCaller: 5 });
    const flood = ['f1', 'f2', 'f3', 'f4'].map((name) => queue.run('flood', hashes.of(name)));
    const other = queue.run('other', hashes.of('o1'));
    expect(hashes.started).toEqual(['f1']);
    for (let index = 0; index < 5; index++) await hashes.endFirst();
    expect(hashes.started).toEqual(['f1', 'f2', 'o1', 'f3', 'f4']);
    expect(await Promise.all([...flood, other])).toEqual(['f1', 'f2', 'f3', 'f4', 'o1']);
    expect(queue.size).toBe(0);
  });

  it('refuses beyond the bounds of a caller and of all callers, and recovers', async () => {
    const hashes = new Hashes();
    const queue = new HashQueue({ maxRunning: 1, maxWaiting: 2, maxPerCaller: 2 });
    const runs = [queue.run('a', hashes.of('a1')), queue.run('a', hashes.of('a2'))];
    expect(await refusalOf(queue.run('a', hashes.of('a3')))).toBe('caller');
    runs.push(queue.run('b', hashes.of('b1')));
    expect(await refusalOf(queue.run('b', hashes.of('b2')))).toBe('process');
    expect(await refusalOf(queue.run('c', hashes.of('c1')))).toBe('process');
    for (let index = 0; index < 3; index++) await hashes.endFirst();
    await Promise.all(runs);
    const later = queue.run('a', hashes.of('a4'));
    await hashes.endFirst();
    expect(await later).toBe('a4');
    expect(hashes.started).not.toContain('a3');
  });

  it('gives a caller that has none the place of one that has many', async () => {
    const hashes = new Hashes();
    const queue = new HashQueue({ maxRunning: 1, maxWaiting: 4, maxPerCaller: 8 });
    const flood = Array.from({ length: 5 }, (_, index) => queue.run('f', hashes.of(`f${index}`)));
    const refused = refusalOf(flood[4] as Promise<unknown>);
    const other = queue.run('other', hashes.of('o'));
    expect(await refused).toBe('caller');
    expect(queue.size).toBe(5);
    for (let index = 0; index < 5; index++) await hashes.endFirst();
    expect(await other).toBe('o');
    expect(hashes.started).toEqual(['f0', 'f1', 'o', 'f2', 'f3']);
    expect(queue.size).toBe(0);
  });

  it('goes on after a hash that failed', async () => {
    const queue = new HashQueue({ maxRunning: 1, maxWaiting: 2, maxPerCaller: 2 });
    await expect(queue.run('a', () => Promise.reject(new Error('no memory')))).rejects.toThrow(
      'no memory',
    );
    expect(await queue.run('a', () => Promise.resolve(1))).toBe(1);
  });
});
