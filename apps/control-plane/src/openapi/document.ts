import { PageQuery } from '../platform/http/list-query.ts';
import { EffectiveQuery } from '../features/routes/effective-query.ts';
import { componentSchemas, pageSchema } from './components.ts';
import { otherExamples } from './examples.ts';
import { reference } from './json-schema.ts';
import { operation, problemResponse } from './operation.ts';
import { keyPaths, resourcePaths, serviceRoutePaths } from './resource-paths.ts';
import type { PathItem } from './resource-paths.ts';

/** An OpenAPI 3.1 document. */
export interface OpenApiDocument {
  readonly openapi: '3.1.0';
  readonly info: Readonly<Record<string, unknown>>;
  readonly paths: Readonly<Record<string, PathItem>>;
  readonly components: Readonly<Record<string, unknown>>;
  readonly [member: string]: unknown;
}

/** The description of the whole Admin API, made from the zod schemas. Needs no database and nothing running. */
export function openApiDocument(): OpenApiDocument {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Sluice Admin API',
      version: '1',
      description: 'Configures the gateway. Names and ids are interchangeable in paths and references; every write answers with its revision.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    security: [{ token: [] }],
    paths: {
      ...resourcePaths('gateway'),
      ...resourcePaths('service'),
      ...serviceRoutePaths(),
      ...resourcePaths('route'),
      ...effectivePaths,
      ...resourcePaths('consumer'),
      ...keyPaths(),
      ...resourcePaths('group'),
      ...resourcePaths('quota'),
      ...readOnlyPaths('policies', 'policy', 'Policy'),
      ...readOnlyPaths('nodes', 'node', 'Node'),
      ...readOnlyPaths('revisions', 'revision', 'Revision'),
      ...statusPaths,
      ...tokenPaths,
      ...healthPaths,
    },
    components: {
      schemas: componentSchemas(),
      responses: { Problem: problemResponse },
      securitySchemes: { token: { type: 'http', scheme: 'bearer', description: 'The admin token, or one made with POST /v1/tokens.' } },
    },
  };
}

function readOnlyPaths(collection: string, parameter: string, schema: string): Record<string, PathItem> {
  const tag = collection;
  return {
    [`/v1/${collection}`]: {
      get: operation({ id: `${tag}.list`, tag, summary: `List ${collection}`, query: PageQuery, answers: { 200: { description: 'One page.', schema: pageSchema(reference(schema)) } } }),
    },
    [`/v1/${collection}/{${parameter}}`]: {
      get: operation({ id: `${tag}.get`, tag, summary: `Read a ${parameter}`, path: [parameter], answers: { 200: { description: 'Found.', schema: reference(schema) } }, problems: [404] }),
    },
  };
}

const effectivePaths: Record<string, PathItem> = {
  '/v1/routes/{route}/effective': {
    get: operation({
      id: 'routes.effective',
      tag: 'routes',
      summary: 'Read which policies run for a route, and where each comes from',
      path: ['route'],
      query: EffectiveQuery,
      answers: { 200: { description: 'In the order gateway, service, route, groups, consumer.', schema: reference('EffectivePolicies') } },
      problems: [404],
    }),
  },
};

const statusPaths: Record<string, PathItem> = {
  '/v1/revisions/{revision}/status': {
    get: operation({
      id: 'revisions.status',
      tag: 'revisions',
      summary: 'Read which nodes enforce a revision',
      path: ['revision'],
      answers: { 200: { description: 'As it is now.', schema: reference('AppliedReport') } },
      problems: [404],
    }),
  },
};

const createdToken = { allOf: [reference('Token'), { type: 'object', required: ['token'], properties: { token: { type: 'string', description: 'The token itself, this once.' } } }] };

const tokenPaths: Record<string, PathItem> = {
  '/v1/tokens': {
    get: operation({ id: 'tokens.list', tag: 'tokens', summary: 'List tokens by name', query: PageQuery, answers: { 200: { description: 'One page.', schema: pageSchema(reference('Token')) } }, problems: [403] }),
    post: operation({
      id: 'tokens.create',
      tag: 'tokens',
      summary: 'Create a token',
      headers: [{ name: 'Idempotency-Key', description: 'Repeats with the same key and the same request get the first answer, for a day.' }],
      content: { schema: reference('TokenInput'), example: otherExamples['TokenInput'] ?? {} },
      answers: { 201: { description: 'Created.', schema: createdToken } },
      problems: [403, 409],
    }),
  },
  '/v1/tokens/{token}': {
    get: operation({ id: 'tokens.get', tag: 'tokens', summary: 'Read a token', path: ['token'], answers: { 200: { description: 'Found.', schema: reference('Token') } }, problems: [403, 404] }),
    delete: operation({ id: 'tokens.delete', tag: 'tokens', summary: 'Revoke a token', path: ['token'], answers: { 204: { description: 'Revoked.' } }, problems: [403, 404] }),
  },
};

const status = { type: 'object', required: ['status'], properties: { status: { type: 'string' }, revision: { type: 'integer' } } };

const healthPaths: Record<string, PathItem> = {
  '/livez': { get: operation({ id: 'health.live', tag: 'health', summary: 'Is the process alive?', answers: { 200: { description: 'Yes.', schema: status } }, isPublic: true }) },
  '/readyz': { get: operation({ id: 'health.ready', tag: 'health', summary: 'Does the database answer?', answers: { 200: { description: 'Yes.', schema: status } }, isPublic: true }) },
};
