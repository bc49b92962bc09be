import { describe, expect, it } from '@jest/globals';
import { matchesPath, captureParameters } from './path-match.ts';
import { parsePathPattern } from './path-pattern.ts';
import type { PathPattern } from './path-pattern.ts';

function parsed(text: string): PathPattern {
  const pattern = parsePathPattern(text);
  if (Array.isArray(pattern)) throw new Error(`${text}: ${pattern.join('; ')}`);
  return pattern;
}

describe('a path pattern', () => {
  it.each([
    ['/', 'exact', ['/'], ['/x', '*']],
    ['/orders', 'exact', ['/orders'], ['/orders/', '/ordersX', '/Orders', '/orders/1', '/']],
    ['/orders/', 'exact', ['/orders/'], ['/orders', '/orders/1']],
    ['/caf%C3%A9', 'exact', ['/caf%C3%A9'], ['/cafe']],
    [
      '/orders/*',
      'prefix',
      ['/orders', '/orders/', '/orders/x', '/orders/x/y/'],
      ['/ordersX', '/order', '/', '*'],
    ],
    ['/*', 'prefix', ['/', '/x', '/x/y'], ['*']],
    [
      '/orders/{id}',
      'template',
      ['/orders/42', '/orders/{id}', '/orders/%2F'],
      ['/orders', '/orders/', '/orders/42/', '/orders/42/items', '/ordersX/42'],
    ],
    ['/orders/{id}/', 'template', ['/orders/42/'], ['/orders/42', '/orders//', '/orders/42/x']],
    ['/{a}/x/{b}', 'template', ['/1/x/2', '/x/x/x'], ['/1/y/2', '/1/x', '/1/x/2/3']],
    [
      '/orders/{id}/*',
      'prefix',
      ['/orders/42', '/orders/42/', '/orders/42/items/1'],
      ['/orders', '/orders/', '/orders//x'],
    ],
    ['/{tenant}/*', 'prefix', ['/a', '/a/', '/a/b'], ['/', '*']],
    [
      '~ ^/v\\d+/orders$',
      'regex',
      ['/v1/orders', '/v22/orders'],
      ['/v/orders', '/v1/orders/', '/x/v1/orders'],
    ],
    [
      '~ ^/files/.*\\.(?:png|jpg)$',
      'regex',
      ['/files/a.png', '/files/a/b.png.jpg', '/files/.jpg'],
      ['/files/a.gif', '/file/a.png'],
    ],
    ['~ ^/open', 'regex', ['/open', '/opener/x'], ['/ope', '/x/open']],
  ])('%s is %s', (text, kind, matching, others) => {
    const pattern = parsed(text);
    expect(pattern.kind).toBe(kind);
    expect(matching.filter((path) => !matchesPath(pattern, path))).toEqual([]);
    expect(others.filter((path) => matchesPath(pattern, path))).toEqual([]);
  });

  it.each([
    ['/orders/{id}', '/orders/a%20b', { id: 'a%20b' }],
    ['/{a}/x/{long_name}/*', '/1/x/22/333', { a: '1', long_name: '22' }],
    ['/{a}/{b}', '/333/22', { a: '333', b: '22' }],
    ['/{a}/*', '/{a}', { a: '{a}' }],
    ['~ ^/v(?<version>\\d+)(?:/(?<rest>.*))?$', '/v12/a/b', { version: '12', rest: 'a/b' }],
    ['~ ^/v(?<version>\\d+)(?:/(?<rest>.*))?$', '/v12', { version: '12', rest: '' }],
  ])('%s captures from %s', (text, path, expected) => {
    expect(captureParameters(parsed(text), path)).toEqual(expected);
  });

  it.each([
    ['', 'begin with "/"'],
    ['orders', 'begin with "/"'],
    ['~^/orders', 'space between "~"'],
    ['//', 'write a single "/"'],
    ['/a//b', 'write a single "/"'],
    ['/a//*', 'write a single "/"'],
    ['//*', 'write a single "/"'],
    ['/a/./b', 'dot segments'],
    ['/a/..', 'dot segments'],
    ['/orders*', 'write {name} for one segment'],
    ['/a/*/b', 'write {name} for one segment'],
    ['/a/**', 'write {name} for one segment'],
    ['/a?b=1', 'put parameters under "query"'],
    ['/a#b', 'begins a fragment'],
    ['/a b', '%20'],
    ['/é', '%C3%A9'],
    ['/a\\b', '%5C'],
    ['/\ud800', 'percent-encoded'],
    ['/%', '%25'],
    ['/%4', '%25'],
    ['/%zz', '%25'],
    ['/%7euser', 'write "~" instead of "%7e"'],
    ['/%2f', 'write "%2F" instead of "%2f"'],
    ['/a-{id}', 'braces hold a whole segment'],
    ['/{id', 'braces hold a whole segment'],
    ['/id}', 'braces hold a whole segment'],
    ['/{}', 'is not a name'],
    ['/{1}', 'is not a name'],
    ['/{__proto__}', 'cannot be a name'],
    ['/{id}/x/{id}', 'used twice'],
    [`/${'a'.repeat(1024)}`, 'at most 1024'],
    ['/a'.repeat(65), 'at most 64'],
    ['~ ^/(a+)+$', 'repetition within a repetition'],
    [`~ ^/${'a'.repeat(256)}`, 'at most 256'],
  ])('%s is refused', (text, fault) => {
    expect(parsePathPattern(text)).toEqual([expect.stringContaining(fault)]);
  });

  it('tells all faults at once', () => {
    expect(parsePathPattern('/a b/%zz/{1}/..')).toHaveLength(4);
  });

  it('takes the longest text and the most segments that are allowed', () => {
    expect(parsed(`/${'a'.repeat(1023)}`).length).toBe(1024);
    expect(parsed(`${'/a'.repeat(64)}/*`).depth).toBe(64);
  });

  it('counts depth and length without parameters and the star', () => {
    expect(parsed('/orders/{id}/items/*')).toMatchObject({
      depth: 3,
      length: '/orders//items'.length,
    });
    expect(parsed('/*')).toMatchObject({ depth: 0, length: 0 });
    expect(parsed('~ ^/v\\d+$')).toMatchObject({
      depth: 0,
      length: 7,
      literalPrefix: '/v',
      shape: '',
    });
    expect(parsed('~ ^/api/a\\.b/v\\d+$')).toMatchObject({
      literalPrefix: '/api/a.b/v',
      shape: '/api/a.b',
    });
  });
});
