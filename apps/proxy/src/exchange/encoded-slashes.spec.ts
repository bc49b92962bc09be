import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { connect } from 'node:http2';
import { once } from 'node:events';
import { resource } from '../runtime/testing/resources.ts';
import { RawOrigin } from '../upstream/testing/raw-origin.ts';
import { ProxyFixture } from './testing/proxy-fixture.ts';
import { recordingPolicy } from './testing/recording-policy.ts';

describe('encoded slashes in the path', () => {
  let origin: RawOrigin;
  let proxy: ProxyFixture;
  let entries: string[];

  beforeEach(async () => {
    entries = [];
    origin = await RawOrigin.answering('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    const keep = { service: 'service-origin', encodedSlashes: 'keep' } as const;
    proxy = await ProxyFixture.start({
      policies: [recordingPolicy((entry) => entries.push(entry))],
      resources: [
        resource('service', { name: 'origin', targets: [{ address: origin.address }] }),
        resource('route', { name: 'files', paths: ['/files/*'], ...keep }),
        resource('route', {
          name: 'named',
          paths: ['/named/{id}/raw'],
          ...keep,
          rewrite: { path: '/raw/{id}' },
        }),
        resource('route', {
          name: 'tenants',
          hosts: ['api.test'],
          paths: ['/{tenant}/x'],
          ...keep,
        }),
        resource('route', { name: 'open', hosts: ['api.test'], paths: ['~ ^/.*$'], ...keep }),
        resource('route', {
          name: 'admin',
          hosts: ['api.test'],
          paths: ['/admin/*'],
          service: 'service-origin',
          policies: [{ name: 'recording' }],
        }),
        resource('route', {
          name: 'exact',
          hosts: ['api.test'],
          paths: ['/exact/a/b'],
          service: 'service-origin',
        }),
        resource('route', {
          name: 'posts',
          hosts: ['api.test'],
          paths: ['/posts/*'],
          methods: ['POST'],
          service: 'service-origin',
          policies: [{ name: 'recording' }],
        }),
      ],
    });
  });
  afterEach(async () => {
    await proxy.stop();
    origin.stop();
  });

  const upstreamTargets = (): string[] =>
    origin.connections.flatMap(({ received }) =>
      [...received.matchAll(/^GET (\S+) HTTP/gm)].map(([, target]) => String(target)),
    );
  const status = async (target: string, host = 'api.test'): Promise<number> =>
    (await proxy.send(`GET ${target} HTTP/1.1\r\nHost: ${host}\r\n\r\n`)).status;

  it.each([
    ['/files/a%2Fb', '/files/a%2Fb'],
    ['/files/a%2fb%5cc', '/files/a%2Fb%5Cc'],
    ['/files/%2f', '/files/%2F'],
    ['/files/%2F%61%2f?q=%2f', '/files/%2Fa%2F?q=%2f'],
    ['/x/../files/a%2Fb/./c', '/files/a%2Fb/c'],
    ['/named/a%2fb/raw', '/raw/a%2Fb'],
  ])(
    '%s reaches a route that keeps them, and its upstream, in one spelling',
    async (sent, received) => {
      expect(await status(sent, 'other.test')).toBe(200);
      expect(upstreamTargets()).toEqual([received]);
      expect(await proxy.line(0)).toMatchObject({
        status: 200,
        path: received.startsWith('/raw') ? '/named/a%2Fb/raw' : received.split('?')[0],
      });
    },
  );

  it.each([
    ['a route that has not opted in', '/admin/a%2Fb'],
    ['a route that has not opted in, also when they go with a dot segment', '/admin/a%2fb/../c'],
    ['another route by way of %2F', '/admin%2Fusers'],
    ['another route by way of %5C', '/admin%5cusers'],
    ['another route by way of both', '/%5Cadmin%2fusers'],
    ['another route by way of a template', '/admin%2fusers/x'],
    ['another route, exact, of which only %2F makes the way', '/exact%2Fa/b'],
    ['another route by way of doubled slashes', '/%2F%2fadmin/users'],
    ['a way up', '/files/..%2fadmin'],
    ['a way up that is encoded', '/files/%2e%2e%2fadmin'],
    ['a way up behind', '/files/a%2f..'],
    ['a way up with backslashes', '/files/..%5c..%5cadmin'],
    ['a way up with a parameter', '/files/..;a%2f..'],
  ])('lead to 400 with %s, and reach no policy and no upstream: %s', async (_, target) => {
    expect(await status(target)).toBe(400);
    const line = await proxy.line(0);
    expect(line).toMatchObject({ status: 400, code: 'invalid_target', source: 'client' });
    expect(line).not.toHaveProperty('route');
    expect([entries, upstreamTargets()]).toEqual([[], []]);
  });

  it('lead to 400 when no route matches, as on every other route', async () => {
    expect(await status('/nowhere/a%2Fb', 'other.test')).toBe(400);
    expect(await status('/nowhere/a/b', 'other.test')).toBe(404);
  });

  it('are kept when the decoded path matches only a route with another method', async () => {
    expect(await status('/posts%2Fa')).toBe(200);
  });

  it('are refused and kept in HTTP/2 as well', async () => {
    const session = connect(`http://127.0.0.1:${proxy.port}`);
    const ask = async (path: string): Promise<unknown> => {
      const stream = session.request({ ':path': path, ':authority': 'api.test' });
      const [headers] = (await once(stream, 'response')) as [Record<string, unknown>];
      stream.resume();
      await once(stream, 'close');
      return headers[':status'];
    };
    expect([await ask('/files/a%2fb'), await ask('/admin%2fb'), await ask('/admin/b')]).toEqual([
      200, 400, 200,
    ]);
    session.close();
    expect(upstreamTargets()).toEqual(['/files/a%2Fb', '/admin/b']);
  });

  it('do not affect the next request on the connection', async () => {
    const client = await proxy.connect();
    const ask = async (target: string): Promise<number> =>
      (await client.send(`GET ${target} HTTP/1.1\r\nHost: api.test\r\n\r\n`).readResponse()).status;
    expect([
      await ask('/files/a%2fb'),
      await ask('/admin/b'),
      await ask('/admin%2Fb'),
      await ask('/admin/b'),
      await ask('/files/b'),
    ]).toEqual([200, 200, 400, 200, 200]);
  });
});
