import { describe, expect, it } from '@jest/globals';
import type { MatchRequest, RouteSpec } from './route.ts';
import { Router } from './router.ts';

function route(id: string, given: Partial<RouteSpec> = {}): RouteSpec {
  return { id, hosts: [], paths: [], methods: [], headers: {}, query: {}, priority: 0, ...given };
}

const request: MatchRequest = {
  host: 'api.test',
  path: '/orders/42',
  query: 'beta=2',
  method: 'GET',
  header: (name) => (name === 'x-version' ? '1' : undefined),
};

describe('explain', () => {
  it('names the candidates in order of precedence, then near misses, each with what became of it', () => {
    const router = Router.from([
      route('elsewhere', { hosts: ['other.test'], paths: ['/orders/{id}'] }),
      route('other-path', { hosts: ['api.test'], paths: ['/users/*'] }),
      route('unrelated', { hosts: ['other.test'], paths: ['/users/*'] }),
      route('all', {}),
      route('method', { hosts: ['api.test'], paths: ['/orders/42'], methods: ['POST'] }),
      route('header', {
        hosts: ['api.test'],
        paths: ['/orders/{id}'],
        headers: { 'X-Version': '2' },
      }),
      route('query', { hosts: ['*.test'], paths: ['/orders/*'], query: { beta: '1' } }),
      route('won', {
        hosts: ['*.test', 'nowhere.test'],
        paths: ['~ ^/orders/', '/orders/{id}/items', '/orders/{number}'],
      }),
      route('late', { paths: ['/orders/*'] }),
    ]);
    expect(
      router
        .explain(request)
        .map((verdict) => [verdict.route.id, verdict.host, verdict.pattern, verdict.verdict]),
    ).toEqual([
      ['method', 'api.test', '/orders/42', 'method'],
      ['header', 'api.test', '/orders/{id}', 'header:x-version'],
      ['won', '*.test', '/orders/{number}', 'won'],
      ['query', '*.test', '/orders/*', 'query:beta'],
      ['late', '*', '/orders/*', 'precedence'],
      ['all', '*', '*', 'precedence'],
      ['elsewhere', 'other.test', '/orders/{id}', 'host'],
      ['other-path', 'api.test', '/users/*', 'path'],
    ]);
  });

  it('has nothing to say when nothing is near', () => {
    expect(
      Router.from([route('r', { hosts: ['other.test'], paths: ['/x'] })]).explain(request),
    ).toEqual([]);
  });

  it('names 50 routes at most, the winner among them even when more come before it', () => {
    const losers = Array.from({ length: 80 }, (_, index) =>
      route(`r${index}`, { paths: ['/orders/42'], methods: ['POST'], priority: index }),
    );
    const verdicts = Router.from([...losers, route('winner', { paths: ['/*'] })]).explain(request);
    expect(verdicts).toHaveLength(50);
    expect(verdicts[0]).toMatchObject({ route: { id: 'r79' }, verdict: 'method' });
    expect(verdicts.at(-1)).toMatchObject({ route: { id: 'winner' }, verdict: 'won' });
  });

  it('looks for near misses in a bounded part of a large table', () => {
    const routes = Array.from({ length: 20_000 }, (_, index) =>
      route(`r${index}`, { hosts: ['api.test'], paths: [`/r${index}`] }),
    );
    const router = Router.from([
      ...routes,
      route('last', { hosts: ['other.test'], paths: ['/orders/42'] }),
    ]);
    const verdicts = router.explain(request);
    expect(verdicts).toHaveLength(50);
    expect(new Set(verdicts.map(({ verdict }) => verdict))).toEqual(new Set(['path']));
    for (const { id } of routes) router.remove(id);
    expect(router.explain(request)).toMatchObject([{ route: { id: 'last' }, verdict: 'host' }]);
  });
});
