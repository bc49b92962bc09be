import { describe, expect, it } from '@jest/globals';
import type { RouteSpec } from './route.ts';
import { Router } from './router.ts';

function route(id: string, given: Partial<RouteSpec> = {}): RouteSpec {
  return { id, hosts: [], paths: [], methods: [], headers: {}, query: {}, priority: 0, ...given };
}

const b = { hosts: ['b.test'], paths: ['/x'] };

describe('shadowedBy', () => {
  it.each<[why: string, shadowing: Partial<RouteSpec>, shadowed: Partial<RouteSpec>]>([
    ['the same, earlier by id', b, b],
    ['fewer methods', { ...b, methods: ['GET', 'POST'], priority: 1 }, { ...b, methods: ['POST'] }],
    ['the same parameter by another name', { paths: ['/a/{x}'] }, { paths: ['/a/{y}'] }],
    ['the same prefix', { paths: ['/a/{x}/*'] }, { paths: ['/a/{y}/*'] }],
    ['the same expression', { paths: ['~ ^/a\\d+$'] }, { paths: ['~ ^/a\\d+$'] }],
    [
      'an expression under a prefix',
      { paths: ['/api/*'] },
      { paths: ['~ ^/api/v\\d+$'], methods: ['GET'], headers: { a: '1' } },
    ],
    [
      'an expression under the prefix of everything',
      { paths: ['/*'] },
      { paths: ['~ ^/api/v\\d+$'] },
    ],
    [
      'an expression under a prefix with parameters',
      { paths: ['/{a}/shop/*'] },
      { paths: ['~ ^/api/shop/v\\d+$'] },
    ],
    ['one of several paths', { ...b, paths: ['/w', '/x', '/y'] }, b],
    ['one of several hosts', { ...b, hosts: ['*.b.test', 'b.test'] }, b],
    ['routes for everything', {}, {}],
    [
      'the same header, by another case',
      { ...b, headers: { 'X-A': '1' } },
      { ...b, headers: { 'x-a': '1' } },
    ],
  ])('reports %s', (_why, shadowing, shadowed) => {
    const router = Router.from([route('a', shadowing)]);
    expect(router.shadowedBy(route('b', shadowed)).map(({ id }) => id)).toEqual(['a']);
  });

  it.each<[why: string, other: Partial<RouteSpec>, given: Partial<RouteSpec>]>([
    ['a lower priority', b, { ...b, priority: 1 }],
    ['more conditions of its own', { ...b, methods: [] }, { ...b, methods: ['GET'] }],
    ['a method the other lacks', { ...b, methods: ['GET'] }, { ...b, methods: ['GET', 'PUT'] }],
    [
      'any method',
      { ...b, methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] },
      { ...b },
    ],
    ['another header value', { ...b, headers: { a: '1' } }, { ...b, headers: { a: '2' } }],
    ['another parameter value', { ...b, query: { a: '1' } }, { ...b, query: { a: '2' } }],
    ['a host the other lacks', b, { ...b, hosts: ['b.test', 'c.test'] }],
    ['a path the other lacks', b, { ...b, paths: ['/x', '/y'] }],
    ['a narrower host', { ...b, hosts: ['*.test'] }, b],
    ['a kind of path that comes before', { paths: ['/a/*'] }, { paths: ['/a/{x}'] }],
    ['an expression beside the prefix', { paths: ['/api/*'] }, { paths: ['~ ^/api\\d+$'] }],
    ['an expression wider than the prefix', { paths: ['/api/v1/*'] }, { paths: ['~ ^/api/'] }],
    ['no paths, which takes OPTIONS * too', { paths: ['/*'] }, {}],
  ])('is silent about %s', (_why, other, given) => {
    const router = Router.from([route('a', other)]);
    expect(router.shadowedBy(route('b', given))).toEqual([]);
  });

  it('does not report a route as shadowed by itself, and names at most 50', () => {
    const router = Router.from(Array.from({ length: 60 }, (_, index) => route(`r${index}`, b)));
    expect(router.shadowedBy(route('z', b))).toHaveLength(50);
    expect(Router.from([route('a', b)]).shadowedBy(route('a', b))).toEqual([]);
  });
});
