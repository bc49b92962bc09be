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

describe('redirect to https behind a proxy that terminates TLS', () => {
  let proxy: ProxyFixture;
  afterEach(() => proxy.stop());

  const status = async (trustedProxies: string[], ...fields: string[]): Promise<number> => {
    proxy = await ProxyFixture.start({
      resources: [resource('gateway', { name: 'default', trustedProxies }), redirecting],
    });
    return (await proxy.get('/x', ...fields)).status;
  };

  it.each([
    ['arrived over https', ['X-Forwarded-Proto: https'], 200],
    ['arrived over HTTPS, in capitals', ['X-Forwarded-Proto: HTTPS'], 200],
    ['arrived over http', ['X-Forwarded-Proto: http'], 308],
    ['says nothing', [], 308],
    ['says nonsense', ['X-Forwarded-Proto: gopher'], 308],
    [
      'arrived over http, with a forged https of the client',
      ['X-Forwarded-Proto: https, http'],
      308,
    ],
    [
      'arrived over https, with a forged http of the client',
      ['X-Forwarded-Proto: http', 'X-Forwarded-Proto: https'],
      200,
    ],
  ])('a request that %s, from a trusted proxy', async (_, fields, expected) => {
    expect(await status(['127.0.0.0/8'], ...fields)).toBe(expected);
  });

  it('ignores the field of an untrusted peer', async () => {
    expect(await status([], 'X-Forwarded-Proto: https')).toBe(308);
  });
});
