import { z } from 'zod';
import { pathExample } from './examples.ts';
import { inputSchema, reference } from './json-schema.ts';
import type { JsonSchema } from './json-schema.ts';

/** One operation of an OpenAPI path. */
export type Operation = Readonly<Record<string, unknown>>;

/** The properties in which operations differ. */
export interface OperationFacts {
  readonly id: string;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  /** Names of the path parameters. */
  readonly path?: readonly string[];
  readonly query?: z.ZodObject;
  readonly headers?: readonly Parameter[];
  readonly content?: {
    readonly schema: JsonSchema;
    readonly example: object;
    readonly mediaTypes?: readonly string[];
  };
  /** Example values of path parameters that differ from {@link pathExample}. */
  readonly pathExamples?: Readonly<Record<string, string>>;
  readonly answers: Readonly<
    Record<number, { readonly description: string; readonly schema?: JsonSchema }>
  >;
  /**
   * Statuses of problem responses beyond those of all operations, of requests with content and of
   * tokens.
   */
  readonly problems?: readonly number[];
  readonly isPublic?: boolean;
}

/**
 * Any request may be malformed, too slow or too large, or fail because of the server or its
 * database.
 */
const problemsOfAll = [400, 408, 414, 417, 431, 500, 501, 503];
const problemsOfTokens = [401, 429];
const problemsOfContent = [413, 415];

/** A header parameter. */
export interface Parameter {
  readonly name: string;
  readonly description: string;
}

/**
 * Builds an OpenAPI operation, with the parameters and problem responses that all operations share.
 */
export function operation(facts: OperationFacts): Operation {
  const {
    id,
    tag,
    summary,
    description,
    path = [],
    query,
    headers = [],
    content,
    answers,
    problems = [],
    isPublic = false,
    pathExamples = {},
  } = facts;
  const parameters = [
    ...path.map((name) => ({
      name,
      in: 'path',
      required: true,
      schema: { type: 'string' },
      example: pathExamples[name] ?? pathExample(name),
      description: pathParameterText(name),
    })),
    ...(query === undefined ? [] : queryParameters(query)),
    ...headers.map(({ name, description: text }) => ({
      name,
      in: 'header',
      required: false,
      schema: { type: 'string' },
      description: text,
    })),
  ];
  return {
    operationId: id,
    tags: [tag],
    summary,
    ...(description === undefined ? {} : { description }),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(content === undefined
      ? {}
      : {
          requestBody: {
            required: true,
            content: contentOf(content.schema, content.mediaTypes, content.example),
          },
        }),
    responses: {
      ...answersOf(answers),
      ...problemsOf([
        ...problemsOfAll,
        ...(isPublic ? [] : problemsOfTokens),
        ...(content === undefined ? [] : problemsOfContent),
        ...problems,
      ]),
    },
    ...(isPublic ? { security: [] } : {}),
  };
}

/** Describes `wait` and `timeout`. `parseWait` parses them, because one depends on the other. */
export const WaitQuery = z.object({
  wait: z
    .enum(['applied'])
    .optional()
    .describe(
      'Delays the response until every live node of the affected gateways has applied the write.',
    ),
  timeout: z
    .string()
    .optional()
    .describe(
      'How long to wait, such as 500ms, 5s or 1m; at most 1m. The default is 5s. Requires wait.',
    ),
});

function pathParameterText(name: string): string {
  return name === 'revision'
    ? 'Number of the revision.'
    : name === 'policy' || name === 'node'
      ? `Name of the ${name}.`
      : `Id or name of the ${name}.`;
}

function queryParameters(query: z.ZodObject): object[] {
  return Object.entries(query.shape).map(([name, schema]) => {
    const { description, ...json } = unwrapped(inputSchema(schema as z.ZodType));
    // Every parameter is parsed from a string, but clients should see a number.
    const shown =
      name === 'limit' ? { type: 'integer', minimum: 1, maximum: 1000, default: 100 } : json;
    return {
      name,
      in: 'query',
      required: false,
      schema: shown,
      ...(description === undefined ? {} : { description }),
    };
  });
}

/** Unwraps the schema of a parameter that may occur once, which is a tuple of one. */
function unwrapped(json: JsonSchema): JsonSchema {
  const { prefixItems, type, items: _items, minItems: _least, maxItems: _most, ...rest } = json;
  const [only] = (prefixItems as readonly JsonSchema[] | undefined) ?? [];
  return only === undefined ? json : { ...only, ...rest };
}

function contentOf(
  schema: JsonSchema,
  mediaTypes: readonly string[] = ['application/json'],
  example?: object,
): object {
  return Object.fromEntries(
    mediaTypes.map((mediaType) => [
      mediaType,
      { schema, ...(example === undefined ? {} : { example }) },
    ]),
  );
}

function answersOf(answers: OperationFacts['answers']): Record<string, object> {
  return Object.fromEntries(
    Object.entries(answers).map(([status, { description, schema }]) => [
      status,
      { description, ...(schema === undefined ? {} : { content: contentOf(schema) }) },
    ]),
  );
}

function problemsOf(statuses: readonly number[]): Record<string, object> {
  return Object.fromEntries(
    [...statuses]
      .sort((a, b) => a - b)
      .map((status) => [status, { $ref: '#/components/responses/Problem' }]),
  );
}

/** The response that all problems share. */
export const problemResponse = {
  description:
    'A problem (RFC 9457). `code` identifies it, `detail` explains it, and `errors` lists every fault of the request content.',
  content: { 'application/problem+json': { schema: reference('Problem') } },
};
