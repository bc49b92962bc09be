import { describe, expect, it } from '@jest/globals';
import { InvalidRouteError } from './route.ts';
import type { MatchRequest, RouteSpec } from './route.ts';
import { Router } from './router.ts';

function route(id: string, given: Partial<RouteSpec> = {}): RouteSpec {
  return { id, hosts: [], paths: [], methods: [], headers: {}, query: {}, priority: 0, ...given };
}

/** `request('GET api.test/orders?beta=1', { 'x-version': '2' })` */
function request(line: string, headers: Record<string, string> = {}): MatchRequest {
  const [, method = '', host = '', path = '', query = ''] =
    /^(\w+) ([^/*]*)([^?]*)\??(.*)$/.exec(line) ?? [];
  return { method, host, path, query, header: (name) => headers[name] };
}

/** The id of the winner, or the code of the answer. */
function winner(router: Router<RouteSpec>, line: string, headers?: Record<string, string>): string {
  const match = router.match(request(line, headers));
  return match.route === undefined ? match.code : match.route.id;
}

describe('hosts', () => {
  const router = Router.from([
    route('exact', { hosts: ['a.shop.test'], paths: ['/only-exact', '/x'] }),
    route('wide', { hosts: ['*.test'], paths: ['/only-wide', '/x'] }),
    route('near', { hosts: ['*.shop.test'], paths: ['/only-near', '/x'] }),
    route('any', { paths: ['/*'] }),
    route('address', { hosts: ['[::1]', '192.0.2.1'], paths: ['/x'] }),
  ]);

  it.each([
    ['a.shop.test', 'exact'],
    ['b.shop.test', 'near'],
    ['c.b.shop.test', 'near'],
    ['shop.test', 'wide'],
    ['x.y.test', 'wide'],
    ['test', 'any'],
    ['.shop.test', 'wide'],
    ['ashop.test', 'wide'],
    ['a.shop.test.org', 'any'],
    ['[::1]', 'address'],
    ['192.0.2.1', 'address'],
    ['', 'any'],
    [`${'a.'.repeat(130)}test`, 'any'],
  ])('%s is served by %s', (host, expected) => {
    expect(router.match({ ...request('GET /x'), host }).route?.id).toBe(expected);
  });

  it('gives way to less specific hosts when a host has no such path', () => {
    expect(winner(router, 'GET a.shop.test/only-near')).toBe('near');
    expect(winner(router, 'GET a.shop.test/only-wide')).toBe('wide');
    expect(winner(router, 'GET a.shop.test/nowhere')).toBe('any');
  });

  it('compares hosts of routes without regard to case', () => {
    expect(
      winner(
        Router.from([route('r', { hosts: ['API.Shop.Test', '*.Other.Test'] })]),
        'GET api.shop.test/',
      ),
    ).toBe('r');
    expect(
      winner(Router.from([route('r', { hosts: ['*.Other.Test'] })]), 'GET x.other.test/'),
    ).toBe('r');
  });
});

describe('precedence', () => {
  const cases: [rule: string, first: RouteSpec, second: RouteSpec, line: string][] = [
    [
      'an exact host before a path kind',
      route('z', { hosts: ['a.test'], paths: ['/*'] }),
      route('a', { hosts: ['*.test'], paths: ['/x'] }),
      'GET a.test/x',
    ],
    [
      'a wildcard before any host',
      route('z', { hosts: ['*.test'] }),
      route('a', { paths: ['/x'] }),
      'GET a.test/x',
    ],
    [
      'the longer suffix',
      route('z', { hosts: ['*.b.test'] }),
      route('a', { hosts: ['*.test'] }),
      'GET a.b.test/x',
    ],
    [
      'exact before template',
      route('z', { paths: ['/orders/42'] }),
      route('a', { paths: ['/orders/{id}'] }),
      'GET h/orders/42',
    ],
    [
      'template before prefix',
      route('z', { paths: ['/{a}/{b}'] }),
      route('a', { paths: ['/orders/42/*'] }),
      'GET h/orders/42',
    ],
    [
      'prefix before regex',
      route('z', { paths: ['/*'] }),
      route('a', { paths: ['~ ^/orders/[0-9]+$'] }),
      'GET h/orders/42',
    ],
    ['regex before any path', route('z', { paths: ['~ ^/'] }), route('a'), 'GET h/orders'],
    [
      'the deeper prefix',
      route('z', { paths: ['/{tenant}/{shop}/*'] }),
      route('a', { paths: ['/a-long-name/*'] }),
      'GET h/a-long-name/b/c',
    ],
    [
      'a literal before a parameter',
      route('z', { paths: ['/orders/{id}'] }),
      route('a', { paths: ['/{x}/{id}'] }),
      'GET h/orders/42',
    ],
    [
      'the longer literal text',
      route('z', { paths: ['/{x}/items'] }),
      route('a', { paths: ['/a/{id}'] }),
      'GET h/a/items',
    ],
    [
      'a literal before a parameter in prefixes',
      route('z', { paths: ['/a/*'] }),
      route('a', { paths: ['/{x}/*'] }),
      'GET h/a/b',
    ],
    [
      'the longer expression',
      route('z', { paths: ['~ ^/[a-z]+$'] }),
      route('a', { paths: ['~ ^/[a-z]'] }),
      'GET h/abc',
    ],
    [
      'length before conditions',
      route('z', { paths: ['/a/b/*'] }),
      route('a', { paths: ['/a/*'], methods: ['GET'], query: { q: '1' } }),
      'GET h/a/b?q=1',
    ],
    [
      'more conditions',
      route('z', { paths: ['/a'], methods: ['GET'] }),
      route('a', { paths: ['/a'], priority: 9 }),
      'GET h/a',
    ],
    [
      'methods together count as one condition',
      route('z', { paths: ['/a'], methods: ['GET'], query: { q: '1' } }),
      route('a', { methods: ['GET', 'POST'], paths: ['/a'] }),
      'GET h/a?q=1',
    ],
    [
      'the higher priority',
      route('z', { paths: ['/a'], priority: 1 }),
      route('a', { paths: ['/a'] }),
      'GET h/a',
    ],
    ['the lower id', route('10', { paths: ['/a'] }), route('9', { paths: ['/a'] }), 'GET h/a'],
  ];

  it.each(cases)('%s wins', (_rule, first, second, line) => {
    expect(winner(Router.from([first, second]), line)).toBe(first.id);
    expect(winner(Router.from([second, first]), line)).toBe(first.id);
    expect(winner(Router.from([second]), line)).toBe(second.id);
  });

  it('holds when the place of an exact path has only a prefix', () => {
    const router = Router.from([
      route('exact', { paths: ['/y'] }),
      route('prefix', { paths: ['/x/*'] }),
      route('template', { paths: ['/{p}'] }),
    ]);
    expect(winner(router, 'GET h/x')).toBe('template');
    expect(winner(router, 'GET h/x/y')).toBe('prefix');
  });

  it('goes on to the next candidate when a condition is not met', () => {
    const router = Router.from([
      route('beta', {
        paths: ['/a'],
        headers: { 'X-Version': '2' },
        query: { beta: 'yes please' },
      }),
      route('version', { paths: ['/a'], headers: { 'x-version': '2' } }),
      route('post', { paths: ['/a'], methods: ['POST'] }),
      route('below', { paths: ['/*'] }),
    ]);
    expect(winner(router, 'GET h/a?beta=yes+please', { 'x-version': '2' })).toBe('beta');
    expect(winner(router, 'GET h/a?beta=no&beta=yes+please', { 'x-version': '2' })).toBe('version');
    expect(winner(router, 'POST h/a?beta=yes+please', { 'x-version': '3' })).toBe('post');
    expect(winner(router, 'GET h/a', { 'x-version': '20' })).toBe('below');
  });
});

describe('match', () => {
  it('tells the pattern and the parameters', () => {
    const router = Router.from([
      route('one', { paths: ['/orders/{id}/items/{item}', '/orders'] }),
      route('two', { paths: ['~ ^/v(?<version>\\d+)/x$'] }),
      route('three', { hosts: ['b.test'] }),
    ]);
    expect(router.match(request('GET a.test/orders/4%202/items/7'))).toEqual({
      route: expect.objectContaining({ id: 'one' }),
      pattern: '/orders/{id}/items/{item}',
      params: { id: '4%202', item: '7' },
    });
    expect(router.match(request('GET a.test/orders'))).toMatchObject({
      pattern: '/orders',
      params: undefined,
    });
    expect(router.match(request('GET a.test/v12/x'))).toMatchObject({
      pattern: '~ ^/v(?<version>\\d+)/x$',
      params: { version: '12' },
    });
    expect(router.match(request('OPTIONS b.test*'))).toMatchObject({
      route: { id: 'three' },
      pattern: '*',
      params: undefined,
    });
  });

  it('gives back the very object that was added', () => {
    const extended = { ...route('r', { paths: ['/a'] }), service: 'orders' };
    const match = Router.from([extended]).match(request('GET h/a'));
    expect(match.route).toBe(extended);
  });

  it('gives the same answer object again when there are no parameters, so that nothing is allocated', () => {
    const router = Router.from([route('r', { paths: ['/a/*'] })]);
    expect(router.match(request('GET h/a/b'))).toBe(router.match(request('GET h/a/c')));
    expect(router.match(request('GET h/b'))).toBe(router.match(request('GET h/c')));
  });

  it('distinguishes a path without routes from a method that no route of the path allows', () => {
    const router = Router.from([
      route('get', { paths: ['/a'], methods: ['GET', 'HEAD'] }),
      route('put', { paths: ['/*'], methods: ['PUT', 'GET'] }),
      route('beta', { paths: ['/a'], methods: ['DELETE'], query: { beta: '1' } }),
      route('host', { hosts: ['b.test'], paths: ['/a'], methods: ['PATCH'] }),
    ]);
    expect(router.match(request('POST a.test/a'))).toEqual({
      route: undefined,
      code: 'method_not_allowed',
      allow: ['GET', 'HEAD', 'PUT'],
    });
    expect(router.match(request('POST a.test/a?beta=1'))).toMatchObject({
      allow: ['DELETE', 'GET', 'HEAD', 'PUT'],
    });
    expect(router.match(request('POST b.test/b'))).toMatchObject({ allow: ['GET', 'PUT'] });
    expect(router.match(request('POST b.test/a'))).toMatchObject({
      allow: ['GET', 'HEAD', 'PATCH', 'PUT'],
    });
    expect(router.match(request('OPTIONS a.test*'))).toEqual({
      route: undefined,
      code: 'route_not_found',
      allow: [],
    });
    expect(new Router().match(request('GET a.test/a'))).toEqual({
      route: undefined,
      code: 'route_not_found',
      allow: [],
    });
  });

  it('takes time by the request where a stranger chooses host, path and query', () => {
    const router = Router.from([
      route('wild', {
        hosts: ['*.a', '*.a.a'],
        paths: ['/{a}/{b}/*', '/a/*', '~ ^/a/(?:a/)*b$'],
        query: { q: '1' },
      }),
      route('any', { paths: ['/{a}/a', '/a/{b}'], methods: ['PUT'] }),
    ]);
    const hostile: MatchRequest = {
      ...request('GET /'),
      host: `${'a.'.repeat(20_000)}a`,
      path: '/a'.repeat(50_000),
      query: 'a&'.repeat(50_000),
    };
    const start = performance.now();
    for (let times = 0; times < 10; times += 1) router.match(hostile);
    router.match({ ...hostile, host: `${'a.'.repeat(126)}a` });
    expect(performance.now() - start).toBeLessThan(1000);
  });
});

describe('changes', () => {
  it('adds, replaces and removes routes', () => {
    const router = new Router();
    router.add(route('a', { paths: ['/a'] }));
    router.update(route('b', { paths: ['/b'] }));
    router.update(route('a', { paths: ['/c'] }));
    expect(router.size).toBe(2);
    expect([
      winner(router, 'GET h/a'),
      winner(router, 'GET h/b'),
      winner(router, 'GET h/c'),
    ]).toEqual(['route_not_found', 'b', 'a']);
    expect([router.remove('a'), router.remove('a'), router.size]).toEqual([true, false, 1]);
    expect(winner(router, 'GET h/c')).toBe('route_not_found');
  });

  it('takes a host or path that is written twice once', () => {
    const router = Router.from([
      route('a', { hosts: ['h.test', 'H.test'], paths: ['/a', '/a', '/{x}', '/{y}'] }),
    ]);
    expect(winner(router, 'GET h.test/a')).toBe('a');
    router.remove('a');
    expect(winner(router, 'GET h.test/a')).toBe('route_not_found');
  });

  it.each<[what: string, given: Partial<RouteSpec>, faults: string[]]>([
    [
      'malformed paths',
      { paths: ['orders', '/ok', '/a//b'] },
      ['path "orders": begin with "/"', 'path "/a//b": "//" never occurs'],
    ],
    ['a host that is only a star', { hosts: ['*'] }, ['host "*": write api.example.com']],
    [
      'malformed hosts',
      { hosts: ['a.*.test', '*.', ''] },
      ['host "a.*.test"', 'host "*."', 'host ""'],
    ],
    [
      'too many paths',
      { paths: Array.from({ length: 4097 }, (_, index) => `/${index}`) },
      ['more than 4096'],
    ],
  ])('refuses %s and stays as it was', (_what, given, faults) => {
    const router = Router.from([route('a', { paths: ['/a'] })]);
    for (const change of [
      () => router.add(route('b', given)),
      () => router.update(route('a', given)),
      () => router.shadowedBy(route('a', given)),
    ]) {
      expect(change).toThrow(InvalidRouteError);
      expect(change).toThrow(
        expect.objectContaining({ faults: faults.map((fault) => expect.stringContaining(fault)) }),
      );
    }
    expect([router.size, winner(router, 'GET h/a')]).toEqual([1, 'a']);
  });

  it('refuses an id that is taken', () => {
    const router = Router.from([route('a', { paths: ['/a'] })]);
    expect(() => router.add(route('a', { paths: ['/b'] }))).toThrow('use update');
    expect([winner(router, 'GET h/a'), winner(router, 'GET h/b')]).toEqual([
      'a',
      'route_not_found',
    ]);
  });
});
