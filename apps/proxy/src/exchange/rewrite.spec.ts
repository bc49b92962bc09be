import { describe, expect, it } from '@jest/globals';
import { rewritePath } from './rewrite.ts';

describe('rewritePath', () => {
  it.each([
    ['/orders/17', '/orders', '/17'],
    ['/orders', '/orders', '/'],
    ['/orders/', '/orders', '/'],
    ['/ordersX', '/orders', '/ordersX'],
    ['/orders/17', '/orders/', '/17'],
    ['/other', '/orders', '/other'],
    ['/orders/17', '/', '/orders/17'],
  ])('%s without the prefix %s is %s', (path, stripPrefix, expected) => {
    expect(rewritePath(path, { stripPrefix, host: 'target' }, undefined)).toBe(expected);
  });

  it('leaves the path alone when nothing is asked for', () => {
    expect(rewritePath('/orders/17', { host: 'target' }, undefined)).toBe('/orders/17');
  });

  it('fills named segments into a new path', () => {
    expect(rewritePath('/orders/17/items/3', { path: '/v2/{item}/of/{order}', host: 'target' }, { order: '17', item: '3' })).toBe('/v2/3/of/17');
  });

  it('keeps what a segment is percent-encoded as, and leaves out what is not there', () => {
    expect(rewritePath('/x', { path: '/{a}/{b}', host: 'target' }, { a: 'b%20c' })).toBe('/b%20c/');
  });
});
