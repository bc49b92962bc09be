import { describe, expect, it } from '@jest/globals';
import { hostRank, matchesHost } from './host-match.ts';

describe('matchesHost', () => {
  it.each([
    ['a.test', 'a.test', true],
    ['a.test', 'b.a.test', false],
    ['*', 'a.test', true],
    ['*', '', true],
    ['*.test', 'a.test', true],
    ['*.test', 'b.a.test', true],
    ['*.test', 'test', false],
    ['*.test', '.test', false],
    ['*.test', 'atest', false],
    ['*.test', `${'a.'.repeat(124)}test`, true],
    ['*.test', `${'a.'.repeat(125)}test`, false],
    ['[::1]', '[::1]', true],
  ])('%s and %s: %s', (written, host, expected) => {
    expect(matchesHost(written, host)).toBe(expected);
  });
});

describe('hostRank', () => {
  it('puts exact hosts before wildcards, longer suffixes before shorter, and any host last', () => {
    const written = ['*', '*.b.test', 'a.b.test', '*.test'];
    expect(written.toSorted((one, other) => hostRank(other) - hostRank(one))).toEqual([
      'a.b.test',
      '*.b.test',
      '*.test',
      '*',
    ]);
  });
});
