import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { fieldErrors } from './field-errors.ts';

const literals = z.union([z.literal(301), z.literal(302)]);

function detailsOf(schema: z.ZodType, value: unknown): string[] {
  const parsed = schema.safeParse(value);
  return parsed.success ? [] : fieldErrors(parsed.error).map(({ detail }) => detail);
}

describe('fieldErrors', () => {
  it.each<[string, z.ZodType, unknown, string]>([
    ['a missing number', z.object({ a: z.number() }), {}, 'is required'],
    ['a missing list', z.object({ a: z.array(z.string()) }), {}, 'is required'],
    ['a missing union', z.object({ a: z.union([z.string(), z.number()]) }), {}, 'is required'],
    ['an enumeration', z.enum(['a', 'b']), 'c', 'must be one of "a", "b"'],
    ['literals', z.literal([1, 2]), 3, 'must be one of 1, 2'],
    ['one literal', z.literal('on'), 'off', 'must be "on"'],
    ['a union of literals', literals, 200, 'must be one of 301, 302'],
    ['unions in a union', z.union([literals, z.enum(['x'])]), 1, 'must be one of 301, 302, "x"'],
    [
      'a discriminator',
      z.discriminatedUnion('t', [z.object({ t: z.literal('p') }), z.object({ t: z.literal('q') })]),
      { t: 'z' },
      'must be one of "p", "q"',
    ],
    [
      'a long enumeration',
      z.enum(Array.from({ length: 30 }, (_, index) => `v${index}`)),
      'x',
      `must be one of ${Array.from({ length: 20 }, (_, index) => `"v${index}"`).join(', ')} and 10 more`,
    ],
    [
      'another union',
      z.union([z.string(), z.number()]),
      true,
      'Invalid input: expected string, received boolean, or Invalid input: expected number, received boolean',
    ],
    ['a message of the schema', z.enum(['a'], { error: 'must be a' }), 'b', 'must be a'],
  ])('describes %s', (_, schema, value, detail) => {
    expect(detailsOf(schema, value)).toEqual([detail]);
  });
});
