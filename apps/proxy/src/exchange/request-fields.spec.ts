import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { resource } from '../runtime/testing/resources.ts';
import { RawOrigin } from '../upstream/testing/raw-origin.ts';
import { ProxyFixture } from './testing/proxy-fixture.ts';
import { recordingPolicy } from './testing/recording-policy.ts';

const key = 'a-key-of-the-spec-0123';

describe('the fields an upstream receives', () => {
  let origin: RawOrigin;
  let proxy: ProxyFixture;
  let seenByPolicies: string[][];

  beforeEach(async () => {
    origin = await RawOrigin.answering('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    seenByPolicies = [];
  });
  afterEach(async () => {
    await proxy.stop();
    origin.stop();
  });

  const start = async (trustedProxies: string[] = [], route: object = {}): Promise<void> => {
    proxy = await ProxyFixture.start({
      policies: [
        recordingPolicy(
          (entry, { headers }) =>
            void (entry === 'receive' && seenByPolicies.push(headers.names())),
        ),
      ],
      resources: [
        resource('gateway', {
          name: 'default',
          trustedProxies,
          policies: [{ name: 'key-auth', config: { optional: true } }, { name: 'recording' }],
        }),
        resource('group', { name: 'gold' }),
        resource('group', { name: 'staff' }),
        resource('service', { name: 'orders', targets: [{ address: origin.address }] }),
        resource('route', {
          name: 'orders',
          paths: ['/orders/*'],
          service: 'service-orders',
          ...route,
        }),
        resource('route', {
          name: 'forwarded',
          paths: ['/orders/*'],
          headers: { 'X-Forwarded-Proto': 'https' },
          service: 'service-orders',
        }),
        resource('consumer', {
          username: 'acme',
          customId: 'customer-7',
          groups: ['group-gold', 'group-staff'],
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
  };

  /**
   * The fields the origin received with the last request, names in lower case, as they are grouped
   * on the wire.
   */
  const received = (): [string, string][] => {
    const head = origin.connections.at(-1)?.received.split('\r\n\r\n').at(-2) ?? '';
    return head
      .split('\r\n')
      .slice(1)
      .map((line) => [
        line.slice(0, line.indexOf(':')).toLowerCase(),
        line.slice(line.indexOf(':') + 2),
      ]);
  };
  const all = (name: string): string[] =>
    received().flatMap(([field, value]) => (field === name ? [value] : []));

  describe('the caller’s identity', () => {
    it('is sent for a known caller, once, in the gateway’s fields', async () => {
      await start();
      expect(
        (
          await proxy.get(
            '/orders/1',
            `X-Api-Key: ${key}`,
            'X-Consumer-Username: root',
            'x-consumer-id: 0',
            'X-CONSUMER-GROUPS: admins',
          )
        ).status,
      ).toBe(200);
      expect(all('x-consumer-id')).toEqual(['consumer-acme']);
      expect(all('x-consumer-username')).toEqual(['acme']);
      expect(all('x-consumer-custom-id')).toEqual(['customer-7']);
      expect(all('x-consumer-groups')).toEqual(['gold,staff']);
      expect(all('x-credential-id')).toEqual(['credential-main']);
      expect(all('x-api-key')).toEqual([]);
    });

    it.each([
      'X-Consumer-Id',
      'x-consumer-username',
      'X-CONSUMER-CUSTOM-ID',
      'X-Consumer-Groups',
      'X-Credential-Id',
      'X-Consumer-Anything',
    ])(
      'is not what an anonymous client claims with %s, and no policy sees the claim',
      async (name) => {
        await start();
        expect((await proxy.get('/orders/1', `${name}: staff`, `${name}: root`)).status).toBe(200);
        expect(
          received().filter(
            ([field]) => field.startsWith('x-consumer') || field.startsWith('x-credential'),
          ),
        ).toEqual([]);
        expect(seenByPolicies[0]).not.toContain(name.toLowerCase());
      },
    );

    it.each([
      'X_Consumer_Id',
      'x-consumer_username',
      'X.Consumer.Groups',
      'X_Credential-Id',
      'X_Forwarded_For',
      'X-Real_IP',
      'x.request.id',
    ])('is refused in the spelling %s', async (name) => {
      await start();
      const response = await proxy.get('/orders/1', `${name}: root`);
      expect(response.status).toBe(400);
      expect(JSON.parse(response.body)).toMatchObject({ code: 'protected_header' });
      expect(origin.connections).toHaveLength(0);
      expect(await proxy.line(0)).toMatchObject({ status: 400, code: 'protected_header' });
    });

    it('cannot choose the route', async () => {
      await start();
      await proxy.get('/orders/1', 'X-Forwarded-Proto: https');
      expect((await proxy.line(0))['route']).toBe('orders');
      // A condition on an identity field is not accepted: such a field is never on a request.
      expect(() =>
        resource('route', {
          name: 'claimed',
          headers: { 'X-Consumer-Groups': 'staff' },
          service: 's',
        }),
      ).toThrow('only the gateway may set it');
    });

    it('cannot be removed by naming it in Connection', async () => {
      await start();
      await proxy.get(
        '/orders/1',
        `X-Api-Key: ${key}`,
        'Connection: close, X-Consumer-Username, X-Forwarded-For, X-Request-Id, Via',
      );
      expect(all('x-consumer-username')).toEqual(['acme']);
      expect(all('x-forwarded-for')).toEqual(['127.0.0.1']);
      expect(all('x-request-id')).toHaveLength(1);
      expect(all('via')).toEqual(['1.1 sluice']);
    });
  });

  describe('the origin of a request', () => {
    const claims = [
      'X-Forwarded-For: 203.0.113.9',
      'X-Forwarded-Proto: https',
      'X-Forwarded-Host: bank.test',
      'X-Forwarded-Port: 443',
      'X-Forwarded-Prefix: /admin',
      'X-Forwarded-User: root',
      'X-Real-IP: 203.0.113.9',
      'Forwarded: for=203.0.113.9',
    ];

    it('is the connection’s address, whatever a client sends, when no proxy is trusted', async () => {
      await start();
      await proxy.get('/orders/1', ...claims);
      expect(
        received().filter(
          ([name]) =>
            name.startsWith('x-forwarded') || name === 'forwarded' || name === 'x-real-ip',
        ),
      ).toEqual([
        ['x-forwarded-for', '127.0.0.1'],
        ['x-forwarded-proto', 'http'],
        ['x-forwarded-host', 'api.test'],
        ['x-forwarded-port', String(proxy.port)],
      ]);
      expect(seenByPolicies[0]).toEqual(['host']);
      expect(await proxy.line(0)).toMatchObject({ clientAddress: '127.0.0.1' });
    });

    it('is the one that a trusted proxy sends, with that proxy added', async () => {
      await start(['127.0.0.0/8']);
      await proxy.get('/orders/1', ...claims, 'X-Forwarded-For: 198.51.100.4, 127.0.0.9');
      expect(all('x-forwarded-for')).toEqual(['203.0.113.9, 198.51.100.4, 127.0.0.9, 127.0.0.1']);
      expect(all('x-forwarded-proto')).toEqual(['https']);
      expect(all('x-forwarded-host')).toEqual(['bank.test']);
      expect(all('x-forwarded-port')).toEqual(['443']);
      expect(all('forwarded')).toEqual(['for=203.0.113.9']);
      expect(await proxy.line(0)).toMatchObject({
        clientAddress: '198.51.100.4',
        route: 'forwarded',
      });
    });

    it('is filled in by the gateway when a trusted proxy sends nothing', async () => {
      await start(['127.0.0.1']);
      await proxy.get('/orders/1');
      expect(all('x-forwarded-for')).toEqual(['127.0.0.1']);
      expect(all('x-forwarded-proto')).toEqual(['http']);
      expect(all('x-forwarded-host')).toEqual(['api.test']);
      expect(all('x-forwarded-port')).toEqual([String(proxy.port)]);
    });

    it('even a trusted proxy cannot set the caller’s identity', async () => {
      await start(['127.0.0.1']);
      await proxy.get('/orders/1', 'X-Consumer-Username: root');
      expect(all('x-consumer-username')).toEqual([]);
    });

    it('includes the stripped prefix', async () => {
      await start([], { rewrite: { stripPrefix: '/orders' } });
      await proxy.get('/orders/1', 'X-Forwarded-Prefix: /admin');
      expect(all('x-forwarded-prefix')).toEqual(['/orders']);
    });
  });

  describe('hop-by-hop fields', () => {
    it('are removed: the standard ones, and those that Connection names', async () => {
      await start();
      const hop = [
        'Keep-Alive: timeout=5',
        'Proxy-Connection: keep-alive',
        'Proxy-Authorization: Basic eDp5',
        'TE: trailers',
        'Trailer: X-Sum',
        'Upgrade: h2c',
        'X-Nominated: 1',
        'X-Also: 2',
        'X-Kept: 3',
      ];
      await proxy.get(
        '/orders/1',
        ...hop,
        'Connection: x-nominated, Upgrade',
        'Connection: X-ALSO',
      );
      expect(received().map(([name]) => name)).toEqual([
        'host',
        'x-kept',
        'x-forwarded-for',
        'x-forwarded-proto',
        'x-forwarded-host',
        'x-forwarded-port',
        'via',
        'x-request-id',
      ]);
    });

    it('the gateway writes exactly one framing field', async () => {
      await start();
      await proxy.send(
        'POST /orders/1 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: transfer-encoding\r\n\r\n3\r\nabc\r\n0\r\n\r\n',
        'POST',
      );
      const text = origin.connections.at(-1)?.received ?? '';
      expect(text.match(/^(?:transfer-encoding|content-length):.*$/gim)).toEqual([
        'Transfer-Encoding: chunked',
      ]);
      expect(text).toMatch(/\r\n\r\n3\r\nabc\r\n0\r\n\r\n$/);
    });
  });

  describe('X-Request-Id', () => {
    it('is generated: the same for the upstream, the client and the log, different for each request', async () => {
      await start();
      const responses = [
        await proxy.get('/orders/1', 'X-Request-Id: chosen-by-client'),
        await proxy.get('/orders/2'),
      ];
      const ids = responses.map(({ headers }) => headers.get('x-request-id'));
      expect(ids[0]).not.toBe(ids[1]);
      expect(ids[0]).not.toBe('chosen-by-client');
      expect([(await proxy.line(0))['requestId'], (await proxy.line(1))['requestId']]).toEqual(ids);
      expect(all('x-request-id')).toEqual([ids[1]]);
    });
  });

  describe('trace context', () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

    it('is forwarded, with its tracestate', async () => {
      await start();
      await proxy.get('/orders/1', `traceparent: ${traceparent}`, 'tracestate: a=1');
      expect(all('traceparent')).toEqual([traceparent]);
      expect(all('tracestate')).toEqual(['a=1']);
      expect(await proxy.line(0)).toMatchObject({ traceId: '0af7651916cd43dd8448eb211c80319c' });
    });

    it('that is malformed is not forwarded', async () => {
      await start();
      await proxy.get('/orders/1', 'traceparent: 00-000-1', 'tracestate: a=1');
      expect(all('traceparent')).toEqual([]);
      expect(all('tracestate')).toEqual([]);
      expect(await proxy.line(0)).not.toHaveProperty('traceId');
    });

    it('is not continued when it was sent twice: it is ambiguous', async () => {
      await start();
      await proxy.get('/orders/1', `traceparent: ${traceparent}`, `traceparent: ${traceparent}`);
      expect(all('traceparent')).toEqual([]);
    });
  });
});
