import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually } from '../listener/testing/running-listener.ts';
import { resource } from '../runtime/testing/resources.ts';
import { RawOrigin } from '../upstream/testing/raw-origin.ts';
import { ProxyFixture } from './testing/proxy-fixture.ts';

describe('the refusals of the gateway', () => {
  let origin: RawOrigin;
  let proxy: ProxyFixture;

  beforeEach(async () => {
    origin = await RawOrigin.answering('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    proxy = await ProxyFixture.start({
      resources: [
        resource('gateway', { name: 'default', limits: { maxBodyBytes: 1_000 } }),
        resource('service', { name: 'orders', targets: [{ address: origin.address }] }),
        resource('route', {
          name: 'orders',
          hosts: ['api.test'],
          paths: ['/orders/*'],
          methods: ['GET', 'POST'],
          service: 'service-orders',
        }),
        resource('route', {
          name: 'orders-put',
          hosts: ['api.test'],
          paths: ['/orders/*'],
          methods: ['PUT'],
          service: 'service-orders',
        }),
        resource('route', {
          name: 'small',
          paths: ['/small'],
          service: 'service-orders',
          policies: [{ name: 'request-size-limit', config: { maxBodyBytes: 5 } }],
        }),
        resource('route', {
          name: 'nothing-answers',
          paths: ['/unanswered'],
          policies: [{ name: 'static-response', config: { status: 200 } }],
        }),
      ],
    });
  });
  afterEach(async () => {
    await proxy.stop();
    origin.stop();
  });

  const send = (method: string, target: string, fields = '', content = '') =>
    proxy.send(`${method} ${target} HTTP/1.1\r\nHost: api.test\r\n${fields}\r\n${content}`, method);

  it.each([
    ['another path', '/other'],
    ['a path that only looks alike', '/ordersX'],
  ])('404 for %s, counted under no route', async (_, path) => {
    const response = await send('GET', path);
    expect(response.status).toBe(404);
    expect(JSON.parse(response.body)).toMatchObject({
      code: 'route_not_found',
      detail: 'No route of this gateway matches host, path and method.',
    });
    const line = await proxy.line(0);
    expect(line).toMatchObject({ status: 404, code: 'route_not_found', source: 'client', path });
    expect(line).toHaveProperty('reason', expect.stringContaining('GET /v1/routes'));
    expect(line).not.toHaveProperty('route');
    expect(proxy.counted('sluice_requests_total', { route: '', status: '404' })).toBe(1);
    expect(proxy.counted('sluice_errors_total', { code: 'route_not_found' })).toBe(1);
  });

  it('404 for another host', async () => {
    expect((await proxy.send('GET /orders/1 HTTP/1.1\r\nHost: other.test\r\n\r\n')).status).toBe(
      404,
    );
  });

  it('405 with every method that would have matched', async () => {
    const response = await send('DELETE', '/orders/1');
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('GET, POST, PUT');
    expect(await proxy.line(0)).toMatchObject({
      status: 405,
      code: 'method_not_allowed',
      source: 'client',
    });
  });

  it('503 with Retry-After while there is no configuration', async () => {
    await proxy.stop();
    proxy = await ProxyFixture.start();
    const response = await send('GET', '/orders/1');
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toBe('1');
    expect(JSON.parse(response.body)).toMatchObject({ code: 'not_ready' });
    expect(await proxy.line(0)).toMatchObject({
      status: 503,
      code: 'not_ready',
      source: 'gateway',
      revision: 0,
    });
  });

  describe('413 for content', () => {
    it('that is announced to be too large, before any of it is read or an upstream is called', async () => {
      const client = await proxy.connect();
      client.send(
        'POST /orders/1 HTTP/1.1\r\nHost: api.test\r\nExpect: 100-continue\r\nContent-Length: 1001\r\n\r\n',
      );
      const response = await client.readResponse();
      expect(response.status).toBe(413);
      expect(JSON.parse(response.body)).toMatchObject({ code: 'content_too_large' });
      expect(await proxy.line(0)).toMatchObject({
        status: 413,
        code: 'content_too_large',
        source: 'client',
        route: 'orders',
      });
      expect(origin.connections).toHaveLength(0);
    });

    it('that turns out to be too large: the upstream receives an incomplete request', async () => {
      const silent = await RawOrigin.start(() => undefined);
      proxy.change(resource('service', { name: 'orders', targets: [{ address: silent.address }] }));
      const client = await proxy.connect();
      client.send(
        `POST /orders/1 HTTP/1.1\r\nHost: api.test\r\nTransfer-Encoding: chunked\r\n\r\n3e8\r\n${'x'.repeat(1_000)}\r\n`,
      );
      await eventually(() => silent.connections[0]?.received.includes('x'.repeat(1_000)) === true);
      client.send('1\r\ny\r\n0\r\n\r\n');
      const response = await client.readResponse();
      expect(response.status).toBe(413);
      expect(await proxy.line(0)).toMatchObject({
        status: 413,
        code: 'content_too_large',
        source: 'client',
        target: silent.address,
      });
      await eventually(() => silent.connections[0]?.closed === true);
      expect(silent.connections[0]?.received).not.toMatch(/y|\r\n0\r\n\r\n/);
      expect(proxy.notes.failures).toEqual([]);
      silent.stop();
    });

    it('beyond what a policy of the route allows, announced or not', async () => {
      expect((await send('POST', '/small', 'Content-Length: 6\r\n', '123456')).status).toBe(413);
      expect((await send('POST', '/small', 'Content-Length: 5\r\n', '12345')).status).toBe(200);
      const chunked = await proxy.connect();
      chunked.send(
        'POST /small HTTP/1.1\r\nHost: api.test\r\nTransfer-Encoding: chunked\r\n\r\n6\r\n123456\r\n0\r\n\r\n',
      );
      expect((await chunked.readResponse()).status).toBe(413);
    });

    it('at the limit is accepted', async () => {
      expect(
        (await send('POST', '/orders/1', 'Content-Length: 1000\r\n', 'x'.repeat(1_000))).status,
      ).toBe(200);
    });
  });

  it('a message that never became a request is logged and counted as well', async () => {
    const response = await proxy.send('GET /orders/%2e%00 HTTP/1.1\r\nHost: api.test\r\n\r\n');
    expect(response.status).toBe(400);
    const line = await proxy.line(0);
    expect(line).toMatchObject({
      status: 400,
      code: 'invalid_target',
      source: 'client',
      method: 'GET',
      host: 'api.test',
      clientAddress: '127.0.0.1',
    });
    expect(JSON.parse(response.body)).toMatchObject({
      code: 'invalid_target',
      requestId: line['requestId'],
    });
    expect(proxy.counted('sluice_requests_total', { route: '', status: '400' })).toBe(1);
    expect(proxy.counted('sluice_errors_total', { code: 'invalid_target' })).toBe(1);
  });

  it('a WebSocket is tunnelled to the upstream, and logged when it ends', async () => {
    const socketOrigin = await RawOrigin.start(({ socket }) => {
      socket.once('data', () => {
        socket.write(
          'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: x\r\n\r\n',
        );
        socket.on('data', (chunk: Buffer) => socket.write(chunk));
      });
    });
    proxy.change(
      resource('service', { name: 'orders', targets: [{ address: socketOrigin.address }] }),
    );
    const client = await proxy.connect();
    client.send(
      'GET /orders/ws HTTP/1.1\r\nHost: api.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
    );
    const head = await client.readUntil('\r\n\r\n');
    expect(head).toMatch(/^HTTP\/1\.1 101 /);
    expect(head).toContain('Sec-WebSocket-Accept: x');
    expect(await client.send('to and fro').readUntil('to and fro')).toBe('to and fro');
    expect(proxy.lines).toHaveLength(0);
    client.endSending();
    const line = await proxy.line(0);
    expect(line).toMatchObject({
      status: 101,
      source: 'upstream',
      route: 'orders',
      target: socketOrigin.address,
    });
    expect(head).toContain(`X-Request-Id: ${String(line['requestId'])}\r\n`);
    socketOrigin.stop();
  });
});
