import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isValidTracestate } from './tracestate.ts';

const members = (count: number): string =>
  Array.from({ length: count }, (_, index) => `k${index}=v`).join(',');

describe('tracestate', () => {
  it.each([
    'rojo=00f067aa0ba902b7,congo=t61rcWkgMzE',
    'fw529a3039@dt=FfffffffC',
    '0vendor=1',
    'a@=1',
    'a= leading space stays',
    'a=~!"#$%&\'()*+-./:;<>?@[\\]^_`{|}',
    'foo=1 \t , \t bar=2, \t baz=3',
    '\tfoo=1\t',
    'foo=1,',
    ',foo=1',
    'foo=1,,  ,bar=2',
    'foo=1,foo=2',
    `${'z'.repeat(256)}=${'v'.repeat(256)}`,
    members(32),
    `${members(32)},,,`,
  ])('is passed on: %s', (value) => expect(isValidTracestate(value)).toBe(true));

  it.each([
    ['empty', ''],
    ['white space only', ' \t '],
    ['commas only', ',,'],
    ['a key without a value', 'foo'],
    ['an empty value', 'foo=,bar=3'],
    ['a value of spaces', 'foo=   '],
    ['an empty key', '=1'],
    ['two equals signs', 'foo=bar=baz'],
    ['a space before the equals sign', 'foo =1'],
    ['upper case in a key', 'FOO=1'],
    ['a full stop in a key', 'foo.bar=1'],
    ['a key that begins with a sign', '@foo=1'],
    ['a tab in a value', 'foo=a\tb'],
    ['a control in a value', 'foo=a\u0001b'],
    ['DEL in a value', 'foo=a\u007fb'],
    ['a byte above ASCII', 'foo=caf\u00e9'],
    ['a byte above ASCII in a key', 'f\u00f6o=1'],
    ['a key of 257 characters', `${'z'.repeat(257)}=1`],
    ['a value of 257 characters', `a=${'v'.repeat(257)}`],
    ['33 members', members(33)],
    ['one wrong member among right ones', 'foo=1,bar,baz=3'],
    ['semicolons between members', 'foo=1;bar=2'],
    ['quotes of JSON', '{"foo":1}'],
  ])('is not passed on: %s', (_, value) => expect(isValidTracestate(value)).toBe(false));

  it('agrees with the grammar of the specification', () => {
    const member =
      /^[a-z0-9][a-z0-9_\-*/@]{0,255}=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/;
    const grammar = (value: string): boolean => {
      const present = value
        .split(',')
        .map((each) => each.replace(/^[ \t]+|[ \t]+$/g, ''))
        .filter((each) => each !== '');
      return (
        present.length > 0 && present.length <= 32 && present.every((each) => member.test(each))
      );
    };
    const unit = fc.constantFrom(...'ab1_@=,, \t.A\u00e9');
    fc.assert(
      fc.property(
        fc.string({ unit, maxLength: 24 }),
        (value) => isValidTracestate(value) === grammar(value),
      ),
      { numRuns: 2_000 },
    );
  });
});
