import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { hashPassword } from '@sluice/passwords';
import { ProxyFixture } from '../exchange/testing/proxy-fixture.ts';
import { resource } from '../runtime/testing/resources.ts';
import { RawOrigin } from '../upstream/testing/raw-origin.ts';
import { FaultyServer } from './testing/faulty-server.ts';

/** Policies that find out who calls, on the configuration that a node serves. */
let passwordHash: string;
let origin: RawOrigin;
let service: FaultyServer;
let proxy: ProxyFixture | undefined;

beforeAll(async () => {
  passwordHash = await hashPassword('open sesame');
  await import('undici');
});
beforeEach(async () => {
  origin = await RawOrigin.answering('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
  service = await FaultyServer.start();
});
afterEach(async () => {
  await proxy?.stop();
  origin.stop();
  await service.stop();
});

const forwarded = (): string => origin.connections.map(({ received }) => received).join('');
const basic = (text: string): string =>
  `Authorization: Basic ${Buffer.from(text).toString('base64')}`;

async function start(
  policies: { name: string; config?: Record<string, unknown> }[],
): Promise<ProxyFixture> {
  proxy = await ProxyFixture.start({
    resources: [
      resource('consumer', { username: 'acme', policies: [] }),
      resource('consumer', {
        username: 'public',
        policies: [
          { name: 'rate-limit', config: { limit: 1, windowSeconds: 3_600 } },
          { name: 'response-headers', config: { set: { 'X-Tier': 'free' } } },
        ],
      }),
      resource('credential', {
        type: 'basic',
        name: 'jane',
        consumer: 'consumer-acme',
        username: 'jane',
        passwordHash,
      }),
      resource('service', { name: 'orders', targets: [{ address: origin.address }] }),
      resource('route', { name: 'orders', paths: ['/*'], service: 'service-orders', policies }),
    ],
  });
  return proxy;
}

describe('basic-auth and anonymous in the proxy', () => {
  it('identify the caller by password, and all others as the anonymous consumer', async () => {
    const gateway = await start([
      { name: 'basic-auth' },
      { name: 'key-auth' },
      { name: 'anonymous', config: { consumer: 'public' } },
    ]);
    expect((await gateway.get('/orders', basic('jane:open sesame'))).status).toBe(200);
    expect(forwarded()).toMatch(/x-consumer-username: acme/i);
    expect(forwarded()).not.toMatch(/authorization/i);
    const first = await gateway.get('/orders');
    expect([first.status, first.headers.get('x-tier')]).toEqual([200, 'free']);
    expect(forwarded()).toMatch(/x-consumer-username: public/i);
    expect((await gateway.get('/orders')).status).toBe(429);
    for (const field of [basic('jane:wrong'), 'X-API-Key: unknown']) {
      const refused = await gateway.get('/orders', field);
      expect(refused.status).toBe(401);
      expect(refused.headers.get('x-tier')).toBeUndefined();
    }
    expect(await gateway.line(0)).toMatchObject({ consumer: 'acme', status: 200 });
  });

  it.each(['Basic\tzz', 'bAsIc', 'Basic,zz'])(
    'refuse a malformed credential: %j',
    async (value) => {
      const gateway = await start([
        { name: 'basic-auth', config: { optional: true } },
        { name: 'anonymous', config: { consumer: 'public', ignoreAuthorization: true } },
      ]);
      expect((await gateway.get('/orders', `Authorization: ${value}`)).status).toBe(401);
      expect(forwarded()).toBe('');
    },
  );

  it('ask for every credential when none is presented', async () => {
    const gateway = await start([{ name: 'basic-auth' }, { name: 'key-auth' }]);
    const { status, head } = await gateway.get('/orders');
    expect(status).toBe(401);
    expect(head.match(/^www-authenticate: \w+/gim)).toEqual([
      'WWW-Authenticate: Basic',
      'WWW-Authenticate: ApiKey',
    ]);
  });

  it('forget a verified password with its credential', async () => {
    const gateway = await start([{ name: 'basic-auth' }]);
    const get = async (password: string) =>
      (await gateway.get('/orders', basic(`jane:${password}`))).status;
    expect(await get('open sesame')).toBe(200);
    expect(await get('open sesame')).toBe(200);
    const changed = resource('credential', {
      type: 'basic',
      name: 'jane',
      consumer: 'consumer-acme',
      username: 'jane',
      passwordHash: await hashPassword('another'),
    });
    gateway.change(changed);
    expect([await get('open sesame'), await get('another')]).toEqual([401, 200]);
    gateway.change({ kind: 'credential', id: changed.id, spec: undefined });
    expect(await get('another')).toBe(401);
  });
});

describe('external-auth in the proxy, with a consumer', () => {
  const asking = (path: string, more: object = {}) => ({
    name: 'external-auth',
    config: {
      url: service.url(path),
      allowPrivateAddresses: true,
      consumer: { header: 'X-Who' },
      ...more,
    },
  });

  it('applies the policies of the consumer that the service names', async () => {
    const gateway = await start([asking('/consumer/public')]);
    const { status, headers } = await gateway.get('/orders', 'X-Consumer-Username: acme');
    expect([status, headers.get('x-tier')]).toEqual([200, 'free']);
    expect(forwarded()).toMatch(/x-consumer-username: public/i);
    expect(forwarded()).not.toMatch(/acme/);
    expect((await gateway.get('/orders')).status).toBe(429);
  });

  it('sends fields of the service that the client names in Connection', async () => {
    const gateway = await start([asking('/consumer/public', { upstreamHeaders: ['X-Who'] })]);
    await gateway.get('/orders', 'X-Who: root', 'Connection: x-who, X-Consumer-Username');
    expect(forwarded().match(/^x-who: .*$/gim)).toEqual(['X-Who: public']);
    expect(forwarded()).toMatch(/x-consumer-username: public/i);
  });

  it('refuses a consumer that does not exist', async () => {
    const gateway = await start([asking('/consumer/unknown')]);
    expect((await gateway.get('/orders')).status).toBe(403);
    expect(forwarded()).toBe('');
  });

  it.each([
    ['/ok', 'x-a: b', 403],
    ['/consumer/public', basic('jane:open sesame'), 401],
    ['/consumer/acme', basic('jane:open sesame'), 200],
  ])('lets pass only the one caller that all policies name: %s', async (path, field, status) => {
    const login = { name: 'basic-auth', config: { optional: true } };
    for (const policies of [
      [login, asking(path)],
      [asking(path), login],
    ]) {
      const gateway = await start(policies);
      expect((await gateway.get('/orders', field)).status).toBe(status);
      await gateway.stop();
    }
    expect(forwarded() !== '').toBe(status === 200);
  });

  it('sends the content of the request, which the upstream still receives', async () => {
    const gateway = await start([
      asking('/consumer/public', { method: 'POST', body: { maxBytes: 10 } }),
    ]);
    const post = (content: string) =>
      gateway.send(
        `POST /orders HTTP/1.1\r\nHost: api.test\r\nContent-Length: ${content.length}\r\n\r\n${content}`,
      );
    expect((await post('0123456789')).status).toBe(200);
    expect(service.heads[0]).toMatch(/content-length: 10/i);
    expect(forwarded()).toMatch(/\r\n\r\n0123456789$/);
    expect((await post('0123456789a')).status).toBe(413);
    expect(service.requests).toBe(1);
  });
});
