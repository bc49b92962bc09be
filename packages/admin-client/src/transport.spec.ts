import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { createAdminClient } from './admin-client.ts';
import { AdminProblem } from './admin-problem.ts';
import { NotAppliedError } from './not-applied-error.ts';

describe('requests of the admin client', () => {
  let server: Server | undefined;

  afterEach(() => {
    server?.closeAllConnections();
    server?.close();
  });

  /** A server that answers what it is told to, and the requests it has seen. */
  async function serve(
    answer: (response: ServerResponse) => void,
  ): Promise<{ url: string; seen: { request: IncomingMessage; content: string }[] }> {
    const seen: { request: IncomingMessage; content: string }[] = [];
    const started = createServer((request, response) => {
      let content = '';
      request.on('data', (bytes: Buffer) => (content += bytes.toString()));
      request.on('end', () => {
        seen.push({ request, content });
        answer(response);
      });
    });
    server = started;
    await new Promise<void>((resolve) => started.listen(0, '127.0.0.1', resolve));
    return { url: `http://127.0.0.1:${(started.address() as AddressInfo).port}`, seen };
  }

  it('carry the token, the conditions and the wait, below the path of the URL', async () => {
    const { url, seen } = await serve((response) =>
      response
        .setHeader('ETag', '"e"')
        .setHeader('Sluice-Revision', '7')
        .end('{"name":"x","revision":7}'),
    );
    const admin = createAdminClient({ url: `${url}/admin/`, token: 'the-token' });
    const written = await admin.groups.patch(
      'a/b ü',
      { tags: null },
      { waitMs: 1_500, ifMatch: '"d"' },
    );
    expect(written).toEqual({
      resource: { name: 'x' },
      etag: '"e"',
      revision: 7,
      isPending: false,
      nodes: [],
      warnings: [],
    });
    expect(seen[0]?.request.url).toBe(
      '/admin/v1/groups/a%2Fb%20%C3%BC?wait=applied&timeout=1500ms',
    );
    expect(seen[0]?.request.headers).toMatchObject({
      authorization: 'Bearer the-token',
      'if-match': '"d"',
      'content-type': 'application/merge-patch+json',
    });
    expect(seen[0]?.content).toBe('{"tags":null}');
  });

  it('say when nodes are still missing', async () => {
    const { url } = await serve((response) => {
      response.statusCode = 202;
      response
        .setHeader('Sluice-Revision', '9')
        .end('{"revision":9,"nodes":[{"id":"n","outcome":"pending"}]}');
    });
    expect(await createAdminClient({ url, token: 't' }).groups.delete('x', { waitMs: 10 })).toEqual(
      { revision: 9, isPending: true, nodes: [{ id: 'n', outcome: 'pending' }] },
    );
  });

  it('throw when nodes are still missing and all have to apply', async () => {
    const { url } = await serve((response) => {
      response.statusCode = 202;
      response
        .setHeader('Sluice-Revision', '9')
        .end('{"nodes":[{"id":"a","outcome":"applied"},{"id":"b","outcome":"pending"}]}');
    });
    const write = createAdminClient({ url, token: 't' }).groups.put(
      'x',
      {},
      { waitMs: 10, requireApplied: true },
    );
    await expect(write).rejects.toBeInstanceOf(NotAppliedError);
    await expect(write).rejects.toMatchObject({
      revision: 9,
      nodes: [{ id: 'a' }, { id: 'b' }],
      message:
        'PUT /v1/groups/x committed revision 9, but not all nodes applied it in time; pending: b',
    });
  });

  it('repeat the parameter of a list, and omit what is undefined', async () => {
    const { url, seen } = await serve((response) => response.end('{"data":[],"next":null}'));
    await createAdminClient({ url, token: 't' }).groups.list({ limit: 2, tag: ['a b', 'c&d'] });
    await createAdminClient({ url, token: 't' }).groups.list({});
    expect(seen.map(({ request }) => request.url)).toEqual([
      '/v1/groups?limit=2&tag=a+b&tag=c%26d',
      '/v1/groups',
    ]);
  });

  it.each(['', '.', '..'])('never address a resource as "%s"', async (name) => {
    const { url, seen } = await serve((response) => response.end('{}'));
    const admin = createAdminClient({ url, token: 't' });
    await expect(admin.keysOf('acme').delete(name)).rejects.toThrow(RangeError);
    expect(() => admin.keysOf(name)).toThrow(RangeError);
    expect(() => admin.routesOf(name)).toThrow(RangeError);
    await expect(admin.effectivePolicies(name)).rejects.toThrow('use its id');
    expect(seen).toEqual([]);
  });

  it('may have any method, path, field and text, and get a response of any status', async () => {
    const { url, seen } = await serve((response) => {
      response.statusCode = 415;
      response.setHeader('Content-Type', 'application/problem+json').end('{"code":"x"}');
    });
    const response = await createAdminClient({ url, token: 't' }).request('POST', '/v1/x?a=b', {
      text: '{ not JSON',
      headers: { 'content-type': 'text/plain', traceparent: '00-1-2-01' },
      query: new URLSearchParams({ c: 'd' }),
      waitMs: 5,
    });
    expect(response).toMatchObject({ status: 415, text: '{"code":"x"}', body: { code: 'x' } });
    expect(seen).toMatchObject([
      {
        request: {
          method: 'POST',
          url: '/v1/x?a=b&c=d&wait=applied&timeout=5ms',
          headers: { 'content-type': 'text/plain', traceparent: '00-1-2-01' },
        },
        content: '{ not JSON',
      },
    ]);
  });

  it('do not follow redirects, which would turn a POST into a GET', async () => {
    const { url, seen } = await serve((response) => {
      response.statusCode = 301;
      response.setHeader('Location', '/elsewhere').end();
    });
    await expect(
      createAdminClient({ url, token: 't' }).groups.create({ name: 'x' }),
    ).rejects.toMatchObject({ name: 'TypeError' });
    expect(seen).toHaveLength(1);
  });

  it('need a valid URL', () => {
    // The TypeError of Node's own module is of another realm than this file.
    expect(() => createAdminClient({ url: '127.0.0.1:8001', token: 't' })).toThrow('Invalid URL');
  });

  it('end in a problem also when something else than the Admin API answers', async () => {
    const { url } = await serve((response) => {
      response.statusCode = 502;
      response.setHeader('Content-Type', 'text/html').end('<h1>Bad gateway</h1>');
    });
    const failure = createAdminClient({ url, token: 't' }).groups.get('x');
    await expect(failure).rejects.toBeInstanceOf(AdminProblem);
    await expect(failure).rejects.toMatchObject({
      status: 502,
      code: '',
      errors: [],
      message: 'GET /v1/groups/x was answered with 502 : no reason given',
    });
  });

  it('give up when nothing is answered in time', async () => {
    const { url } = await serve(() => undefined);
    await expect(
      createAdminClient({ url, token: 't', timeoutMs: 100 }).groups.get('x'),
    ).rejects.toMatchObject({ name: 'TimeoutError' });
  });

  it('never show the token in an error', async () => {
    const { url } = await serve((response) => {
      response.statusCode = 401;
      response.end('{"code":"admin_unauthorized","detail":"the token is not known"}');
    });
    const error: unknown = await createAdminClient({ url, token: 'very-secret-token' })
      .groups.get('x')
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'admin_unauthorized' });
    expect(JSON.stringify(error) + String(error)).not.toContain('very-secret-token');
  });
});
