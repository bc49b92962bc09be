import { describe, expect, it } from '@jest/globals';
import { builtInPolicySchemas } from '@sluice/policies/schemas';
import { z } from 'zod';
import { KeyInput, resourceSchemas } from './index.ts';

interface JsonSchema {
  readonly type?: string;
  readonly format?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly propertyNames?: JsonSchema;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly allOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly maxLength?: number;
  readonly maxItems?: number;
  readonly maxProperties?: number;
}

/** Finds values of a schema that have no bound. */
function unbounded(schema: JsonSchema, at: string): string[] {
  const parts = [...(schema.anyOf ?? []), ...(schema.allOf ?? []), ...(schema.oneOf ?? [])];
  const found = parts.flatMap((part, index) => unbounded(part, `${at}|${index}`));
  if (schema.const !== undefined || schema.enum !== undefined) return found;
  if (schema.type === 'string' && schema.maxLength === undefined && schema.format !== 'uuid')
    found.push(`${at}: a string`);
  if (schema.type === 'array') {
    if (schema.maxItems === undefined) found.push(`${at}: an array`);
    if (schema.items === undefined) found.push(`${at}: an array of anything`);
    else found.push(...unbounded(schema.items, `${at}[]`));
  }
  for (const [name, property] of Object.entries(schema.properties ?? {}))
    found.push(...unbounded(property, `${at}.${name}`));
  if (schema.type === 'object' && schema.additionalProperties !== false) {
    if (schema.maxProperties === undefined) found.push(`${at}: a map`);
    found.push(...unbounded(schema.propertyNames ?? { type: 'string' }, `${at}{}`));
    if (typeof schema.additionalProperties === 'object')
      found.push(...unbounded(schema.additionalProperties, `${at}{}`));
  }
  return found;
}

const jsonSchemaOf = (schema: z.ZodType): JsonSchema =>
  z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema;

describe('every value of a configuration has a bound', () => {
  it.each(Object.entries({ ...resourceSchemas, KeyInput }))('in a %s', (name, schema) => {
    expect(unbounded(jsonSchemaOf(schema), name)).toEqual([]);
  });

  it.each(builtInPolicySchemas.map((schema) => [schema.name, schema.config] as const))(
    'in the configuration of %s',
    (name, schema) => {
      expect(unbounded(jsonSchemaOf(schema), name)).toEqual([]);
    },
  );

  it('the search finds values without a bound', () => {
    const loose = z.strictObject({
      a: z.string(),
      b: z.array(z.string().max(1)),
      c: z.record(z.string().max(1), z.int()),
      d: z.union([z.literal('x'), z.string()]),
    });
    expect(unbounded(jsonSchemaOf(loose), 'x')).toEqual([
      'x.a: a string',
      'x.b: an array',
      'x.c: a map',
      'x.d|1: a string',
    ]);
  });
});
