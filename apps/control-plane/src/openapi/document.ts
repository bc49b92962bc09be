import { kinds } from '@sluice/config';
import { PageQuery } from '../platform/http/list-query.ts';
import { EffectiveQuery } from '../features/routes/effective-query.ts';
import { componentSchemas, pageSchema } from './components.ts';
import { otherExamples } from './examples.ts';
import { reference } from './json-schema.ts';
import { operation, problemResponse } from './operation.ts';
import {
  allCredentialPaths,
  keyPaths,
  resourcePaths,
  serviceRoutePaths,
} from './resource-paths.ts';
import type { PathItem } from './resource-paths.ts';
import { shareParameters } from './shared-parameters.ts';

/** An OpenAPI 3.1 document. */
export interface OpenApiDocument {
  readonly openapi: '3.1.0';
  readonly info: Readonly<Record<string, unknown>>;
  readonly paths: Readonly<Record<string, PathItem>>;
  readonly components: Readonly<Record<string, unknown>>;
  readonly [member: string]: unknown;
}

/**
 * Builds the OpenAPI document of the Admin API from the zod schemas. It needs no database and no
 * server.
 */
export function openApiDocument(): OpenApiDocument {
  const { paths, parameters } = shareParameters({
    ...Object.assign({}, ...kinds.map((kind) => resourcePaths(kind))),
    ...allCredentialPaths(),
    ...keyPaths(),
    ...serviceRoutePaths(),
    ...effectivePaths,
    ...readOnlyPaths('policies', 'policy', 'Policy'),
    ...readOnlyPaths('nodes', 'node', 'Node'),
    ...readOnlyPaths('revisions', 'revision', 'Revision'),
    ...statusPaths,
    ...tokenPaths,
    ...healthPaths,
  });
  return {
    openapi: '3.1.0',
    info: {
      title: 'Sluice Admin API',
      version: '1',
      description:
        'Configures the gateway. Paths and references accept a name or an id. The response to every write states the revision that it created.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    security: [{ token: [] }],
    paths,
    components: {
      schemas: componentSchemas(),
      parameters,
      responses: { Problem: problemResponse },
      securitySchemes: {
        token: {
          type: 'http',
          scheme: 'bearer',
          description: 'The admin token, or a token created with POST /v1/tokens.',
        },
      },
    },
  };
}

function readOnlyPaths(
  collection: string,
  parameter: string,
  schema: string,
): Record<string, PathItem> {
  const tag = collection;
  return {
    [`/v1/${collection}`]: {
      get: operation({
        id: `${tag}.list`,
        tag,
        summary: `List ${collection}`,
        query: PageQuery,
        answers: {
          200: { description: 'One page of the list.', schema: pageSchema(reference(schema)) },
        },
      }),
    },
    [`/v1/${collection}/{${parameter}}`]: {
      get: operation({
        id: `${tag}.get`,
        tag,
        summary: `Read a ${parameter}`,
        path: [parameter],
        answers: { 200: { description: 'Found.', schema: reference(schema) } },
        problems: [404],
      }),
    },
  };
}

const effectivePaths: Record<string, PathItem> = {
  '/v1/routes/{route}/effective': {
    get: operation({
      id: 'routes.effective',
      tag: 'routes',
      summary: 'Read the policies that run for a route, and the resource that each is attached to',
      path: ['route'],
      query: EffectiveQuery,
      answers: {
        200: {
          description: 'The policies, in the order gateway, service, route, groups, consumer.',
          schema: reference('EffectivePolicies'),
        },
      },
      problems: [404],
    }),
  },
};

const statusPaths: Record<string, PathItem> = {
  '/v1/revisions/{revision}/status': {
    get: operation({
      id: 'revisions.status',
      tag: 'revisions',
      summary: 'Read which nodes have applied a revision',
      path: ['revision'],
      answers: { 200: { description: 'The current status.', schema: reference('AppliedReport') } },
      problems: [404],
    }),
  },
};

const createdToken = {
  allOf: [
    reference('Token'),
    {
      type: 'object',
      required: ['token'],
      properties: {
        token: {
          type: 'string',
          description: 'The token itself. It is shown only in this response.',
        },
      },
    },
  ],
};

const tokenPaths: Record<string, PathItem> = {
  '/v1/tokens': {
    get: operation({
      id: 'tokens.list',
      tag: 'tokens',
      summary: 'List tokens by name',
      query: PageQuery,
      answers: {
        200: { description: 'One page of the list.', schema: pageSchema(reference('Token')) },
      },
      problems: [403],
    }),
    post: operation({
      id: 'tokens.create',
      tag: 'tokens',
      summary: 'Create a token',
      headers: [
        {
          name: 'Idempotency-Key',
          description:
            'Within a day, a repetition of the request with the same key gets the response to the first.',
        },
      ],
      content: { schema: reference('TokenInput'), example: otherExamples['TokenInput'] ?? {} },
      answers: { 201: { description: 'Created.', schema: createdToken } },
      problems: [403, 409],
    }),
  },
  '/v1/tokens/{token}': {
    get: operation({
      id: 'tokens.get',
      tag: 'tokens',
      summary: 'Read a token',
      path: ['token'],
      answers: { 200: { description: 'Found.', schema: reference('Token') } },
      problems: [403, 404],
    }),
    delete: operation({
      id: 'tokens.delete',
      tag: 'tokens',
      summary: 'Revoke a token',
      path: ['token'],
      answers: { 204: { description: 'Revoked.' } },
      problems: [403, 404],
    }),
  },
};

const status = {
  type: 'object',
  required: ['status'],
  properties: { status: { type: 'string' }, revision: { type: 'integer' } },
};

const healthPaths: Record<string, PathItem> = {
  '/livez': {
    get: operation({
      id: 'health.live',
      tag: 'health',
      summary: 'Check whether the process runs',
      answers: { 200: { description: 'The process runs.', schema: status } },
      isPublic: true,
    }),
  },
  '/readyz': {
    get: operation({
      id: 'health.ready',
      tag: 'health',
      summary: 'Check whether the database answers',
      answers: { 200: { description: 'The database answers.', schema: status } },
      isPublic: true,
    }),
  },
};
