import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ProxyFixture } from '../apps/proxy/src/exchange/testing/proxy-fixture.ts';
import { resource, unreadable } from '../apps/proxy/src/runtime/testing/resources.ts';

/** A newer control plane may send what this node cannot read, also in what a route matches: an open route must not take over. */
describe('a route whose match cannot be read', () => {
  let proxy: ProxyFixture;
  beforeEach(async () => {
    proxy = await ProxyFixture.start();
  });
  afterEach(() => proxy.stop());

  const answers = async (match: object, paths: readonly string[], host = 'api.test'): Promise<unknown[]> => {
    const open = resource('route', { name: 'open', policies: [{ name: 'static-response', config: { status: 200, content: 'open' } }] });
    const outcome = await proxy.target.applySnapshot(7, [resource('gateway', { name: 'default' }), open, unreadable('route', 'admin', { policies: [], ...match })]);
    expect(outcome.quarantined.map(({ name }) => name)).toContain('admin');
    const bodies = await Promise.all(paths.map((path) => proxy.send(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`)));
    return bodies.map(({ status, body }) => (status === 200 ? body : (JSON.parse(body) as { code: string }).code));
  };
  const refused = 'resource_quarantined';

  it.each([
    ['a method nobody knows', { methods: ['PURGE'] }],
    ['methods of another kind', { methods: { not: ['GET'] } }],
    ['a header condition of another kind', { headers: { 'x-a': { matches: '.*' } } }],
    ['a query condition of another kind', { query: { a: ['1', '2'] } }],
    ['a priority of another kind', { priority: 'high' }],
  ])('refuses its paths whatever the rest is: %s', async (_, match) => {
    expect(await answers({ paths: ['/admin/*'], ...match }, ['/admin/1', '/other'])).toEqual([refused, 'open']);
  });

  it('refuses those of its paths that can be read', async () => {
    expect(await answers({ paths: ['/admin/*', '?? of tomorrow', { glob: '/x' }] }, ['/admin/1', '/other'])).toEqual([refused, 'open']);
  });

  it('refuses on those of its hosts that can be read', async () => {
    const match = { hosts: ['api.test', '{tenant}.test'], paths: ['/admin/*'] };
    expect(await answers(match, ['/admin/1', '/other'])).toEqual([refused, 'open']);
    expect(await answers(match, ['/admin/1'], 'other.test')).toEqual(['open']);
  });

  it.each([
    ['none of its paths', { paths: ['?? of tomorrow'] }],
    ['none of its hosts', { hosts: ['{tenant}.test'], paths: ['/admin/*'] }],
    ['paths that are no list', { paths: '/admin/*' }],
  ])('is named, and cannot refuse without refusing everybody, when there is to be read %s', async (_, match) => {
    expect(await answers(match, ['/admin/1', '/other'])).toEqual(['open', 'open']);
  });
});
