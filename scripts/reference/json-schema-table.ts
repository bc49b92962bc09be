import { z } from 'zod';
import { table } from './markdown.ts';

interface JsonSchema {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly required?: readonly string[];
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
}

/** One row per property of an object schema, nested objects included: what people may write. */
export function propertiesTable(schema: z.ZodType): string {
  const json = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema;
  if (json.oneOf !== undefined) return json.oneOf.map(branchTable).join('\n\n');
  const rows = propertyRows(json, '');
  return rows.length === 0
    ? 'No properties.'
    : table(['property', 'type', 'default', 'meaning'], rows);
}

/** One form of an object that has several, told apart by `type`. */
function branchTable(branch: JsonSchema): string {
  const { type } = branch.properties ?? {};
  const rows = propertyRows(branch, '');
  return `With \`"type": ${JSON.stringify(type?.const)}\`:\n\n${table(['property', 'type', 'default', 'meaning'], rows)}`;
}

function propertyRows(schema: JsonSchema, prefix: string): string[][] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, property]) => {
    const path = prefix + name;
    const required = schema.required?.includes(name) === true;
    const initial =
      property.default === undefined
        ? required
          ? '**required**'
          : ''
        : `\`${JSON.stringify(property.default)}\``;
    const row = [`\`${path}\``, typeOf(property), initial, property.description ?? ''];
    const nested =
      property.type === 'array'
        ? propertyRows(property.items ?? {}, `${path}[].`)
        : propertyRows(property, `${path}.`);
    return [row, ...nested];
  });
}

function typeOf(schema: JsonSchema): string {
  if (schema.const !== undefined) return `\`${JSON.stringify(schema.const)}\``;
  if (schema.enum !== undefined)
    return schema.enum.map((value) => `\`${JSON.stringify(value)}\``).join(', ');
  if (schema.anyOf !== undefined) return schema.anyOf.map(typeOf).join(' or ');
  if (schema.type === 'array')
    return `list of ${typeOf(schema.items ?? {})}${bounds(schema.minItems, schema.maxItems)}`;
  if (schema.type === 'object' && typeof schema.additionalProperties === 'object') return 'map';
  return `${schema.type ?? 'any'}${bounds(schema.minimum, schema.maximum)}`;
}

function bounds(minimum: number | undefined, maximum: number | undefined): string {
  if (minimum === undefined && maximum === undefined) return '';
  // zod states the range of safe integers for every integer: that says nothing.
  const shown = (limit: number | undefined): string =>
    limit === undefined || Math.abs(limit) === Number.MAX_SAFE_INTEGER ? '' : String(limit);
  const [low, high] = [shown(minimum), shown(maximum)];
  return low === '' && high === '' ? '' : ` ${low}…${high}`;
}
