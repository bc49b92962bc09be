import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { JsonFault, parseStrictJson } from './strict-json.ts';

const wellFormed = fc
  .string({ unit: 'grapheme' })
  .filter((text) => text.isWellFormed() && !text.includes('\0') && text !== '__proto__');
const anyJson = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constant(null),
    fc.boolean(),
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    wellFormed,
    tie('array'),
    tie('object'),
  ),
  array: fc.array(tie('value'), { maxLength: 5 }),
  object: fc.dictionary(wellFormed, tie('value'), { maxKeys: 5, noNullPrototype: true }),
})).value;

describe('parseStrictJson', () => {
  it('parses the output of JSON.stringify like JSON.parse', () => {
    fc.assert(
      fc.property(anyJson, fc.constantFrom(0, 2, '\t'), (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        expect(parseStrictJson(text)).toEqual(JSON.parse(text));
      }),
    );
  });

  it('refuses everything that JSON.parse refuses, and gives the position', () => {
    fc.assert(
      fc.property(
        anyJson,
        fc.nat(),
        fc.constantFrom('', '"', ',', '}', ']', ':', 'x', '\n', '\\', '01', '-'),
        (value, place, damage) => {
          const text = JSON.stringify(value);
          const at = place % (text.length + 1);
          const damaged = text.slice(0, at) + damage + text.slice(at + 1);
          let isJson = true;
          try {
            JSON.parse(damaged);
          } catch {
            isJson = false;
          }
          if (!isJson) expect(() => parseStrictJson(damaged)).toThrow(JsonFault);
        },
      ),
    );
  });

  it.each([
    ['{"a": 1,\n "b" 2}', 'line 2, column 6: expected ":" after the property name'],
    ['{"a": 1,}', 'line 1, column 9: expected a property name in double quotes'],
    ['[1, 2', 'line 1, column 6: expected "," or "]"'],
    ['{"a": }', 'line 1, column 7: expected a JSON value'],
    ['{} {}', 'line 1, column 4: expected the end of the text'],
    ['{"a": \'b\'}', 'line 1, column 7: expected a JSON value'],
    ['{"a": 1, "a": 2}', 'line 1, column 10: the name "a" occurs twice in this object'],
    ['{"\\u0061": 1, "a": 2}', 'line 1, column 15: the name "a" occurs twice in this object'],
    [
      '{"x": {"__proto__": {"isAdmin": true}}}',
      'line 1, column 8: the name "__proto__" is not allowed',
    ],
    ['{"a": 1e999}', 'line 1, column 7: the number is too large'],
    ['"\\ud800"', 'line 1, column 1: the string contains a lone surrogate or a NUL character'],
    ['"\\u0000"', 'line 1, column 1: the string contains a lone surrogate or a NUL character'],
    ['"a\nb"', 'line 1, column 1: expected a string without line breaks'],
    ['', 'line 1, column 1: expected a JSON value, but the text ends'],
    ['\u00a0{}', 'line 1, column 1: expected a JSON value'],
  ])('says what is wrong with %j', (text, message) => {
    expect(() => parseStrictJson(text)).toThrow(message);
  });

  it('accepts 64 levels and no more, without exhausting the stack', () => {
    expect(parseStrictJson(`${'['.repeat(64)}${']'.repeat(64)}`)).toBeInstanceOf(Array);
    expect(() => parseStrictJson('['.repeat(500_000))).toThrow('nested deeper than 64 levels');
  });

  it('returns objects with the default prototype', () => {
    const parsed = parseStrictJson('{"constructor": {"prototype": {"x": 1}}}') as object;
    expect(Object.getPrototypeOf(parsed)).toBe(Object.prototype);
    expect(({} as Record<string, unknown>)['x']).toBeUndefined();
  });
});
