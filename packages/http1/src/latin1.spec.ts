import { describe, expect, it } from '@jest/globals';
import { checkLatin1, latin1, textOf } from './latin1.ts';

/** Runs with another `latin1Slice`, or without one. */
function withLatin1Slice(replacement: unknown, run: () => void): void {
  const name = 'latin1Slice';
  const original = Object.getOwnPropertyDescriptor(Buffer.prototype, name);
  Object.defineProperty(Buffer.prototype, name, { configurable: true, value: replacement });
  try {
    run();
  } finally {
    Object.defineProperty(Buffer.prototype, name, original as PropertyDescriptor);
  }
}

describe('latin1', () => {
  const bytes = Buffer.from([0x00, 0x41, 0x80, 0xff]);

  it('decodes every byte as one character', () => {
    expect([latin1(bytes, 1, 3), textOf(bytes)]).toEqual(['A\x80', '\0A\x80\xff']);
  });

  it('passes its check with this version of Node', () => {
    expect(() => checkLatin1()).not.toThrow();
  });

  it.each([
    ['is absent', undefined],
    ['returns something else', () => ''],
    [
      'ignores its arguments',
      function (this: Buffer) {
        return this.toString('utf8');
      },
    ],
  ])('fails its check when latin1Slice %s', (_, replacement) => {
    withLatin1Slice(replacement, () =>
      expect(() => checkLatin1()).toThrow(/^Node v.* has no Buffer\.latin1Slice .*package\.json/),
    );
  });
});
