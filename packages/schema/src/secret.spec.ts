import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { secret, secretPaths } from './secret.ts';

const text = z.string().min(1);
const pathsOf = (schema: z.ZodType): string[] => secretPaths(schema).map((path) => path.join('/'));

describe('secretPaths', () => {
  it.each<[string, z.ZodType, string[]]>([
    ['a member', z.strictObject({ key: secret(text) }), ['key']],
    ['one that is described afterwards', z.object({ key: secret(text).describe('x') }), ['key']],
    ['one that is described before', z.object({ key: secret(text.describe('x')) }), ['key']],
    ['one that is checked afterwards', z.object({ key: secret(text).max(9) }), ['key']],
    ['an optional member', z.object({ key: secret(text).optional() }), ['key']],
    ['a marked optional member', z.object({ key: secret(text.optional()) }), ['key']],
    ['a member with a default', z.object({ key: secret(text).default('x') }), ['key']],
    [
      'a transformed member',
      z.object({ key: secret(text).transform((value) => value.length) }),
      ['key'],
    ],
    ['elements', z.object({ all: z.array(z.object({ key: secret(text) })) }), ['all/*/key']],
    ['members of a record', z.record(z.string(), secret(text)), ['*']],
    [
      'alternatives',
      z.object({ by: z.union([z.object({ a: secret(text) }), z.object({ b: secret(text) })]) }),
      ['by/a', 'by/b'],
    ],
    [
      'alternatives by type',
      z.discriminatedUnion('type', [
        z.object({ type: z.literal('a'), key: secret(text) }),
        z.object({ type: z.literal('b'), hash: text }),
      ]),
      ['key'],
    ],
    ['a refined object', z.object({ key: secret(text) }).superRefine(() => undefined), ['key']],
    [
      'a prefault',
      z.object({ tls: z.object({ key: secret(text) }).prefault({ key: 'x' }) }),
      ['tls/key'],
    ],
    ['nothing', z.object({ key: text }), []],
  ])('finds %s', (_, schema, expected) => expect(pathsOf(schema)).toEqual(expected));

  it('ends in a schema that contains itself', () => {
    const node: z.ZodType = z.object({ key: secret(text), next: z.lazy(() => node).optional() });
    expect(pathsOf(node)).toContain('next/next/key');
  });

  it('keeps the description, and shows the field as write-only in JSON Schema', () => {
    const schema = z.toJSONSchema(z.object({ key: secret(text.describe('the key')) }));
    expect(schema.properties?.['key']).toMatchObject({
      description: 'the key',
      writeOnly: true,
    });
  });
});
