import { describe, expect, it } from '@jest/globals';
import { definePolicySchema } from '@sluice/policy-sdk';
import { markedPaths, secret } from '@sluice/schema';
import { builtInPolicySchemas } from '@sluice/policies/schemas';
import { z } from 'zod';
import { createPolicyCatalogue, kindOf, kinds, schemaLevel } from './index.ts';
import { describeSchemas, fieldRules } from './schema-rules.ts';

const text = z.string();
const newer = text.optional().meta({ since: 2 });
const rulesOf = (schema: z.ZodType): string[] =>
  fieldRules(schema).map(
    ({ path, since, isSecret, isRequired }) =>
      `${path.join('/')} ${since}${isSecret ? ' secret' : ''}${isRequired ? ' required' : ''}`,
  );

describe('the rules of a schema', () => {
  it.each<[string, z.ZodType, string[]]>([
    ['a newer property', z.strictObject({ a: text, b: newer }), ['b 2']],
    [
      'one in an array',
      z.strictObject({ all: z.array(z.strictObject({ b: newer })) }),
      ['all/*/b 2'],
    ],
    [
      'several levels',
      z.strictObject({
        b: z
          .strictObject({ c: text.optional().meta({ since: 3 }) })
          .optional()
          .meta({ since: 2 }),
      }),
      ['b 2', 'b/c 3'],
    ],
    [
      'one that must not be ignored',
      z.strictObject({ b: text.optional().meta({ since: 2, ifUnknown: 'refuse' }) }),
      [],
    ],
    [
      'one without which the resource is left out',
      z.strictObject({ b: text.optional().meta({ since: 2, ifUnknown: 'omit' }) }),
      ['b 2 required'],
    ],
    ['a required secret', z.strictObject({ key: secret(text) }), ['key 0 secret required']],
    ['an optional secret', z.strictObject({ key: secret(text).optional() }), ['key 0 secret']],
    [
      'a secret of one alternative',
      z.discriminatedUnion('type', [
        z.strictObject({ type: z.literal('a'), key: secret(text) }),
        z.strictObject({ type: z.literal('b') }),
      ]),
      ['key 0 secret required'],
    ],
    [
      'a secret further down',
      z.strictObject({ tls: z.strictObject({ key: secret(text) }).optional() }),
      ['tls/key 0 secret'],
    ],
    ['nothing', z.strictObject({ a: text }), []],
  ])('name %s', (_, schema, expected) => expect(rulesOf(schema)).toEqual(expected));

  it('include the properties of policies, at the places where these can be attached', () => {
    const policy = definePolicySchema({
      name: 'sign',
      summary: 'Signs.',
      phases: ['transform'],
      attach: ['route'],
      config: z.strictObject({ key: secret(text), algorithm: newer }),
    });
    const { kinds: rules } = describeSchemas(createPolicyCatalogue([policy]));
    const path = ['policies', '*', 'config'];
    expect(rules['route']?.fields).toEqual(
      expect.arrayContaining([
        {
          path: [...path, 'algorithm'],
          policy: 'sign',
          since: 2,
          isSecret: false,
          isRequired: false,
        },
        { path: [...path, 'key'], policy: 'sign', since: 0, isSecret: true, isRequired: false },
      ]),
    );
    expect(rules['gateway']?.fields.filter((field) => field.policy === 'sign')).toEqual([]);
  });

  it('leave certificates out for nodes that are sent no secrets', () => {
    const { kinds: rules } = describeSchemas(createPolicyCatalogue([]));
    expect(rules['certificate']?.fields).toEqual([
      { path: ['key'], since: 0, isSecret: true, isRequired: true },
    ]);
  });

  it('are plain data', () => {
    const rules = describeSchemas(createPolicyCatalogue(builtInPolicySchemas));
    expect(JSON.parse(JSON.stringify(rules))).toEqual(rules);
    expect([rules.level, Object.keys(rules.kinds)]).toEqual([schemaLevel, [...kinds]]);
  });
});

describe('additions to the schemas', () => {
  const schemas: readonly (readonly [string, z.ZodType])[] = [
    ...kinds.map((kind) => [kind, kindOf(kind).schema] as const),
    ...builtInPolicySchemas.map(({ name, config }) => [`policy ${name}`, config] as const),
  ];

  it.each(schemas)('of %s name a level that exists, and how old nodes treat them', (_, schema) => {
    markedPaths(schema, ({ since, ifUnknown = 'skip' }) => {
      if (since !== undefined) {
        expect(Number(since)).toBeLessThanOrEqual(schemaLevel);
        expect(['skip', 'refuse', 'omit']).toContain(ifUnknown);
      }
      return false;
    });
  });

  it('are kinds of a level that exists', () => {
    for (const kind of kinds) expect(kindOf(kind).since ?? 0).toBeLessThanOrEqual(schemaLevel);
  });
});
