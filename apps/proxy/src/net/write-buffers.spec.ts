import { describe, expect, it } from '@jest/globals';
import { pooledCopy } from './write-buffers.ts';

describe('pooledCopy', () => {
  it('copies, and uses no buffer for two copies at the same time', () => {
    const chunk = Buffer.from('one');
    const first = pooledCopy(chunk);
    const second = pooledCopy(Buffer.from('two'));
    chunk.write('xxx');
    expect([first.bytes.toString(), second.bytes.toString()]).toEqual(['one', 'two']);
    expect(first.bytes.buffer).not.toBe(second.bytes.buffer);
  });

  it('reuses a returned buffer', () => {
    const first = pooledCopy(Buffer.from('first'));
    first.release();
    const second = pooledCopy(Buffer.from('second'));
    expect(second.bytes.buffer).toBe(first.bytes.buffer);
    expect(second.bytes.toString()).toBe('second');
  });
});
