import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ProxyFixture } from '../apps/proxy/src/exchange/testing/proxy-fixture.ts';
import { resource } from '../apps/proxy/src/runtime/testing/resources.ts';
import { RawOrigin } from '../apps/proxy/src/upstream/testing/raw-origin.ts';

describe('behind a trusted proxy', () => {
  let origin: RawOrigin;
  let proxy: ProxyFixture;
  beforeEach(async () => {
    origin = await RawOrigin.answering('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    proxy = await ProxyFixture.start({
      resources: [
        resource('gateway', { name: 'default', trustedProxies: ['127.0.0.1'] }),
        resource('service', { name: 'orders', targets: [{ address: origin.address }] }),
        resource('route', {
          name: 'secure',
          paths: ['/secure'],
          service: 'service-orders',
          policies: [{ name: 'redirect', config: { scheme: 'https' } }] as never,
        }),
        resource('route', { name: 'orders', paths: ['/orders'], service: 'service-orders' }),
      ],
    });
  });
  afterEach(async () => {
    await proxy.stop();
    origin.stop();
  });

  it.each(['https', 'wss', 'WSS', '"https"', 'http, https', 'http,wss,', 'https, ,'])(
    'X-Forwarded-Proto: %s is secure',
    async (value) => {
      expect((await proxy.get('/secure', `X-Forwarded-Proto: ${value}`)).status).toBe(200);
    },
  );

  it.each(['http', 'ws', 'WS', 'https, http', 'wss,ws', '', 'https;', 'httpsx'])(
    'X-Forwarded-Proto: %s is not',
    async (value) => {
      expect((await proxy.get('/secure', `X-Forwarded-Proto: ${value}`)).status).toBe(308);
    },
  );

  it('two fields are one list', async () => {
    expect(
      (await proxy.get('/secure', 'X-Forwarded-Proto: http', 'X-Forwarded-Proto: https')).status,
    ).toBe(200);
  });

  const sent = (name: string): string | undefined =>
    new RegExp(`^${name}: (.*)\r$`, 'im').exec(origin.connections.at(-1)?.received ?? '')?.[1];

  it.each([
    [['X-Forwarded-Proto: https'], 'https', '443'],
    [['X-Forwarded-Proto: wss'], 'wss', '443'],
    [['X-Forwarded-Proto: http'], 'http', '80'],
    [['X-Forwarded-Proto: https', 'X-Forwarded-Host: api.example:8443'], 'https', '8443'],
    [['X-Forwarded-Proto: https', 'X-Forwarded-Host: api.example:80'], 'https', '443'],
    [['X-Forwarded-Proto: https', 'X-Forwarded-Port: 4443'], 'https', '4443'],
    [['X-Forwarded-Proto: https', 'X-Forwarded-Port:'], 'https', '443'],
    [['X-Forwarded-Proto: wss', 'X-Forwarded-Port: 80'], 'wss', '443'],
    [['X-Forwarded-Proto: http', 'X-Forwarded-Port: 443'], 'http', '80'],
    [['X-Forwarded-Proto: https', 'X-Forwarded-Port: 99999'], 'https', '443'],
    [['X-Forwarded-Proto: https', 'X-Forwarded-Port: eighty'], 'https', '443'],
  ])('%j: the upstream receives %s and %s', async (fields, scheme, port) => {
    await proxy.get('/orders', ...fields);
    expect([sent('X-Forwarded-Proto'), sent('X-Forwarded-Port')]).toEqual([scheme, port]);
  });

  it.each([
    [[]],
    [['X-Forwarded-Port: 443']],
    [['X-Forwarded-Proto: gopher', 'X-Forwarded-Port: 443']],
  ])('%j: both are those of this connection', async (fields) => {
    await proxy.get('/orders', ...fields);
    expect([sent('X-Forwarded-Proto'), sent('X-Forwarded-Port')]).toEqual([
      'http',
      String(proxy.port),
    ]);
  });
});
