import { describe, expect, it } from '@jest/globals';
import { Router } from './index.ts';

const route = (id: string, more: object = {}) => ({
  id,
  hosts: [],
  paths: ['/a'],
  methods: [],
  headers: {},
  query: {},
  priority: 0,
  ...more,
});
const request = (query = '') => ({
  host: 'h',
  path: '/a',
  query,
  method: 'OPTIONS',
  header: () => undefined,
});

describe('Router.matchPreflight', () => {
  const router = Router.from([
    route('get', { methods: ['GET'] }),
    route('v2', { methods: ['GET'], headers: { 'X-V': '2' } }),
    route('debug', { methods: ['POST'], query: { debug: '1' } }),
    route('id', { paths: ['/{id}'], methods: ['PUT'] }),
    route('secret', { methods: ['PATCH'], headers: { 'X-S': '1' } }),
  ]);
  const found = (method: string, announced: readonly string[] = [], query = '') =>
    router.matchPreflight(request(query), method, (name) => announced.includes(name))?.route.id;

  it.each([
    ['GET', [], '', 'get'],
    ['GET', ['x-v'], '', 'v2'],
    ['POST', [], '', undefined],
    ['POST', [], 'debug=1', 'debug'],
    ['DELETE', ['x-v'], '', undefined],
    ['PATCH', ['x-s'], '', 'secret'],
    ['PATCH', [], '', 'secret'],
  ])('%s with %j and "%s" goes to %s', (method, announced, query, id) =>
    expect(found(method, announced, query)).toBe(id),
  );

  it('says what stood in the place of a parameter', () => {
    expect(router.matchPreflight(request(), 'PUT', () => true)).toMatchObject({
      pattern: '/{id}',
      params: { id: 'a' },
    });
  });
});
