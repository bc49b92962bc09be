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

  const receivedFor = async (request: { target: string; host?: string; method?: string }, route: object, service: object = {}): Promise<string[]> => {
    proxy = await ProxyFixture.start({
      resources: [
        resource('service', { name: 'orders', targets: [{ address: origin.address }], ...service }),
        resource('route', { name: 'orders', service: 'service-orders', ...route }),
      ],
    });
    const { target, host = 'api.test:8080', method = 'GET' } = request;
    expect((await proxy.send(`${method} ${target} HTTP/1.1\r\nHost: ${host}\r\n\r\n`, method)).status).toBe(200);
    const [start = '', hostLine = ''] = origin.connections[0]?.received.split('\r\n') ?? [];
    return [start, hostLine];
  };

  it.each([
    ['as it came', {}, '/orders/17?full=1&x=%20', '/orders/17?full=1&x=%20'],
    ['normalised', {}, '/orders/./%7ea//b/../c?d=../e', '/orders/~a/c?d=../e'],
    ['without a stripped prefix', { rewrite: { stripPrefix: '/orders' } }, '/orders/17?a', '/17?a'],
    ['without a prefix that is all of it', { rewrite: { stripPrefix: '/orders' } }, '/orders?a', '/?a'],
    ['whole when the prefix ends inside a segment', { rewrite: { stripPrefix: '/orders' } }, '/ordersX', '/ordersX'],
    ['made anew from named segments', { paths: ['/orders/{id}/items/{item}'], rewrite: { path: '/v2/{item}/of/{id}' } }, '/orders/17/items/a%20b?q=1', '/v2/a%20b/of/17?q=1'],
    ['made anew without names', { rewrite: { path: '/fixed' } }, '/orders/17', '/fixed'],
    ['of an absolute form', {}, 'http://api.test:8080/orders/17', '/orders/17'],
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

  it('a segment that was captured cannot climb out of the new path', async () => {
    const [start] = await receivedFor({ target: '/orders/..%2e/x' }, { paths: ['/orders/{id}/x'], rewrite: { path: '/private/{id}' } });
    expect(start).toBe('GET /private/... HTTP/1.1');
  });

  it('Host is the target’s own by default', async () => {
    expect((await receivedFor({ target: '/' }, {}))[1]).toBe(`Host: ${origin.address}`);
  });

  it('Host is the client’s, normalised, with preserve', async () => {
    expect((await receivedFor({ target: '/', host: 'API.test:8080' }, { rewrite: { host: 'preserve' } }))[1]).toBe('Host: api.test:8080');
  });

  it('Host is what the route says', async () => {
    expect((await receivedFor({ target: '/' }, { rewrite: { host: 'internal.test' } }))[1]).toBe('Host: internal.test');
  });
});
