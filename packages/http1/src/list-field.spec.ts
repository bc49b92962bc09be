import { describe, expect, it } from '@jest/globals';
import { listItems } from './index.ts';

describe('listItems', () => {
  it.each([
    [[], []],
    [[''], []],
    [[' , ,\t'], []],
    [['a'], ['a']],
    [
      ['a,b', 'c'],
      ['a', 'b', 'c'],
    ],
    [
      [' a ,, b c ', '', ',d'],
      ['a', 'b c', 'd'],
    ],
  ])('%j are %j', (lines, expected) => expect(listItems(lines)).toEqual(expected));
});
