import { describe, expect, it } from '@jest/globals';
import { lendCopy } from './write-buffers.ts';

describe('lendCopy', () => {
  it('copies, and lends no buffer to two at the same time', () => {
    const chunk = Buffer.from('one');
    const first = lendCopy(chunk);
    const second = lendCopy(Buffer.from('two'));
    chunk.write('xxx');
    expect([first.bytes.toString(), second.bytes.toString()]).toEqual(['one', 'two']);
    expect(first.bytes.buffer).not.toBe(second.bytes.buffer);
  });

  it('reuses a returned buffer', () => {
    const first = lendCopy(Buffer.from('first'));
    first.giveBack();
    const second = lendCopy(Buffer.from('second'));
    expect(second.bytes.buffer).toBe(first.bytes.buffer);
    expect(second.bytes.toString()).toBe('second');
  });
});
