import { describe, expect, it } from '@jest/globals';
import { sharedReadBuffer, toKeep } from './shared-read-buffer.ts';

describe('toKeep', () => {
  it('copies a view into the shared buffer, and nothing else', () => {
    sharedReadBuffer.write('hello');
    const view = sharedReadBuffer.subarray(0, 5);
    const kept = toKeep(view);
    sharedReadBuffer.write('other');
    expect([kept.toString(), view.toString()]).toEqual(['hello', 'other']);
    const own = Buffer.from('own');
    expect(toKeep(own)).toBe(own);
  });
});
