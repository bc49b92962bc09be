import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { operationsOf } from '../testing/operations.ts';
import { startTestControlPlane } from '../testing/test-control-plane.ts';
import type { TestControlPlane } from '../testing/test-control-plane.ts';
import { openApiDocument } from './document.ts';

type Json = Readonly<Record<string, unknown>>;

const golden = new URL('../../../../docs/reference/openapi.json', import.meta.url);
const document = openApiDocument();
const operations = operationsOf(document);

describe('the OpenAPI document', () => {
  it('equals the committed file; otherwise run: npm run generate', () => {
    const committed = readFileSync(golden, 'utf8');
    expect(document).toEqual(JSON.parse(committed));
    expect(committed === `${JSON.stringify(document, null, 2)}\n`).toBe(true);
  });

  it('refers to all of its schemas and to no others', () => {
    const text = JSON.stringify(document);
    const names = new Set(
      [...text.matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(([, name]) => name),
    );
    expect([...names].sort()).toEqual(
      Object.keys((document.components as { schemas: object }).schemas).sort(),
    );
  });

  it('has each parameter of several operations once, and refers to all of them', () => {
    const text = JSON.stringify(document.paths);
    const { parameters } = document.components as { parameters: Record<string, Json> };
    const used = [...text.matchAll(/"#\/components\/parameters\/([\w.-]+)"/g)];
    expect([...new Set(used.map(([, key]) => key))].sort()).toEqual(Object.keys(parameters).sort());
    const seen = new Set(Object.values(parameters).map((each) => JSON.stringify(each)));
    expect(seen.size).toBe(Object.keys(parameters).length);
    const inPlace = Object.values(document.paths)
      .flatMap((item) => Object.values(item))
      .flatMap((operation) => (operation['parameters'] ?? []) as Json[])
      .filter((parameter) => parameter['$ref'] === undefined);
    for (const parameter of inPlace) {
      expect(seen.has(JSON.stringify(parameter))).toBe(false);
      seen.add(JSON.stringify(parameter));
    }
  });

  it('has an example for every schema, content and path parameter', () => {
    const { schemas } = document.components as { schemas: Record<string, Json> };
    for (const [name, described] of Object.entries(schemas)) {
      const [example] = described['examples'] as Json[];
      // Of a schema with several forms, the one with the type of the example.
      const forms = described['oneOf'] as { properties: { type: Json } }[] | undefined;
      const form = forms?.find(({ properties }) => properties.type['const'] === example?.['type']);
      const schema: Json = form ?? described;
      const missing = ((schema['required'] as string[] | undefined) ?? []).filter(
        (member) => !Object.hasOwn(example ?? {}, member),
      );
      const extra = Object.keys(example ?? {}).filter(
        (member) => !Object.hasOwn((schema['properties'] as object | undefined) ?? {}, member),
      );
      expect({ name, example: typeof example, missing, extra }).toEqual({
        name,
        example: 'object',
        missing: [],
        extra: [],
      });
    }
    for (const { path, operation } of operations) {
      const { requestBody, parameters = [] } = operation as {
        requestBody?: { content: Record<string, Json> };
        parameters?: readonly Json[];
      };
      for (const content of Object.values(requestBody?.content ?? {}))
        expect(typeof content['example']).toBe('object');
      for (const parameter of parameters)
        if (parameter['in'] === 'path')
          expect(`${path} ${typeof parameter['example']}`).toBe(`${path} string`);
    }
  });

  it('has unique operation ids', () => {
    const ids = operations.map(({ operation }) => operation['operationId']);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('describes every parameter of every path', () => {
    for (const { path, operation } of operations) {
      const inPath = ((operation['parameters'] ?? []) as readonly Json[])
        .filter((parameter) => parameter['in'] === 'path')
        .map(({ name }) => name);
      expect(inPath).toEqual([...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name));
    }
  });

  it('does not show the hash of a key', () => {
    const { Key } = (document.components as { schemas: Record<string, { properties: object }> })
      .schemas;
    expect(Object.keys(Key?.properties ?? {})).toEqual([
      'id',
      'name',
      'consumer',
      'prefix',
      'short',
      'expiresAt',
      'disabled',
      'tags',
      'lastUsedAt',
      'createdAt',
      'updatedAt',
    ]);
  });
});

describe('the API', () => {
  let api: TestControlPlane;

  beforeAll(async () => {
    api = await startTestControlPlane();
  });
  afterAll(() => api.close());

  const filled = (path: string): string => path.replaceAll(/\{\w+\}/g, 'x');

  it('has exactly the methods that are described', async () => {
    for (const [path, item] of Object.entries(document.paths)) {
      // No path has this method, so the response lists the methods of the path.
      const answer = await api.request('OPTIONS', filled(path));
      const described = Object.keys(item).map((method) => method.toUpperCase());
      expect(`${path} ${answer.headers.get('allow')}`).toBe(
        `${path} ${[...described, ...(described.includes('GET') ? ['HEAD'] : [])].sort().join(', ')}`,
      );
    }
  });

  it('accepts exactly the query parameters that are described', async () => {
    for (const { path, method, operation } of operations) {
      const content = ['post', 'put', 'patch'].includes(method) ? {} : undefined;
      const answer = await api.request(
        method.toUpperCase(),
        `${filled(path)}?no-such-parameter=1`,
        content,
      );
      const described = ((operation['parameters'] ?? []) as readonly Json[])
        .filter((parameter) => parameter['in'] === 'query')
        .map(({ name }) => name);
      const detail =
        described.length === 0
          ? 'this operation accepts none'
          : `this operation accepts ${described.join(', ')}`;
      expect(`${method} ${path}: ${String(answer.body['detail'])}`).toBe(
        `${method} ${path}: unknown: "no-such-parameter"; ${detail}`,
      );
    }
  });

  it('serves the document and the pages', async () => {
    expect((await api.get('/openapi.json')).body).toEqual(JSON.parse(JSON.stringify(document)));
    const page = await fetch(new URL('/docs', api.url));
    expect(page.headers.get('content-type')).toContain('text/html');
    expect(await page.text()).not.toMatch(/(?:src|href)="(?:https?:)?\/\//);
  });

  it('shows resources as described', async () => {
    const schemas = (
      document.components as { schemas: Record<string, { properties: object; required: string[] }> }
    ).schemas;
    await api.put('/v1/services/s', { targets: [{ address: '127.0.0.1:1' }] });
    await api.put('/v1/routes/r', { service: 's' });
    await api.put('/v1/consumers/c', {});
    await api.post('/v1/consumers/c/keys', { name: 'k' });
    await api.put('/v1/groups/g', {});
    await api.put('/v1/quotas/q', { limits: [{ requests: 1, per: 'second' }] });
    const paths = {
      Gateway: '/v1/gateways/default',
      Service: '/v1/services/s',
      Route: '/v1/routes/r',
      Consumer: '/v1/consumers/c',
      Key: '/v1/consumers/c/keys/k',
      Group: '/v1/groups/g',
      Quota: '/v1/quotas/q',
      Policy: '/v1/policies/cors',
      Revision: '/v1/revisions/1',
    };
    for (const [name, path] of Object.entries(paths)) {
      const { body } = await api.get(path);
      const shown = Object.keys(body);
      expect({
        name,
        missing: schemas[name]?.required.filter((property) => !shown.includes(property)),
      }).toEqual({ name, missing: [] });
      expect({
        name,
        extra: shown.filter(
          (property) => !Object.keys(schemas[name]?.properties ?? {}).includes(property),
        ),
      }).toEqual({ name, extra: [] });
    }
  });
});
