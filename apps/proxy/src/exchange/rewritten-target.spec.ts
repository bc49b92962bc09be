import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { resource } from '../runtime/testing/resources.ts';
import { RawOrigin } from '../upstream/testing/raw-origin.ts';
import { ProxyFixture } from './testing/proxy-fixture.ts';

describe('the target an upstream receives', () => {
  let origin: RawOrigin;
  let proxy: ProxyFixture;

  beforeEach(async () => {
    origin = await RawOrigin.answering('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
  });
  afterEach(async () => {
    await proxy.stop();
    origin.stop();
  });

  const receivedFor = async (
    request: { target: string; host?: string; method?: string },
    route: object,
    service: object = {},
  ): Promise<string[]> => {
    proxy = await ProxyFixture.start({
      resources: [
        resource('service', { name: 'orders', targets: [{ address: origin.address }], ...service }),
        resource('route', { name: 'orders', service: 'service-orders', ...route }),
      ],
    });
    const { target, host = 'api.test:8080', method = 'GET' } = request;
    expect(
      (await proxy.send(`${method} ${target} HTTP/1.1\r\nHost: ${host}\r\n\r\n`, method)).status,
    ).toBe(200);
    const [start = '', hostLine = ''] = origin.connections[0]?.received.split('\r\n') ?? [];
    return [start, hostLine];
  };

  it.each([
    ['as it came', {}, '/orders/17?full=1&x=%20', '/orders/17?full=1&x=%20'],
    ['normalised', {}, '/orders/./%7ea//b/../c?d=../e', '/orders/~a/c?d=../e'],
    ['without a stripped prefix', { rewrite: { stripPrefix: '/orders' } }, '/orders/17?a', '/17?a'],
    [
      'without a prefix that is all of it',
      { rewrite: { stripPrefix: '/orders' } },
      '/orders?a',
      '/?a',
    ],
    [
      'whole when the prefix ends inside a segment',
      { rewrite: { stripPrefix: '/orders' } },
      '/ordersX',
      '/ordersX',
    ],
    [
      'built from named segments',
      { paths: ['/orders/{id}/items/{item}'], rewrite: { path: '/v2/{item}/of/{id}' } },
      '/orders/17/items/a%20b?q=1',
      '/v2/a%20b/of/17?q=1',
    ],
    ['built without names', { rewrite: { path: '/fixed' } }, '/orders/17', '/fixed'],
    ['of an absolute form', {}, 'http://api.test:8080/orders/17', '/orders/17'],
    ['with an empty query', {}, '/orders?', '/orders?'],
    ['with an empty query, in another spelling', {}, '/./orders?', '/orders?'],
    ['with a query of question marks', {}, '/orders???', '/orders???'],
    ['stripped, with an empty query', { rewrite: { stripPrefix: '/orders' } }, '/orders?', '/?'],
    ['without a query after one that had one', {}, '/orders', '/orders'],
  ])('is %s', async (_, route, target, expected) => {
    const [start] = await receivedFor({ target }, route);
    expect(start).toBe(`GET ${expected} HTTP/1.1`);
  });

  it.each([
    ['/', '/orders/17', '/orders/17'],
    ['/api', '/orders/17', '/api/orders/17'],
    ['/api/', '/orders/17', '/api/orders/17'],
    ['/api/v2/', '/', '/api/v2/'],
  ])('stands below the base path %s of the service', async (basePath, target, expected) => {
    const [start] = await receivedFor({ target }, {}, { basePath });
    expect(start).toBe(`GET ${expected} HTTP/1.1`);
  });

  it('a captured segment cannot escape from the new path', async () => {
    const [start] = await receivedFor(
      { target: '/orders/..%2e/x' },
      { paths: ['/orders/{id}/x'], rewrite: { path: '/private/{id}' } },
    );
    expect(start).toBe('GET /private/... HTTP/1.1');
  });

  const prefixTold = async (
    target: string,
    rewrite: object,
    trustedProxies: string[],
    fields: string[],
  ): Promise<string[]> => {
    proxy = await ProxyFixture.start({
      resources: [
        resource('gateway', { name: 'default', trustedProxies }),
        resource('service', { name: 'orders', targets: [{ address: origin.address }] }),
        resource('route', { name: 'orders', service: 'service-orders', rewrite }),
      ],
    });
    expect((await proxy.get(target, ...fields)).status).toBe(200);
    const lines = origin.connections[0]?.received.split('\r\n') ?? [];
    return lines
      .filter((line) => /^x-forwarded-prefix:/i.test(line))
      .map((line) => line.slice(line.indexOf(':') + 1).trim());
  };

  it.each([
    ['what was stripped', '/shop/x', { stripPrefix: '/shop' }, [], [], ['/shop']],
    ['without the slash at its end', '/shop/x', { stripPrefix: '/shop/' }, [], [], ['/shop']],
    ['all that was stripped', '/shop', { stripPrefix: '/shop' }, [], [], ['/shop']],
    ['nothing when nothing was stripped', '/shopping', { stripPrefix: '/shop' }, [], [], []],
    ['nothing when only the root is named', '/shop', { stripPrefix: '/' }, [], [], []],
    ['nothing when the path is made by a template', '/shop', { path: '/x' }, [], [], []],
    ['nothing that the client made up', '/x', {}, [], ['X-Forwarded-Prefix: /evil'], []],
    [
      'nothing of the client before what was stripped',
      '/shop/x',
      { stripPrefix: '/shop' },
      [],
      ['X-Forwarded-Prefix: /evil'],
      ['/shop'],
    ],
    ['what a trusted proxy says', '/x', {}, ['127.0.0.0/8'], ['X-Forwarded-Prefix: /eu'], ['/eu']],
    [
      'both, in the order in which they were stripped',
      '/shop/x',
      { stripPrefix: '/shop' },
      ['127.0.0.0/8'],
      ['X-Forwarded-Prefix: /eu/'],
      ['/eu/shop'],
    ],
    [
      'all of several proxies',
      '/shop/x',
      { stripPrefix: '/shop' },
      ['127.0.0.0/8'],
      ['X-Forwarded-Prefix: /a, /b', 'X-Forwarded-Prefix: /c'],
      ['/a/b/c/shop'],
    ],
  ])('X-Forwarded-Prefix is %s', async (_, target, rewrite, trusted, fields, expected) => {
    expect(await prefixTold(target, rewrite, trusted, fields)).toEqual(expected);
  });

  it('Host is the target’s own by default', async () => {
    expect((await receivedFor({ target: '/' }, {}))[1]).toBe(`Host: ${origin.address}`);
  });

  it('Host is the client’s, normalised, with preserve', async () => {
    expect(
      (
        await receivedFor({ target: '/', host: 'API.test:8080' }, { rewrite: { host: 'preserve' } })
      )[1],
    ).toBe('Host: api.test:8080');
  });

  it('Host is the one that the route configures', async () => {
    expect((await receivedFor({ target: '/' }, { rewrite: { host: 'internal.test' } }))[1]).toBe(
      'Host: internal.test',
    );
  });
});
