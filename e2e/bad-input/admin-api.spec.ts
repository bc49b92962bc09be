import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { registerService } from '../harness/configure.ts';
import { Origin } from '../harness/origin.ts';
import { Stack } from '../harness/stack.ts';

describe('bad input to the Admin API', () => {
  const started = new AsyncDisposableStack();
  let stack: Stack;
  let origin: Origin;

  beforeAll(async () => {
    origin = started.use(await Origin.start('orders'));
    stack = started.use(await Stack.start());
    await registerService(stack.admin, 'orders', [origin.address]);
  }, 60_000);
  afterAll(() => started.disposeAsync());

  const route = { name: 'r', paths: ['/r'], service: 'orders' };

  it.each([
    ['malformed JSON', 'POST', '/v1/services', '{"name": "x",', 400, 'malformed_content'],
    ['JSON that is not an object', 'POST', '/v1/services', '[]', 400, 'validation_failed'],
    ['nothing', 'POST', '/v1/services', '', 400, undefined],
    [
      'an unknown property',
      'POST',
      '/v1/routes',
      { ...route, sevrice: 'orders' },
      400,
      'validation_failed',
    ],
    [
      'wrong types',
      'POST',
      '/v1/routes',
      { name: 7, paths: 'a', methods: ['get'] },
      400,
      'validation_failed',
    ],
    [
      'a dangling reference',
      'POST',
      '/v1/routes',
      { ...route, service: 'missing' },
      400,
      'reference_not_found',
    ],
    [
      'an unknown policy',
      'POST',
      '/v1/routes',
      { ...route, policies: [{ name: 'magic' }] },
      400,
      'validation_failed',
    ],
    [
      'an invalid policy configuration',
      'POST',
      '/v1/routes',
      { ...route, policies: [{ name: 'rate-limit', config: { limit: 'many' } }] },
      400,
      'validation_failed',
    ],
    [
      'a dangerous regular expression',
      'POST',
      '/v1/routes',
      { ...route, paths: ['~ ^/(a+)+$'] },
      400,
      'validation_failed',
    ],
    [
      'a resource that does not exist',
      'GET',
      '/v1/routes/missing',
      undefined,
      404,
      'resource_not_found',
    ],
    ['a path that does not exist', 'GET', '/v1/nothing', undefined, 404, 'resource_not_found'],
    ['a method that is not served', 'TRACE', '/v1/routes', undefined, 405, undefined],
    ['an unknown parameter', 'GET', '/v1/routes?colour=red', undefined, 400, 'unknown_parameter'],
    [
      'a name that is taken',
      'POST',
      '/v1/services',
      { name: 'orders', targets: [{ address: '127.0.0.1:1' }] },
      409,
      'name_taken',
    ],
    [
      'deleting a resource that is still referred to',
      'DELETE',
      '/v1/services/orders',
      undefined,
      409,
      'still_referenced',
    ],
    [
      'an entity tag that is outdated',
      'PATCH',
      '/v1/routes/orders',
      { tags: ['x'] },
      412,
      'precondition_failed',
    ],
  ])(
    '%s is answered with a problem document',
    async (what, method, path, content, status, code) => {
      const answer = await send(method, path, {
        content: typeof content === 'object' ? JSON.stringify(content) : content,
        ...(what.startsWith('an entity tag') ? { headers: { 'if-match': '"0"' } } : {}),
      });
      expect(answer).toMatchObject({ status, type: 'application/problem+json' });
      expect(answer.body).toMatchObject({
        status,
        code: code ?? expect.any(String),
        title: expect.any(String),
      });
      expect(answer.text).not.toMatch(/node_modules|\.ts:\d|at Object\.|SELECT |relation/);
      await stillServes();
    },
  );

  it('reports all errors at once, each with its pointer', async () => {
    const { body } = await send('POST', '/v1/routes', {
      content: JSON.stringify({
        name: '',
        paths: ['a', '/b', '//c'],
        methods: ['FETCH'],
        sevrice: 'x',
        service: 'orders',
        priority: 'high',
      }),
    });
    const pointers = (body['errors'] as { pointer: string }[]).map(({ pointer }) => pointer);
    for (const pointer of ['/name', '/paths/0', '/methods/0', '/sevrice', '/priority'])
      expect(pointers).toContain(pointer);
  });

  it.each([
    ['announced', true],
    ['not announced', false],
  ])(
    'content of 10 MB, %s, is answered with 413 or a closed connection, and not read further',
    async (_, isAnnounced) => {
      const answer = await send('POST', '/v1/services', {
        content: `{"name":"${'x'.repeat(10_485_760)}"}`,
        isChunked: !isAnnounced,
      }).catch((error: NodeJS.ErrnoException) => error);
      // Not `instanceof Error`: errors of Node's own modules are of another realm than this file.
      if (!('status' in answer)) expect(['EPIPE', 'ECONNRESET']).toContain(answer.code);
      else
        expect(answer).toMatchObject({
          status: 413,
          type: 'application/problem+json',
          body: { code: 'content_too_large' },
        });
      await stillServes();
    },
  );

  it.each([
    ['no token', {}, 401],
    ['a wrong token', { authorization: 'Bearer wrong-token-0123456789abcdef00' }, 401],
    ['another scheme', { authorization: 'Basic eDp5' }, 401],
  ])('%s is 401, and says how to authenticate', async (_, headers, status) => {
    for (const path of ['/v1/routes', '/v1/nodes', '/v1/services']) {
      const answer = await send('GET', path, { headers, isAnonymous: true });
      expect(answer).toMatchObject({
        status,
        type: 'application/problem+json',
        body: { code: 'admin_unauthorized' },
      });
      expect(answer.challenge).toMatch(/^Bearer/);
    }
    const write = await send('POST', '/v1/services', {
      headers,
      isAnonymous: true,
      content: '{ not even json',
    });
    expect(write.status).toBe(401);
  });

  it.each([
    'text/plain',
    'application/xml',
    'multipart/form-data; boundary=x',
    'application/x-www-form-urlencoded',
  ])('content of the type %s is 415', async (type) => {
    const answer = await send('POST', '/v1/services', {
      headers: { 'content-type': type },
      content: 'name=x',
    });
    expect(answer).toMatchObject({
      status: 415,
      type: 'application/problem+json',
      body: { code: 'unsupported_media_type' },
    });
    await stillServes();
  });

  /** Checks that the API answers, the proxy serves, and no resource was written. */
  async function stillServes(): Promise<void> {
    const routes = await stack.admin.routes.list();
    expect(routes.data.map(({ name }) => name)).toEqual(['orders']);
    expect((await fetch(`${stack.proxy.url}/orders/1`)).status).toBe(200);
    expect((await fetch(`${stack.controlPlane.url}/readyz`)).status).toBe(200);
  }

  interface Sent {
    readonly content?: string | undefined;
    readonly headers?: Readonly<Record<string, string>>;
    readonly isAnonymous?: boolean;
    readonly isChunked?: boolean;
  }
  interface Answer {
    readonly status: number;
    readonly type: string;
    readonly challenge: string;
    readonly text: string;
    readonly body: Record<string, unknown>;
  }

  /**
   * Sends a request unchanged: unlike `fetch`, it accepts any method and can omit Content-Length.
   */
  function send(
    method: string,
    path: string,
    { content, headers = {}, isAnonymous = false, isChunked = false }: Sent,
  ): Promise<Answer> {
    const common = {
      ...(isAnonymous ? {} : { authorization: 'Bearer e2e-admin-token-0123456789abcdef' }),
      ...(content === undefined ? {} : { 'content-type': 'application/json' }),
    };
    const length =
      content === undefined || isChunked
        ? {}
        : { 'content-length': String(Buffer.byteLength(content)) };
    return new Promise((resolve, reject) => {
      const outgoing = request(
        stack.controlPlane.url + path,
        { method, agent: false, timeout: 15_000, headers: { ...common, ...length, ...headers } },
        (response) => {
          let text = '';
          response.setEncoding('utf8');
          response.on('data', (chunk: string) => (text += chunk));
          response.on('error', reject);
          response.on('end', () =>
            resolve({
              status: response.statusCode ?? 0,
              type: (response.headers['content-type'] ?? '').split(';')[0] ?? '',
              challenge: response.headers['www-authenticate'] ?? '',
              text,
              body: (text === '' ? {} : JSON.parse(text)) as Record<string, unknown>,
            }),
          );
        },
      );
      outgoing.on('timeout', () => outgoing.destroy(new Error('timeout')));
      outgoing.on('error', reject);
      outgoing.end(content);
    });
  }
});
