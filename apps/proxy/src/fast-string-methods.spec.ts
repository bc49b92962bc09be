import { expect, it } from '@jest/globals';
import { setFlagsFromString } from 'node:v8';
import { makeStringMethodsFast } from './fast-string-methods.ts';

it('makes methods of strings fast again after a class was derived from String', () => {
  setFlagsFromString('--allow-natives-syntax');
  const isFast = new Function('return %HasFastProperties(String.prototype)') as () => boolean;
  setFlagsFromString('--no-allow-natives-syntax');
  class Derived extends String {}
  expect([isFast(), new Derived('x').length]).toEqual([false, 1]);
  makeStringMethodsFast();
  expect(isFast()).toBe(true);
});
