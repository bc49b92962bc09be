import { describe, expect, it } from '@jest/globals';
import { findWords, wordList } from './word-list.ts';

describe('the word list', () => {
  it('finds a word in any case, with its line and what to write instead', () => {
    const [finding, ...others] = findWords('The first line.\nNobody waits here.');
    expect(finding).toMatchObject({ line: 2, word: 'Nobody' });
    expect(finding?.instead).toContain('name the subject');
    expect(others).toEqual([]);
  });

  it('finds whole words only', () => {
    expect(findWords('A bookshelf; renewing; nobodys-business')).toEqual([]);
  });

  it('finds every alternative of a rule', () => {
    expect(findWords('a port that cannot be had').map(({ word }) => word)).toEqual([
      'cannot be had',
    ]);
  });

  it('says for every rule what to write instead', () => {
    for (const { words, instead } of wordList) {
      expect(words).not.toBe('');
      expect(instead).not.toBe('');
    }
  });
});
