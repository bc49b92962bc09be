import { afterEach, describe, expect, it } from '@jest/globals';
import { resource } from '../runtime/testing/resources.ts';
import { RawOrigin } from '../upstream/testing/raw-origin.ts';
import { ProxyFixture } from './testing/proxy-fixture.ts';

const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n';

describe('the gateways that a request has passed', () => {
  const proxies: ProxyFixture[] = [];
  const origins: RawOrigin[] = [];
  afterEach(async () => {
    for (const proxy of proxies.splice(0)) await proxy.stop();
    for (const origin of origins.splice(0)) origin.stop();
  });

  const gatewayTo = async (address: string): Promise<ProxyFixture> => {
    const resources = [
      resource('service', { name: 's', targets: [{ address }] }),
      resource('route', { name: 'r', service: 'service-s' }),
    ];
    const proxy = await ProxyFixture.start({ resources });
    proxies.push(proxy);
    return proxy;
  };
  const origin = async (): Promise<RawOrigin> => {
    const started = await RawOrigin.answering(ok);
    origins.push(started);
    return started;
  };

  it('a chain of five gateways is allowed, a sixth gateway refuses', async () => {
    let last = await gatewayTo((await origin()).address);
    const statuses: number[] = [];
    for (let length = 1; length <= 6; length++) {
      statuses.push((await last.get('/x')).status);
      last = await gatewayTo(`127.0.0.1:${last.port}`);
    }
    expect(statuses).toEqual([200, 200, 200, 200, 200, 508]);
  });

  it.each([
    [['Via: 1.1 sluice, 1.1 sluice, 1.0 sluice, 2 sluice, 1.1 SLUICE'], 508],
    [
      [
        'Via: 1.1 sluice',
        'Via: 1.1 sluice',
        'Via: 1.1 sluice',
        'Via:1.1\tsluice (edge)',
        'Via: HTTP/1.1 sluice',
      ],
      508,
    ],
    [['Via: 1.1 sluice, 1.1 sluice, 1.1 sluice, 1.1 sluice'], 200],
    [[`Via: ${'1.1 nginx, '.repeat(50)}1.1 sluice`], 200],
    [['Via: 1.1 sluice.example, 1.1 a, 1.1 sluice2, 1.1 x-sluice, sluice, , 1.1'], 200],
  ])('%j is answered with %d', async (fields, status) => {
    const upstream = await origin();
    const proxy = await gatewayTo(upstream.address);
    expect((await proxy.get('/x', ...fields)).status).toBe(status);
    expect(upstream.connections.length).toBe(status === 200 ? 1 : 0);
  });
});
