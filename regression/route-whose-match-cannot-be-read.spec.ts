import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ProxyFixture } from '../apps/proxy/src/exchange/testing/proxy-fixture.ts';
import { resource, unreadable } from '../apps/proxy/src/runtime/testing/resources.ts';

/**
 * A newer control plane may send a match that this node cannot read: a less strict route must not
 * take its requests.
 */
describe('a route whose match cannot be read', () => {
  let proxy: ProxyFixture;
  beforeEach(async () => {
    proxy = await ProxyFixture.start();
  });
  afterEach(() => proxy.stop());

  const answers = async (
    match: object,
    paths: readonly string[],
    host = 'api.test',
  ): Promise<unknown[]> => {
    const open = resource('route', {
      name: 'open',
      policies: [{ name: 'static-response', config: { status: 200, content: 'open' } }],
    });
    const outcome = await proxy.target.applySnapshot(7, [
      resource('gateway', { name: 'default' }),
      open,
      unreadable('route', 'admin', { policies: [], ...match }),
    ]);
    expect(outcome.quarantined.map(({ name }) => name)).toContain('admin');
    const bodies = await Promise.all(
      paths.map((path) => proxy.send(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`)),
    );
    return bodies.map(({ status, body }) =>
      status === 200 ? body : (JSON.parse(body) as { code: string }).code,
    );
  };
  const refused = 'resource_quarantined';

  it.each([
    ['an unknown method', { methods: ['PURGE'] }],
    ['methods of another kind', { methods: { not: ['GET'] } }],
    ['a header condition of another kind', { headers: { 'x-a': { matches: '.*' } } }],
    ['a query condition of another kind', { query: { a: ['1', '2'] } }],
    ['a priority of another kind', { priority: 'high' }],
  ])('refuses its paths, regardless of the other conditions: %s', async (_, match) => {
    expect(await answers({ paths: ['/admin/*'], ...match }, ['/admin/1', '/other'])).toEqual([
      refused,
      'open',
    ]);
  });

  it('refuses its readable paths', async () => {
    expect(
      await answers({ paths: ['/admin/*', '?? of tomorrow', { glob: '/x' }] }, [
        '/admin/1',
        '/other',
      ]),
    ).toEqual([refused, 'open']);
  });

  it('refuses on its readable hosts', async () => {
    const match = { hosts: ['api.test', '{tenant}.test'], paths: ['/admin/*'] };
    expect(await answers(match, ['/admin/1', '/other'])).toEqual([refused, 'open']);
    expect(await answers(match, ['/admin/1'], 'other.test')).toEqual(['open']);
  });

  it.each([
    ['none of its paths', { paths: ['?? of tomorrow'] }],
    ['none of its hosts', { hosts: ['{tenant}.test'], paths: ['/admin/*'] }],
    ['paths that are no list', { paths: '/admin/*' }],
  ])(
    'is reported, and refuses nothing, because it would refuse every request, when the node can read %s',
    async (_, match) => {
      expect(await answers(match, ['/admin/1', '/other'])).toEqual(['open', 'open']);
    },
  );
});
