import { credentialTypes, kindOf, kinds } from '@sluice/config';
import type { z } from 'zod';
import type { Kind } from '@sluice/config';
import { ListQuery } from '../platform/http/list-query.ts';
import {
  CredentialListQuery,
  KeyListQuery,
} from '../features/credentials/credential-list-query.ts';
import { pageSchema, schemaName } from './components.ts';
import {
  inputExample,
  keyInputExample,
  patchExample,
  secondExampleName,
  serviceRouteExample,
} from './examples.ts';
import { reference } from './json-schema.ts';
import type { JsonSchema } from './json-schema.ts';
import { WaitQuery, operation } from './operation.ts';
import type { Operation, Parameter } from './operation.ts';

/** The operations of one path, by lower-case method. */
export type PathItem = Readonly<Record<string, Operation>>;

const prefer: Parameter = {
  name: 'Prefer',
  description: '`wait=5` has the same effect as `?wait=applied&timeout=5s` (RFC 7240).',
};
const idempotencyKey: Parameter = {
  name: 'Idempotency-Key',
  description:
    'Within a day, a repetition of the request with the same key gets the response to the first.',
};
const ifMatch: Parameter = {
  name: 'If-Match',
  description: 'The entity tag that the resource must still have.',
};
const ifNoneMatch: Parameter = {
  name: 'If-None-Match',
  description: '`*` requires that the resource does not exist yet.',
};

/**
 * Kinds that other resources refer to. Such a resource cannot be deleted while it is referred to,
 * except by resources that it owns.
 */
const referredKinds: ReadonlySet<string> = new Set(
  kinds.flatMap((kind) => {
    const { references, owner } = kindOf(kind);
    return Object.entries(references).flatMap(([path, target]) =>
      path === owner?.property ? [] : [target],
    );
  }),
);

/** A collection of resources, at the root of the API or below an owner. */
interface Place {
  readonly kind: Kind;
  /** Path template of the collection. */
  readonly path: string;
  /** Parameters of that path. */
  readonly owners: readonly string[];
  /** Prefix of the operation ids. */
  readonly prefix: string;
  /** What the texts call one resource, and the name of its path parameter. */
  readonly noun: string;
  /** Name of the response schema; that of requests ends in `Input`. */
  readonly schema: string;
  readonly tag: string;
  readonly query: z.ZodObject;
  /** Content of a creation. */
  readonly example: object;
}

const placeOf = (kind: Kind, path: string, owners: readonly string[]): Place => ({
  kind,
  path,
  owners,
  prefix: kindOf(kind).collection,
  noun: kind,
  schema: schemaName(kind),
  tag: kindOf(kind).collection,
  query: kind === 'credential' ? CredentialListQuery : ListQuery,
  example: inputExample(kind),
});

/** The paths of a kind's collection and of its single resources, at the root or below its owner. */
export function resourcePaths(kind: Kind): Record<string, PathItem> {
  const { collection, owner } = kindOf(kind);
  const root = owner === undefined ? '' : ownerPath(owner.kind as Kind);
  const owners = owner === undefined ? [] : [owner.kind];
  const place = placeOf(kind, `/v1${root}/${collection}`, owners);
  const { get, patch, delete: remove } = single(place);
  if (owner !== undefined) {
    return {
      [place.path]: { get: list(place), post: create(place, createdWithSecret(place)) },
      [`${place.path}/{${kind}}`]: { get, patch, delete: remove },
    };
  }
  return {
    [place.path]: { get: list(place), post: create(place) },
    [`${place.path}/{${kind}}`]: { get, put: replace(place), patch, delete: remove },
  };
}

const ownerPath = (kind: Kind): string => `/${kindOf(kind).collection}/{${kind}}`;

/** The short way to credentials of type `key`. */
export function keyPaths(): Record<string, PathItem> {
  const place: Place = {
    ...placeOf('credential', '/v1/consumers/{consumer}/keys', ['consumer']),
    prefix: 'keys',
    noun: 'key',
    schema: 'Key',
    tag: 'keys',
    query: KeyListQuery,
    example: keyInputExample,
  };
  const { get, patch, delete: remove } = single(place);
  const keyCreated = createdWithSecret(place, ['key'], credentialTypes.key.shownOnce);
  return {
    [place.path]: { get: list(place), post: create(place, keyCreated) },
    [`${place.path}/{key}`]: { get, patch, delete: remove },
  };
}

/** The credentials of all consumers. */
export function allCredentialPaths(): Record<string, PathItem> {
  const get = operation({
    id: 'allCredentials.list',
    tag: 'credentials',
    summary: 'List the credentials of all consumers, in the order of their ids',
    query: CredentialListQuery,
    answers: {
      200: {
        description: 'One page of the list.',
        schema: pageSchema(reference(schemaName('credential'))),
      },
    },
  });
  return { '/v1/credentials': { get } };
}

/** The path of a service's routes. */
export function serviceRoutePaths(): Record<string, PathItem> {
  const place: Place = {
    ...placeOf('route', '/v1/services/{service}/routes', ['service']),
    prefix: 'serviceRoutes',
    example: serviceRouteExample,
  };
  return { [place.path]: { get: list(place), post: create(place) } };
}

function list({ kind, owners, prefix, tag, schema, query }: Place): Operation {
  const { collection } = kindOf(kind);
  return operation({
    id: `${prefix}.list`,
    tag,
    summary: `List ${prefix === 'keys' ? prefix : collection} by name`,
    path: owners,
    query,
    answers: {
      200: {
        description: 'One page of the list.',
        schema: pageSchema(reference(schema)),
      },
    },
    ...(owners.length === 0 ? {} : { problems: [404] }),
  });
}

function create(place: Place, created = written(place)): Operation {
  const { owners, prefix, noun, schema, tag, example } = place;
  return operation({
    id: `${prefix}.create`,
    tag,
    summary: `Create a ${noun}`,
    path: owners,
    query: WaitQuery,
    headers: [prefer, idempotencyKey],
    content: { schema: reference(`${schema}Input`), example },
    answers: {
      201: {
        description: 'Created. Location, ETag and Sluice-Revision describe the new resource.',
        schema: created,
      },
      ...pending(created),
    },
    // 412: a precondition on a request that creates never holds, because there is no resource yet.
    problems: [403, 409, 412, 422, ...(owners.length === 0 ? [] : [404])],
  });
}

function replace(place: Place): Operation {
  const { kind, prefix } = place;
  return operation({
    id: `${prefix}.put`,
    tag: kindOf(kind).collection,
    summary: `Create or replace a ${kind}`,
    description:
      'Creates the resource under the name in the path, or replaces it as a whole. The content may omit the name. A resource may be sent back as it was read: id, createdAt and updatedAt are accepted when they equal the stored values.',
    path: [kind],
    pathExamples: { [kind]: secondExampleName },
    query: WaitQuery,
    headers: [prefer, ifMatch, ifNoneMatch],
    content: {
      schema: reference(`${schemaName(kind)}Input`),
      example: inputExample(kind, secondExampleName),
    },
    answers: {
      200: { description: 'Replaced.', schema: written(place) },
      201: { description: 'Created.', schema: written(place) },
      ...pending(written(place)),
    },
    problems: [403, 404, 409, 412, 422],
  });
}

function single(place: Place): {
  get: Operation;
  patch: Operation;
  delete: Operation;
} {
  const { kind, owners, prefix, noun, schema, tag } = place;
  const path = [...owners, noun];
  const facts = { tag, path };
  return {
    get: operation({
      ...facts,
      id: `${prefix}.get`,
      summary: `Read a ${noun}`,
      headers: [
        {
          name: 'If-None-Match',
          description: 'The entity tag of the representation that the caller already has.',
        },
      ],
      answers: {
        200: {
          description: 'Found. ETag holds its entity tag.',
          schema: reference(schema),
        },
        304: { description: 'Not modified.' },
      },
      problems: [404],
    }),
    patch: operation({
      ...facts,
      id: `${prefix}.patch`,
      summary: `Change a ${noun}`,
      description:
        'Applies a JSON merge patch (RFC 7396): null removes a property, and lists are replaced.',
      query: WaitQuery,
      headers: [prefer, ifMatch],
      content: {
        schema: { type: 'object' },
        example: patchExample,
        mediaTypes: ['application/merge-patch+json', 'application/json'],
      },
      answers: {
        200: {
          description: 'Changed, or unchanged because it already had these values.',
          schema: written(place),
        },
        ...pending(written(place)),
      },
      problems: [403, 404, 409, 412, 422],
    }),
    delete: operation({
      ...facts,
      id: `${prefix}.delete`,
      summary: `${kindOf(kind).removal} a ${noun}`,
      // An owned resource has no PUT, so the example removes the one that POST created.
      ...(owners.length > 0 ? {} : { pathExamples: { [kind]: secondExampleName } }),
      query: WaitQuery,
      headers: [prefer, ifMatch],
      answers: {
        200: { description: 'Deleted, and the nodes have applied the revision.', schema: deleted },
        204: { description: 'Deleted.' },
        ...pending(deleted),
      },
      problems: [403, 404, ...(referredKinds.has(kind) ? [409] : []), 412, 422],
    }),
  };
}

const nodes = {
  type: 'array',
  items: reference('NodeOutcome'),
  description: 'The outcome at each node. Present only when the request asked to wait.',
};
const revision = { type: 'integer', description: 'The revision that the write created.' };
const deleted: JsonSchema = {
  type: 'object',
  required: ['revision', 'nodes'],
  properties: { revision, nodes },
};

function written({ kind, schema }: Place): JsonSchema {
  const warnings =
    kind === 'route' ? { warnings: { type: 'array', items: reference('Warning') } } : {};
  return {
    allOf: [
      reference(schema),
      { type: 'object', required: ['revision'], properties: { revision, ...warnings, nodes } },
    ],
  };
}

/** The response to a creation, the only one that shows some members. */
function createdWithSecret(
  { kind, schema }: Place,
  required: readonly string[] = [],
  shownOnce = kindOf(kind).shownOnce ?? {},
): JsonSchema {
  const secrets = Object.entries(shownOnce).map(
    ([name, description]) => [name, { type: 'string', description }] as const,
  );
  return {
    allOf: [
      reference(schema),
      {
        type: 'object',
        required: [...required, 'revision'],
        properties: { ...Object.fromEntries(secrets), revision, nodes },
      },
    ],
  };
}

function pending(schema: JsonSchema): Record<202, { description: string; schema: JsonSchema }> {
  return {
    202: {
      description: 'Committed, but not all nodes have applied it yet; `nodes` lists them.',
      schema,
    },
  };
}
