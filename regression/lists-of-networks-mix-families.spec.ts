import { afterEach, describe, expect, it } from '@jest/globals';
import { ProxyFixture } from '../apps/proxy/src/exchange/testing/proxy-fixture.ts';
import { resource } from '../apps/proxy/src/runtime/testing/resources.ts';

describe('lists of networks', () => {
  let proxy: ProxyFixture | undefined;
  afterEach(async () => {
    await proxy?.stop();
  });

  const start = async (gateway: object, policies: object[] = []): Promise<ProxyFixture> =>
    (proxy = await ProxyFixture.start({
      resources: [
        resource('gateway', { name: 'default', ...gateway }),
        resource('route', {
          name: 'all',
          paths: ['/*'],
          policies: [...policies, { name: 'static-response' }] as never,
        }),
      ],
    }));
  const restricted = (config: object) => start({}, [{ name: 'ip-restriction', config }]);

  it.each([
    [{ deny: ['::/0'] }, 200],
    [{ allow: ['::/0'] }, 403],
    [{ deny: ['::/1'] }, 200],
    [{ deny: ['::ffff:0:0/96'] }, 403],
    [{ deny: ['0.0.0.0/0'] }, 403],
    [{ allow: ['::ffff:7f00:1'] }, 200],
  ])('%j answers an IPv4 client with %d', async (config, status) => {
    expect((await (await restricted(config)).get('/')).status).toBe(status);
  });

  it.each([
    [['::/0'], '127.0.0.1'],
    [['::/1'], '127.0.0.1'],
    [['::ffff:0:0/96'], '2001:db8::7'],
    [['127.0.0.0/8'], '2001:db8::7'],
    [['127.0.0.0/8', '::/0'], '2001:db8::7'],
  ])('trustedProxies %j: the client behind an IPv4 peer is %s', async (trustedProxies, client) => {
    const running = await start({ trustedProxies });
    await running.get('/', 'X-Forwarded-For: 2001:db8::7');
    expect(await running.line(0)).toMatchObject({ clientAddress: client });
  });
});
