import { describe, expect, it } from '@jest/globals';
import type { Spec } from '@sluice/config';
import { resource } from '../runtime/testing/resources.ts';
import { RewriteFault, TargetRewrite } from './target-rewrite.ts';

interface Written {
  readonly paths?: string[];
  readonly encodedSlashes?: 'refuse' | 'keep';
  readonly rewrite?: Record<string, string>;
}

/** The path sent for a path of the client; the code when none is. */
function sent(
  { rewrite, ...route }: Written,
  basePath: string,
  path: string,
  params?: Record<string, string>,
): string {
  const { spec } = resource('route', { name: 'r', service: 's', ...route });
  // Not checked by the schema: the sent path must be in normal form for any stored configuration.
  const unchecked = { ...spec, rewrite: { host: 'target', ...rewrite } } as Spec<'route'>;
  const result = TargetRewrite.of(unchecked, basePath)?.rewrite(path, params) ?? path;
  return result instanceof RewriteFault ? result.code : result;
}

describe('TargetRewrite', () => {
  it.each([
    ['/', '/orders', '/orders/17', '/17'],
    ['/', '/orders', '/orders', '/'],
    ['/', '/orders', '/orders/', '/'],
    ['/', '/orders', '/ordersX', '/ordersX'],
    ['/', '/orders/', '/orders/17', '/17'],
    ['/', '/orders', '/other', '/other'],
    ['/', '/', '/orders/17', '/orders/17'],
    ['/base', '/kung', '/kung', '/base'],
    ['/base', '/kung', '/kung/', '/base/'],
    ['/base/', '/kung', '/kung', '/base'],
    ['/base/', '/kung', '/kung/a/', '/base/a/'],
    ['/base', '/kung', '/kungfu', '/base/kungfu'],
    ['/', '/caf%C3%A9', '/caf%C3%A9/x', '/x'],
  ])('below %s and without %s, %s is %s', (basePath, stripPrefix, path, expected) => {
    expect(sent({ rewrite: { stripPrefix } }, basePath, path)).toBe(expected);
  });

  it('is undefined for a route and a service that change nothing', () => {
    const { spec } = resource('route', { name: 'r', service: 's' });
    expect(TargetRewrite.of(spec, '/')).toBeUndefined();
    expect(
      TargetRewrite.of({ ...spec, rewrite: { host: 'preserve', stripPrefix: '/' } }, '/'),
    ).toBeUndefined();
  });

  it.each([
    ['/v2/{item}/of/{order}', { order: '17', item: 'a%20b' }, '/v2/a%20b/of/17'],
    ['/{a}/{a}-{b}', { a: 'x', b: 'y' }, '/x/x-y'],
    ['/pub{rest}', { rest: '/a' }, '/pub/a'],
    ['/pub{rest}', { rest: '' }, '/pub'],
    ['/pub/{rest}', { rest: '' }, '/pub/'],
    ['/fixed', undefined, '/fixed'],
  ])('%s filled with %j is %s', (path, params, expected) => {
    expect(sent({ rewrite: { path } }, '/', '/whatever', params)).toBe(expected);
  });

  it.each([
    ['/pub/{rest}', '../admin/users'],
    ['/pub/{rest}', '..'],
    ['/pub/{rest}', './x'],
    ['/pub/{rest}', '/x'],
    ['/pub/.{rest}', '.'],
    ['/pub/.{rest}', './admin'],
    ['/{rest}/b', ''],
    ['/{rest}', '/evil.test'],
    ['/{rest}', '%2Fevil.test'],
    ['/{rest}', '%5Cevil.test'],
    ['/a%{rest}', '2e%2e'],
    ['/a/%2{rest}', 'e'],
    ['/a/%{rest}', '00'],
    ['/a/{rest}', 'x%'],
    ['/a/{rest}', '..%2Fadmin'],
    ['/a/{rest}', 'x%2F..'],
    ['/a/{rest}', '..;x'],
    ['/a/{rest}', 'x?y'],
    ['/a/{rest}', 'x#y'],
    ['/a/{rest}', 'x y'],
    ['/a/{rest}', 'x\r\ny'],
    ['/日本/{rest}', 'x'],
    ['/a/../{rest}', 'x'],
    ['//evil.test/{rest}', 'x'],
    ['evil.test/{rest}', 'x'],
  ])('%s filled with %j is not sent', (path, rest) => {
    for (const encodedSlashes of ['refuse', 'keep'] as const) {
      expect(sent({ encodedSlashes, rewrite: { path } }, '/', '/whatever', { rest })).toBe(
        'invalid_target',
      );
    }
  });

  it('an encoded slash is kept only on a route that allows it', () => {
    const filled = (encodedSlashes: 'refuse' | 'keep') =>
      sent({ encodedSlashes, rewrite: { path: '/a/{rest}' } }, '/', '/x', { rest: 'x%2Fy' });
    expect(filled('keep')).toBe('/a/x%2Fy');
    expect(filled('refuse')).toBe('invalid_target');
    expect(
      sent(
        { encodedSlashes: 'keep', rewrite: { stripPrefix: '/files' } },
        '/',
        '/files/%2Fevil.test',
      ),
    ).toBe('invalid_target');
  });

  it.each(['/a/../b', '/a//b', '//evil.test', '/a b', '/a?b', 'a'])(
    'a base path %j is not sent',
    (basePath) => {
      expect(sent({}, basePath, '/x')).toBe('invalid_target');
    },
  );

  it('a template produces no path longer than a request line', () => {
    expect(
      sent({ rewrite: { path: '/{rest}'.repeat(100) } }, '/', '/x', { rest: 'x'.repeat(100) }),
    ).toBe('uri_too_long');
  });
});
