import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { resource } from '../runtime/testing/resources.ts';
import { RawOrigin } from '../upstream/testing/raw-origin.ts';
import { ProxyFixture } from './testing/proxy-fixture.ts';

describe('the limit of request content', () => {
  let origin: RawOrigin;
  let proxy: ProxyFixture;
  beforeEach(async () => {
    origin = await RawOrigin.answering(
      'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok',
    );
  });
  afterEach(async () => {
    await proxy.stop();
    origin.stop();
  });

  const start = async (
    gateway: number,
    service: number | undefined,
    route: number | undefined,
    policy?: number,
  ): Promise<void> => {
    const limits = (maxBodyBytes: number | undefined) =>
      maxBodyBytes === undefined ? {} : { limits: { maxBodyBytes } };
    const policies =
      policy === undefined
        ? []
        : [{ name: 'request-size-limit', config: { maxBodyBytes: policy } }];
    proxy = await ProxyFixture.start({
      resources: [
        resource('gateway', { name: 'default', limits: { maxBodyBytes: gateway } }),
        resource('service', {
          name: 'orders',
          targets: [{ address: origin.address }],
          ...limits(service),
        }),
        resource('route', {
          name: 'orders',
          service: 'service-orders',
          ...limits(route),
          policies,
        }),
      ],
    });
  };
  const announced = (bytes: number) =>
    proxy.send(
      `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${bytes}\r\n\r\n${'x'.repeat(bytes)}`,
      'POST',
    );
  const streamed = (bytes: number) =>
    proxy.send(
      `POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${bytes.toString(16)}\r\n${'x'.repeat(bytes)}\r\n0\r\n\r\n`,
      'POST',
    );

  it.each<[string, number, number | undefined, number | undefined, number]>([
    ['gateway', 10, undefined, undefined, 10],
    ['service, above it', 10, 20, undefined, 20],
    ['service, below it', 10, 5, undefined, 5],
    ['route, above both', 10, 20, 30, 30],
    ['route, below both', 10, 20, 5, 5],
  ])('is that of the %s', async (_, gateway, service, route, limit) => {
    await start(gateway, service, route);
    for (const send of [announced, streamed])
      expect([(await send(limit)).status, (await send(limit + 1)).status]).toEqual([200, 413]);
  });

  it.each<[string, number, number | undefined, number | undefined]>([
    ['gateway', 0, undefined, undefined],
    ['service', 10, 0, undefined],
    ['route', 10, 20, 0],
  ])('is none where the %s says 0', async (_, gateway, service, route) => {
    await start(gateway, service, route);
    for (const send of [announced, streamed]) expect((await send(100_000)).status).toBe(200);
  });

  it.each([
    [0, 5, 5],
    [10, 20, 10],
    [10, 0, 0],
  ])(
    'of %i is made smaller, never larger, by a policy that says %i',
    async (route, policy, limit) => {
      await start(1_000, undefined, route, policy);
      for (const send of [announced, streamed]) expect((await send(limit + 1)).status).toBe(413);
      expect((await announced(limit)).status).toBe(200);
    },
  );
});
