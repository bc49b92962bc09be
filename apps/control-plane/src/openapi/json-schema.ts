import { z } from 'zod';

/** A JSON Schema (draft 2020-12), which is what OpenAPI 3.1 uses. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** The JSON Schema of what a request may contain. */
export function inputSchema(schema: z.ZodType): JsonSchema {
  const { $schema: _dialect, ...json } = z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
  });
  return withSharedAttachments(json);
}

/**
 * The JSON Schema of what a response contains. Properties with a default are always present, and
 * unknown properties are allowed, because a later version may add some.
 */
export function outputSchema(schema: z.ZodType): JsonSchema {
  return answered(inputSchema(schema));
}

export const reference = (name: string): JsonSchema => ({ $ref: `#/components/schemas/${name}` });

/**
 * Replaces the schema of policy attachments, the same for every kind, by a reference to one
 * component.
 */
function withSharedAttachments(json: JsonSchema): JsonSchema {
  const properties = json['properties'] as Readonly<Record<string, JsonSchema>> | undefined;
  if (properties?.['policies'] === undefined) return json;
  return {
    ...json,
    properties: {
      ...properties,
      policies: { ...properties['policies'], items: reference('PolicyAttachment') },
    },
  };
}

function answered(json: JsonSchema): JsonSchema {
  const { default: _default, additionalProperties, ...rest } = json;
  const changed: Record<string, unknown> = { ...rest };
  if (isSchema(additionalProperties))
    changed['additionalProperties'] = answered(additionalProperties);
  if (isSchema(json['items'])) changed['items'] = answered(json['items']);
  for (const union of ['oneOf', 'anyOf'] as const) {
    const branches = json[union];
    if (Array.isArray(branches))
      changed[union] = branches.map((branch) => (isSchema(branch) ? answered(branch) : branch));
  }
  if (isSchema(json['properties'])) {
    // Secrets are accepted and never shown.
    const properties = Object.entries(
      json['properties'] as Readonly<Record<string, JsonSchema>>,
    ).filter(([, property]) => property['writeOnly'] !== true);
    const required = (json['required'] as readonly string[] | undefined) ?? [];
    changed['properties'] = Object.fromEntries(
      properties.map(([name, property]) => [name, answered(property)]),
    );
    changed['required'] = properties
      .filter(([name, property]) => required.includes(name) || 'default' in property)
      .map(([name]) => name);
  }
  return changed;
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
