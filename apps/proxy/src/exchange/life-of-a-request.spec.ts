import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { deny, reply, type RequestPhase } from '@sluice/policy-sdk';
import { resource } from '../runtime/testing/resources.ts';
import { RawOrigin } from '../upstream/testing/raw-origin.ts';
import { ProxyFixture } from './testing/proxy-fixture.ts';
import { recordingPolicy, type Act, type RecordingOptions } from './testing/recording-policy.ts';

const requestPhases: readonly RequestPhase[] = [
  'receive',
  'authenticate',
  'authorize',
  'limit',
  'validate',
  'transform',
  'answer',
];

describe('the life of a request', () => {
  let origin: RawOrigin;
  let proxy: ProxyFixture | undefined;
  let entries: string[];

  beforeEach(async () => {
    origin = await RawOrigin.answering('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    entries = [];
  });
  afterEach(async () => {
    await proxy?.stop();
    origin.stop();
  });

  const start = (options: RecordingOptions = {}): Promise<ProxyFixture> =>
    ProxyFixture.start({
      policies: [recordingPolicy((entry) => entries.push(entry), options)],
      resources: [
        resource('service', { name: 'orders', targets: [{ address: origin.address }] }),
        resource('route', {
          name: 'orders',
          paths: ['/orders/*'],
          service: 'service-orders',
          policies: [{ name: 'recording' }],
        }),
      ],
    });

  it('runs the phases in order, calls the upstream, responds, and settles', async () => {
    proxy = await start({
      acts: {
        answer: () => void entries.push(`asked ${origin.connections.length} times`) as undefined,
      },
    });
    const response = await proxy.get('/orders/1?full=1');
    expect(response).toMatchObject({ status: 200, body: 'ok' });
    expect(await proxy.line(0)).toMatchObject({
      status: 200,
      source: 'upstream',
      route: 'orders',
      service: 'orders',
      target: origin.address,
      path: '/orders/1',
      clientAddress: '127.0.0.1',
      revision: 1,
    });
    expect(entries).toEqual([...requestPhases, 'asked 0 times', 'received', 'respond', 'settle']);
    expect(
      proxy.counted('sluice_requests_total', { route: 'orders', service: 'orders', status: '200' }),
    ).toBe(1);
    expect(proxy.counted('sluice_errors_total')).toBe(0);
  });

  describe.each(requestPhases)('a refusal in %s', (phase) => {
    const later: Act = () =>
      new Promise((resolve) => setTimeout(resolve, 2, deny('forbidden', 'Ask the owner.')));
    it.each([
      ['at once', () => deny('forbidden', 'Ask the owner.')],
      ['later', later],
    ] as const)(
      '%s: nothing after it runs, no upstream is asked, and it is counted',
      async (_, act) => {
        proxy = await start({ acts: { [phase]: act } });
        const response = await proxy.get('/orders/1');
        expect(response.status).toBe(403);
        expect(response.headers.get('content-type')).toBe('application/problem+json');
        const line = await proxy.line(0);
        expect(JSON.parse(response.body)).toMatchObject({
          code: 'forbidden',
          detail: 'Ask the owner.',
          requestId: line['requestId'],
        });
        expect(response.headers.get('x-request-id')).toBe(line['requestId']);
        expect(line).toMatchObject({
          status: 403,
          code: 'forbidden',
          source: 'client',
          route: 'orders',
        });
        expect(line).not.toHaveProperty('target');
        expect(entries).toEqual([
          ...requestPhases.slice(0, requestPhases.indexOf(phase) + 1),
          'respond',
          'settle',
        ]);
        expect(origin.connections).toHaveLength(0);
        expect(proxy.counted('sluice_errors_total', { code: 'forbidden' })).toBe(1);
        expect(
          proxy.counted('sluice_policy_denials_total', { policy: 'recording', mode: 'enforce' }),
        ).toBe(1);
        expect(proxy.counted('sluice_requests_total', { route: 'orders', status: '403' })).toBe(1);
      },
    );
  });

  it('an answer of a policy does not count as an error', async () => {
    proxy = await start({ acts: { answer: () => reply(202, [['X-Made-By', 'policy']], 'taken') } });
    const response = await proxy.get('/orders/1');
    expect(response).toMatchObject({ status: 202, body: 'taken' });
    expect(response.headers.get('x-made-by')).toBe('policy');
    expect(await proxy.line(0)).toMatchObject({ status: 202, source: 'gateway' });
    expect(proxy.lines[0]).not.toHaveProperty('code');
    expect(proxy.counted('sluice_errors_total')).toBe(0);
    expect(proxy.counted('sluice_policy_denials_total')).toBe(0);
  });

  it('runs the policies of gateway, service, route, group and consumer in that order, the last ones only after authentication', async () => {
    const key = 'a-key-of-the-spec-0123';
    const names = ['at-gateway', 'at-service', 'at-route', 'at-group', 'at-consumer'];
    const attached = (name: string) => [{ name, config: { as: name } }];
    proxy = await ProxyFixture.start({
      policies: names.map((name) => recordingPolicy((entry) => entries.push(entry), { name })),
      resources: [
        resource('gateway', {
          name: 'default',
          policies: [{ name: 'key-auth' }, ...attached('at-gateway')],
        }),
        resource('group', { name: 'gold', policies: attached('at-group') }),
        resource('service', {
          name: 'orders',
          targets: [{ address: origin.address }],
          policies: attached('at-service'),
        }),
        resource('route', {
          name: 'orders',
          paths: ['/orders/*'],
          service: 'service-orders',
          policies: attached('at-route'),
        }),
        resource('consumer', {
          username: 'acme',
          groups: ['group-gold'],
          policies: attached('at-consumer'),
        }),
        resource('credential', {
          type: 'key',
          name: 'main',
          consumer: 'consumer-acme',
          hash: createHash('sha256').update(key).digest('hex'),
          prefix: 'a-key',
        }),
      ],
    });
    expect((await proxy.get('/orders/1', `X-Api-Key: ${key}`)).status).toBe(200);
    await proxy.line(0);
    const early = names.slice(0, 3);
    expect(entries).toEqual([
      ...['receive', 'authenticate'].flatMap((phase) => early.map((name) => `${name}:${phase}`)),
      ...[
        'authorize',
        'limit',
        'validate',
        'transform',
        'answer',
        'received',
        'respond',
        'settle',
      ].flatMap((phase) => names.map((name) => `${name}:${phase}`)),
    ]);
  });

  it('a later policy replaces an earlier one of the same name, in its place', async () => {
    proxy = await ProxyFixture.start({
      policies: ['recording', 'other'].map((name) =>
        recordingPolicy((entry) => entries.push(entry), { name }),
      ),
      resources: [
        resource('gateway', {
          name: 'default',
          policies: [
            { name: 'recording', config: { as: 'gateway' } },
            { name: 'other', config: { as: 'other' } },
          ],
        }),
        resource('route', {
          name: 'plain',
          policies: [
            { name: 'recording', config: { as: 'route' } },
            { name: 'static-response', config: { status: 204 } },
          ],
        }),
      ],
    });
    expect((await proxy.get('/')).status).toBe(204);
    expect(entries.slice(0, 2)).toEqual(['route:receive', 'other:receive']);
    expect(entries.filter((entry) => entry.startsWith('gateway:'))).toEqual([]);
  });

  it('an exchange keeps the configuration that it started with', async () => {
    const { promise: mayGoOn, resolve: goOn } = Promise.withResolvers<void>();
    const { promise: waits, resolve: isWaiting } = Promise.withResolvers<void>();
    proxy = await start({
      acts: {
        limit: async () => {
          isWaiting();
          await mayGoOn;
          return undefined;
        },
      },
    });
    const answer = proxy.get('/orders/1');
    await waits;
    proxy.change(
      resource('route', {
        name: 'orders',
        paths: ['/orders/*'],
        policies: [{ name: 'static-response', config: { status: 410 } }],
      }),
    );
    goOn();
    expect((await answer).status).toBe(200);
    expect((await proxy.get('/orders/1')).status).toBe(410);
    expect((await proxy.line(0))['revision']).toBe(2);
  });

  it('each request on a connection gets its own response and starts with fresh state', async () => {
    proxy = await start({
      acts: {
        validate: (exchange) => {
          if (exchange.path === '/orders/refused') return deny('forbidden');
          if (exchange.path === '/orders/marked') exchange.addResponseHeader('X-Mark', '1');
          return undefined;
        },
      },
    });
    const client = await proxy.connect();
    const paths = ['/orders/1', '/orders/refused', '/orders/marked', '/none', '/orders/2'];
    client.send(paths.map((path) => `GET ${path} HTTP/1.1\r\nHost: api.test\r\n\r\n`).join(''));
    const answers = [];
    for (const _ of paths) answers.push(await client.readResponse());
    expect(answers.map(({ status }) => status)).toEqual([200, 403, 200, 404, 200]);
    expect(answers.map(({ headers }) => headers.get('x-mark'))).toEqual([
      undefined,
      undefined,
      '1',
      undefined,
      undefined,
    ]);
    await proxy.line(4);
    expect(
      proxy.lines.map(({ path, status, code, source }) => [path, status, code, source]),
    ).toEqual([
      ['/orders/1', 200, undefined, 'upstream'],
      ['/orders/refused', 403, 'forbidden', 'client'],
      ['/orders/marked', 200, undefined, 'upstream'],
      ['/none', 404, 'route_not_found', 'client'],
      ['/orders/2', 200, undefined, 'upstream'],
    ]);
    expect(new Set(proxy.lines.map(({ requestId }) => requestId)).size).toBe(5);
  });
});
