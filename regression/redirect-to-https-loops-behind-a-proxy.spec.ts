import { afterEach, describe, expect, it } from '@jest/globals';
import { ProxyFixture } from '../apps/proxy/src/exchange/testing/proxy-fixture.ts';
import { resource } from '../apps/proxy/src/runtime/testing/resources.ts';

const redirecting = resource('route', {
  name: 'r',
  policies: [
    { name: 'redirect', config: { scheme: 'https' } },
    { name: 'static-response', config: { status: 200 } },
  ],
});

describe('redirect to https behind a proxy that ends TLS', () => {
  let proxy: ProxyFixture;
  afterEach(() => proxy.stop());

  const status = async (trustedProxies: string[], ...fields: string[]): Promise<number> => {
    proxy = await ProxyFixture.start({ resources: [resource('gateway', { name: 'default', trustedProxies }), redirecting] });
    return (await proxy.get('/x', ...fields)).status;
  };

  it.each([
    ['came by https', ['X-Forwarded-Proto: https'], 200],
    ['came by https, in capitals', ['X-Forwarded-Proto: HTTPS'], 200],
    ['came by http', ['X-Forwarded-Proto: http'], 308],
    ['says nothing', [], 308],
    ['says nonsense', ['X-Forwarded-Proto: gopher'], 308],
    ['was told https by the client, and says http itself', ['X-Forwarded-Proto: https, http'], 308],
    ['was told http by the client, and says https itself', ['X-Forwarded-Proto: http', 'X-Forwarded-Proto: https'], 200],
  ])('a request that %s, by a proxy that is trusted', async (_, fields, expected) => {
    expect(await status(['127.0.0.0/8'], ...fields)).toBe(expected);
  });

  it('is not believed of anybody else', async () => {
    expect(await status([], 'X-Forwarded-Proto: https')).toBe(308);
  });
});
