import {
  KeyInput,
  PolicyAttachment,
  keyCredential,
  kindOf,
  kinds,
  resourceSchemas,
} from '@sluice/config';
import type { Kind } from '@sluice/config';
import { errorCodes } from '@sluice/errors';
import { Role } from '../platform/auth/role.ts';
import { warningCodes } from '../features/resources/warning.ts';
import { TokenInput } from '../features/tokens/token-input.ts';
import { inputExample, otherExamples, outputExample } from './examples.ts';
import { inputSchema, outputSchema, reference } from './json-schema.ts';
import type { JsonSchema } from './json-schema.ts';

const instant = { type: 'string', format: 'date-time' };
const uuid = { type: 'string', format: 'uuid' };

/** Name of a kind's response schema, such as `Service`; its input schema is `ServiceInput`. */
export function schemaName(kind: Kind): string {
  return kind.charAt(0).toUpperCase() + kind.slice(1);
}

/** The schema of one page of a list of `entry`. */
export function pageSchema(entry: JsonSchema): JsonSchema {
  return {
    type: 'object',
    required: ['data', 'next'],
    properties: {
      data: { type: 'array', items: entry },
      next: { type: ['string', 'null'], description: 'Cursor of the next page; null on the last.' },
    },
  };
}

/** All named schemas. */
export function componentSchemas(): Record<string, JsonSchema> {
  const schemas: Record<string, JsonSchema> = {
    ...Object.fromEntries(
      kinds.flatMap((kind) => [
        [`${schemaName(kind)}Input`, input(kind)] as const,
        [schemaName(kind), output(kind)] as const,
      ]),
    ),
    KeyInput: inputSchema(KeyInput),
    Key: shownSchema(
      outputSchema(keyCredential.schema.omit({ type: true })),
      keyCredential.hidden,
      computedProperties('credential'),
    ),
    PolicyAttachment: inputSchema(PolicyAttachment),
    Policy: policy,
    Token: token,
    TokenInput: inputSchema(TokenInput),
    Node: node,
    NodeOutcome: nodeOutcome,
    AppliedReport: appliedReport,
    Fault: fault,
    Warning: object({
      code: { type: 'string', enum: [...warningCodes] },
      detail: { type: 'string' },
    }),
    Change: change,
    Revision: revision,
    EffectivePolicies: effective,
    Problem: problem,
  };
  return Object.fromEntries(
    Object.entries(schemas).map(([name, schema]) => [
      name,
      { ...schema, examples: [exampleOf(name)] },
    ]),
  );
}

function exampleOf(name: string): object | undefined {
  const kind = kinds.find(
    (each) => name === schemaName(each) || name === `${schemaName(each)}Input`,
  );
  if (kind === undefined) return otherExamples[name];
  return name.endsWith('Input') ? inputExample(kind) : outputExample(kind);
}

function input(kind: Kind): JsonSchema {
  return inputSchema(kindOf(kind).input ?? resourceSchemas[kind]);
}

/** The spec and the members that the control plane adds, without those that are never shown. */
function output(kind: Kind): JsonSchema {
  const schema = outputSchema(resourceSchemas[kind]);
  const { hidden } = kindOf(kind);
  const { oneOf } = schema as { readonly oneOf?: readonly JsonSchema[] };
  const computed = computedProperties(kind);
  if (oneOf !== undefined)
    return { oneOf: oneOf.map((each) => shownSchema(each, hidden, computed)) };
  return shownSchema(schema, hidden, computed);
}

function computedProperties(kind: Kind): Readonly<Record<string, JsonSchema>> {
  const { computed } = kindOf(kind);
  if (computed === undefined) return {};
  return outputSchema(computed)['properties'] as Readonly<Record<string, JsonSchema>>;
}

function shownSchema(
  schema: JsonSchema,
  hidden: readonly string[],
  added: Readonly<Record<string, JsonSchema>> = {},
): JsonSchema {
  const { properties, required } = schema as {
    readonly properties: Readonly<Record<string, JsonSchema>>;
    readonly required: readonly string[];
  };
  const shown = Object.entries(properties).filter(([name]) => !hidden.includes(name));
  const names = shown.map(([name]) => name);
  return {
    type: 'object',
    required: ['id', ...required.filter((name) => names.includes(name)), 'createdAt', 'updatedAt'],
    properties: {
      id: uuid,
      ...Object.fromEntries(shown),
      ...added,
      createdAt: instant,
      updatedAt: instant,
    },
  };
}

/** An object schema in which every property is required except those that `optional` names. */
function object(
  properties: Readonly<Record<string, JsonSchema>>,
  optional: readonly string[] = [],
): JsonSchema {
  return {
    type: 'object',
    required: Object.keys(properties).filter((name) => !optional.includes(name)),
    properties,
  };
}

const text = { type: 'string' };
const count = { type: 'integer', minimum: 0 };
const list = (items: JsonSchema): JsonSchema => ({ type: 'array', items });

const fault = object({
  kind: text,
  id: text,
  name: text,
  pointer: { type: 'string', description: 'RFC 6901 JSON Pointer into the resource.' },
  code: text,
  reason: text,
});

const nodeState = { type: 'string', enum: ['live', 'stale', 'draining'] };

const node = object({
  id: text,
  gateway: text,
  version: text,
  schemaLevel: {
    ...count,
    description: "Level of the node's schemas. It is sent no properties of later levels.",
  },
  kinds: {
    ...list(text),
    description: 'Kinds of resources that the node understands. It is sent no others.',
  },
  receivesSecrets: {
    type: 'boolean',
    description:
      'False for a node whose connection has no TLS and is not local: it is sent neither private keys nor other secrets.',
  },
  state: nodeState,
  appliedRevision: count,
  nackedRevision: {
    type: ['integer', 'null'],
    description: 'The newer revision that the node rejected; null when there is none.',
  },
  faults: {
    ...list(reference('Fault')),
    description:
      'Faults in resources that the node cannot use: those for which it rejected a revision, and those of the resources that it quarantines.',
  },
  targets: {
    ...list(object({ service: text, address: text, healthy: { type: 'boolean' } })),
    description: 'Health of the targets as seen by this node.',
  },
  connectedAt: instant,
  lastSeenAt: instant,
});

const nodeOutcome = object(
  {
    id: text,
    gateway: text,
    state: nodeState,
    appliedRevision: count,
    outcome: {
      type: 'string',
      enum: ['applied', 'pending', 'rejected', 'not-waited'],
      description:
        'Stale and draining nodes are listed as `not-waited`: a write does not wait for them.',
    },
    faults: list(reference('Fault')),
  },
  ['faults'],
);

const appliedReport = object({
  revision: count,
  status: { type: 'string', enum: ['applied', 'pending', 'rejected'] },
  nodes: list(reference('NodeOutcome')),
});

const change = object(
  {
    action: { type: 'string', enum: ['created', 'updated', 'deleted'] },
    kind: { type: 'string', enum: [...kinds] },
    id: uuid,
    name: text,
    before: {
      type: ['object', 'null'],
      description: 'The resource before the change; null when it was created. Absent from lists.',
    },
    after: {
      type: ['object', 'null'],
      description: 'The resource after the change; null when it was deleted. Absent from lists.',
    },
  },
  ['before', 'after'],
);

const revision = object({
  revision: count,
  committedAt: instant,
  actor: { type: 'string', description: 'Name of the token that made the change.' },
  requestId: text,
  gateways: {
    type: ['array', 'null'],
    items: text,
    description: 'Names of the gateways that the revision affects; null when it may affect all.',
  },
  changes: list(reference('Change')),
});

const policy = object(
  {
    name: text,
    summary: text,
    origin: { type: 'string', enum: ['built-in', 'custom'] },
    phases: list(text),
    attach: {
      ...list(text),
      description: 'Kinds of resources that the policy can be attached to.',
    },
    answers: {
      type: 'boolean',
      description:
        'Whether the policy answers requests itself, so that its route needs no service.',
    },
    authenticates: {
      enum: [false, true, 'fallback'],
      description:
        'Whether the policy is one of the alternatives that authenticate the caller; a `fallback` is asked when no other found a credential.',
    },
    errors: {
      ...list(
        object({
          code: text,
          status: { type: 'integer' },
          source: { type: 'string', enum: ['client', 'gateway', 'upstream'] },
          retry: { type: 'boolean' },
          title: text,
        }),
      ),
      description: 'Error codes of the policy, besides those that all policies use.',
    },
    onError: {
      type: 'string',
      enum: ['open', 'closed'],
      description:
        'Default of `onError` in an attachment: whether a request passes (`open`) or is refused (`closed`) when a dependency of the policy fails.',
    },
    config: { type: 'object', description: 'JSON Schema of the configuration of the policy.' },
  },
  ['onError', 'errors'],
);

const token = object(
  {
    id: uuid,
    name: text,
    role: inputSchema(Role),
    createdAt: instant,
    expiresAt: instant,
    lastUsedAt: instant,
  },
  ['expiresAt', 'lastUsedAt'],
);

const effective = object({
  route: text,
  gateway: { type: ['string', 'null'] },
  service: { type: ['string', 'null'] },
  consumer: { type: ['string', 'null'] },
  policies: list({
    allOf: [
      reference('PolicyAttachment'),
      object({ from: object({ kind: text, id: uuid, name: text }, ['id', 'name']) }),
    ],
  }),
});

const problem = object(
  {
    type: { type: 'string', format: 'uri' },
    title: text,
    status: { type: 'integer' },
    code: { type: 'string', enum: [...errorCodes] },
    detail: text,
    requestId: text,
    errors: list(
      object({
        pointer: { type: 'string', description: 'RFC 6901 JSON Pointer into the request content.' },
        detail: text,
      }),
    ),
  },
  ['detail', 'requestId', 'errors'],
);
