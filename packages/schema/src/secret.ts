import type { z } from 'zod';

/**
 * Marks a string as a secret: the Admin API accepts it and never shows it, it is encrypted at rest,
 * and nodes receive it over TLS or loopback only. The schema must accept every string that has a
 * character, because the stored form is not the secret itself; other checks of its content happen
 * when it is written.
 */
export function secret<Schema extends z.ZodType>(schema: Schema): Schema {
  return schema.meta({ ...schema.meta(), secret: true, writeOnly: true }) as Schema;
}

/** The position of marked fields in a value; `*` stands for every element or member. */
export type FieldPath = readonly string[];

/** Schemas that refer to themselves are followed to this depth. */
const maxDepth = 16;

/** Returns the positions of all secrets that a value of the schema may have. */
export function secretPaths(schema: z.ZodType): FieldPath[] {
  return markedPaths(schema, (meta) => meta['secret'] === true);
}

/** Returns the positions of all fields whose metadata (`.meta()`) satisfies the condition. */
export function markedPaths(
  schema: z.ZodType,
  isMarked: (meta: Readonly<Record<string, unknown>>) => boolean,
): FieldPath[] {
  const found = new Map<string, FieldPath>();
  const visit = (each: z.core.$ZodType, path: FieldPath): void => {
    if (path.length > maxDepth) return;
    const meta = (each as z.ZodType).meta();
    if (meta !== undefined && isMarked(meta)) found.set(path.join('/'), path);
    else for (const [step, inner] of innerOf(each)) visit(inner, [...path, ...step]);
  };
  visit(schema, []);
  return [...found.values()];
}

/** The schemas inside a schema, each with the step that leads to its values. */
function innerOf(schema: z.core.$ZodType): [FieldPath, z.core.$ZodType][] {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  switch (def.type) {
    case 'object':
      return Object.entries(def.shape).map(([name, inner]) => [[name], inner]);
    case 'array':
      return [[['*'], def.element]];
    case 'record':
      return [[['*'], def.valueType]];
    case 'tuple':
      return def.items.map((inner, index) => [[String(index)], inner]);
    case 'union':
      return def.options.map((inner) => [[], inner]);
    case 'intersection':
      return [
        [[], def.left],
        [[], def.right],
      ];
    case 'pipe':
      return [
        [[], def.in],
        [[], def.out],
      ];
    case 'lazy':
      return [[[], def.getter()]];
    case 'optional':
    case 'nullable':
    case 'default':
    case 'prefault':
    case 'nonoptional':
    case 'readonly':
    case 'catch':
      return [[[], def.innerType]];
    default:
      return [];
  }
}
