import { describe, expect, it } from '@jest/globals';
import { RecordQueue } from './record-queue.ts';

describe('RecordQueue', () => {
  it('returns records in order, in batches bounded by number and bytes', () => {
    const queue = new RecordQueue(100, 1_000);
    for (const record of ['a', 'bb', 'ccc', 'dddd']) expect(queue.add(record)).toBe(true);
    expect([queue.size, queue.bytes]).toEqual([4, 10]);
    expect(queue.take(1, 100)).toEqual(['a']);
    expect(queue.take(10, 5)).toEqual(['bb', 'ccc']);
    queue.add('é');
    expect(queue.take(10, 1)).toEqual(['dddd']);
    expect(queue.take(10, 1)).toEqual(['é']);
    expect([queue.take(10, 1), queue.size, queue.bytes]).toEqual([[], 0, 0]);
  });

  it('refuses what exceeds a bound', () => {
    const queue = new RecordQueue(3, 10);
    expect([queue.add('aaaa'), queue.add('bbbb'), queue.add('cccc'), queue.add('d')]).toEqual([
      true,
      true,
      false,
      true,
    ]);
    expect(queue.add('e')).toBe(false);
    queue.take(1, 100);
    expect(queue.add('e')).toBe(true);
  });
});
