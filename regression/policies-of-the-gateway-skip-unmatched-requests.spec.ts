import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  ProxyFixture,
  type FixtureOptions,
} from '../apps/proxy/src/exchange/testing/proxy-fixture.ts';
import { recordingPolicy } from '../apps/proxy/src/exchange/testing/recording-policy.ts';
import { resource } from '../apps/proxy/src/runtime/testing/resources.ts';
import { RawOrigin } from '../apps/proxy/src/upstream/testing/raw-origin.ts';

const origins = ['https://app.example'];
const cors = { name: 'cors', config: { origins, credentials: true } };
const fromApp = 'Origin: https://app.example';

describe('requests that match no route', () => {
  let origin: RawOrigin;
  let proxy: ProxyFixture | undefined;

  beforeEach(async () => {
    origin = await RawOrigin.answering('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
  });
  afterEach(async () => {
    await proxy?.stop();
    origin.stop();
  });

  const start = async (
    gatewayPolicies: object[],
    options: FixtureOptions & { readonly routePolicies?: object[] } = {},
  ): Promise<ProxyFixture> =>
    (proxy = await ProxyFixture.start({
      ...options,
      resources: [
        resource('gateway', {
          name: 'default',
          policies: gatewayPolicies as never,
          limits: { maxBodyBytes: 10 },
        }),
        resource('service', { name: 'orders', targets: [{ address: origin.address }] }),
        resource('route', {
          name: 'orders',
          paths: ['/orders'],
          methods: ['POST'],
          service: 'service-orders',
          policies: (options.routePolicies ?? []) as never,
        }),
        ...(options.resources ?? []),
      ],
    }));
  const send = (running: ProxyFixture, method: string, path: string, ...fields: string[]) =>
    running.send(
      `${[`${method} ${path} HTTP/1.1`, 'Host: a', ...fields].join('\r\n')}\r\n\r\n`,
      method,
    );
  const unmatched = [
    ['404', 'GET', '/nowhere', 404],
    ['405', 'GET', '/orders', 405],
    ['an encoded slash', 'GET', '/a%2Fb', 400],
  ] satisfies [what: string, method: string, path: string, status: number][];

  it.each(unmatched)(
    '%s: cors and response-headers run, and the log has it',
    async (_, method, path, status) => {
      const running = await start([
        cors,
        { name: 'response-headers', config: { set: { 'X-Frame-Options': 'DENY' } } },
      ]);
      const response = await send(running, method, path, fromApp);
      expect(response.status).toBe(status);
      expect(response.headers.get('access-control-allow-origin')).toBe(origins[0]);
      expect(response.headers.get('vary')).toBe('Origin');
      expect(response.headers.get('x-frame-options')).toBe('DENY');
      if (status === 405) expect(response.headers.get('allow')).toBe('POST');
      expect(await running.line(0)).toMatchObject({ status });
      // A cache must not serve the response to a script of another origin, even if this request had
      // no Origin.
      expect((await send(running, method, path)).headers.get('vary')).toBe('Origin');
    },
  );

  it.each(unmatched)('%s: ip-restriction refuses it', async (_what, method, path) => {
    const running = await start([{ name: 'ip-restriction', config: { deny: ['127.0.0.0/8'] } }]);
    expect((await send(running, method, path)).status).toBe(403);
    expect(await running.line(0)).toMatchObject({ code: 'address_denied' });
  });

  it.each(unmatched)(
    '%s: rate-limit counts it with the caller’s address',
    async (_, method, path, status) => {
      const running = await start([
        { name: 'rate-limit', config: { limit: 2, windowSeconds: 3600 } },
      ]);
      const statuses: number[] = [];
      for (let round = 0; round < 3; round++)
        statuses.push((await send(running, method, path)).status);
      expect(statuses).toEqual([status, status, 429]);
      expect((await send(running, 'POST', '/orders', 'Content-Length: 0')).status).toBe(429);
    },
  );

  it.each(unmatched)(
    '%s: only receive, limit, respond and settle run',
    async (_, method, path, status) => {
      const entries: string[] = [];
      const running = await start([{ name: 'recording' }], {
        policies: [
          recordingPolicy((entry, { matched, route }) =>
            entries.push(`${entry} ${matched} "${route.name}"`),
          ),
        ],
      });
      expect((await send(running, method, path)).status).toBe(status);
      await running.line(0);
      expect(entries).toEqual(
        ['receive', 'limit', 'respond', 'settle'].map((phase) => `${phase} false ""`),
      );
    },
  );

  it('a key is neither required nor looked up', async () => {
    const running = await start([{ name: 'key-auth' }]);
    expect((await send(running, 'GET', '/nowhere', 'X-Api-Key: unknown')).status).toBe(404);
    expect((await send(running, 'POST', '/orders', 'Content-Length: 0')).status).toBe(401);
  });

  it('a redirect to https applies to every path', async () => {
    const running = await start([{ name: 'redirect', config: { scheme: 'https' } }]);
    expect((await send(running, 'GET', '/nowhere')).headers.get('location')).toBe(
      'https://a/nowhere',
    );
  });

  it('a policy of a route does not run, and does not replace the gateway policy of the same name', async () => {
    const running = await start(
      [{ name: 'response-headers', config: { set: { 'X-From': 'gateway' } } }],
      {
        routePolicies: [{ name: 'response-headers', config: { set: { 'X-From': 'route' } } }],
      },
    );
    expect((await send(running, 'GET', '/orders')).headers.get('x-from')).toBe('gateway');
    expect(
      (await send(running, 'POST', '/orders', 'Content-Length: 0')).headers.get('x-from'),
    ).toBe('route');
  });

  it('content with a too large Content-Length is refused after the cheap checks', async () => {
    const running = await start([
      cors,
      { name: 'ip-restriction', config: { deny: ['127.0.0.2'] } },
      { name: 'rate-limit', config: { limit: 1, windowSeconds: 3600 } },
    ]);
    const first = await send(running, 'POST', '/orders', 'Content-Length: 11', fromApp);
    expect([first.status, first.headers.get('access-control-allow-origin')]).toEqual([
      413,
      origins[0],
    ]);
    expect((await send(running, 'POST', '/orders', 'Content-Length: 11')).status).toBe(429);
    expect(origin.connections).toHaveLength(0);
  });

  it('responses of load shedding get the fields of the gateway policies', async () => {
    const running = await start([cors]);
    Object.defineProperty(running.overload, 'isShedding', { value: true });
    Object.defineProperty(running.overload, 'refuses', { value: () => true });
    const response = await send(running, 'POST', '/orders', 'Content-Length: 0', fromApp);
    expect([response.status, response.headers.get('access-control-allow-origin')]).toEqual([
      503,
      origins[0],
    ]);
  });
});

describe('a preflight request', () => {
  let origin: RawOrigin;
  let proxy: ProxyFixture | undefined;

  beforeEach(async () => {
    origin = await RawOrigin.answering('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
  });
  afterEach(async () => {
    await proxy?.stop();
    origin.stop();
  });

  const route = (name: string, more: object) =>
    resource('route', { name, paths: ['/orders'], service: 'service-orders', ...more } as never);
  const start = async (
    gatewayPolicies: object[],
    ...routes: ReturnType<typeof route>[]
  ): Promise<ProxyFixture> =>
    (proxy = await ProxyFixture.start({
      resources: [
        resource('gateway', { name: 'default', policies: gatewayPolicies as never }),
        resource('service', { name: 'orders', targets: [{ address: origin.address }] }),
        ...routes,
      ],
    }));
  const preflight = (running: ProxyFixture, method: string, ...fields: string[]) =>
    running.send(
      `${['OPTIONS /orders HTTP/1.1', 'Host: a', fromApp, `Access-Control-Request-Method: ${method}`, ...fields].join('\r\n')}\r\n\r\n`,
      'OPTIONS',
    );
  const strict = { name: 'cors', config: { origins, methods: ['POST'], maxAgeSeconds: 5 } };

  it('is answered for a route that accepts only the requested method', async () => {
    const running = await start([], route('post', { methods: ['POST'], policies: [cors] }));
    const response = await preflight(running, 'POST', 'Access-Control-Request-Headers: x-a');
    expect(response.status).toBe(204);
    expect(response.headers.get('access-control-allow-origin')).toBe(origins[0]);
    expect(response.headers.get('access-control-allow-headers')).toBe('x-a');
    expect(await running.line(0)).toMatchObject({ route: 'post', status: 204 });
    expect(origin.connections).toHaveLength(0);
  });

  it('is answered by cors on the gateway, for any requested method and path', async () => {
    const running = await start([cors], route('post', { methods: ['POST'] }));
    expect((await preflight(running, 'POST')).status).toBe(204);
    expect((await preflight(running, 'DELETE')).status).toBe(204);
    expect(
      (
        await running.send(
          `OPTIONS /nowhere HTTP/1.1\r\nHost: a\r\n${fromApp}\r\nAccess-Control-Request-Method: GET\r\n\r\n`,
        )
      ).status,
    ).toBe(204);
  });

  it.each(['GET', 'POST'])(
    'is answered by the policy of the route that %s matches',
    async (method) => {
      const lax = { name: 'cors', config: { origins, methods: ['GET'], maxAgeSeconds: 7 } };
      const running = await start(
        [],
        route('get', { methods: ['GET'], policies: [lax] }),
        route('post', { methods: ['POST'], policies: [strict] }),
      );
      expect((await preflight(running, method)).headers.get('access-control-allow-methods')).toBe(
        method,
      );
    },
  );

  it('matches a route with conditions on fields that the request may have', async () => {
    const running = await start(
      [],
      route('v2', { headers: { 'X-V': '2' }, policies: [strict] }),
      route('any', { policies: [cors] }),
    );
    expect(
      (await preflight(running, 'POST', 'Access-Control-Request-Headers: x-a, X-V')).headers.get(
        'access-control-max-age',
      ),
    ).toBe('5');
    expect(
      (await preflight(running, 'POST', 'Access-Control-Request-Headers: x-a')).headers.get(
        'access-control-max-age',
      ),
    ).toBe('600');
    proxy?.change({
      ...resource('route', { name: 'any', paths: ['/other'], service: 'service-orders' }),
    });
    expect((await preflight(running, 'POST')).headers.get('access-control-max-age')).toBe('5');
  });

  it.each([
    ['without cors', [], 405],
    ['with cors in shadow mode', [{ ...cors, mode: 'shadow' }], 405],
  ] as const)('%s is refused: not a method of the route', async (_, policies, status) => {
    const running = await start([], route('post', { methods: ['POST'], policies }));
    const response = await preflight(running, 'POST');
    expect([response.status, response.headers.get('allow')]).toEqual([status, 'POST']);
    expect((await preflight(running, 'DELETE')).status).toBe(405);
  });

  it('is forwarded to the upstream when no policy answers it', async () => {
    const running = await start([], route('any', {}));
    expect((await preflight(running, 'POST')).status).toBe(200);
    expect(origin.connections).toHaveLength(1);
  });

  it.each([
    ['without Origin', ['Access-Control-Request-Method: POST']],
    ['without Access-Control-Request-Method', [fromApp]],
    [
      'with two Access-Control-Request-Method fields',
      [fromApp, 'Access-Control-Request-Method: POST', 'Access-Control-Request-Method: GET'],
    ],
    ['with an invalid method', [fromApp, 'Access-Control-Request-Method: PO ST']],
  ])('%s is an ordinary OPTIONS request', async (_, fields) => {
    const running = await start([], route('post', { methods: ['POST'], policies: [cors] }));
    expect(
      (
        await running.send(
          `${['OPTIONS /orders HTTP/1.1', 'Host: a', ...fields].join('\r\n')}\r\n\r\n`,
        )
      ).status,
    ).toBe(405);
  });
});
