import { networkInterfaces } from 'node:os';
import { afterEach, describe, expect, it } from '@jest/globals';
import { ProxyFixture } from '../exchange/testing/proxy-fixture.ts';
import { RawClient } from '../listener/testing/raw-client.ts';
import { eventually } from '../listener/testing/running-listener.ts';
import { resource } from '../runtime/testing/resources.ts';
import { get } from './testing/messages.ts';
import { RecordingOrigin } from './testing/recording-origin.ts';

const hasIpv6 = Object.values(networkInterfaces()).some((addresses) =>
  addresses?.some(({ address }) => address === '::1'),
);

/**
 * Source and destination addresses; the last column is the address that the connection counts for.
 */
const clients: readonly (readonly [host: string, localAddress: string, place: string])[] = [
  ['127.0.0.1', '127.0.0.1', '127.0.0.1'],
  ['127.0.0.1', '127.0.0.2', '127.0.0.2'],
  ['127.0.0.1', '127.0.0.3', '127.0.0.3'],
  ...(hasIpv6 ? ([['::1', '::1', '::1']] as const) : []),
];

/**
 * Loopback has one IPv6 address, so two addresses of one /64 cannot be tested here: the specs of
 * `addressKey` prove that they share a limit. These specs prove that a listener for both families,
 * which sees 127.0.0.1 as `::ffff:127.0.0.1`, counts each IPv4 address and IPv6 separately.
 */
describe('the cap per address, on a port for both families', () => {
  const open: RawClient[] = [];
  let origin: RecordingOrigin;
  let proxy: ProxyFixture;
  afterEach(async () => {
    for (const client of open.splice(0)) client.close();
    await proxy.stop();
    origin.stop();
  });

  it('counts each address separately, and refuses no address because of another', async () => {
    origin = await RecordingOrigin.start();
    proxy = await ProxyFixture.start({
      host: hasIpv6 ? '::' : '0.0.0.0',
      listener: { maxConnectionsPerAddress: 2 },
      resources: [
        resource('gateway', { name: 'default' }),
        resource('service', { name: 'origin', targets: [{ address: origin.address }] }),
        resource('route', { name: 'all', paths: ['/*'], service: 'service-origin' }),
      ],
    });
    const own = async (client: RawClient, path: string): Promise<void> =>
      expect((await client.send(get(path)).readResponse()).body).toBe(`GET ${path}`);
    const connect = async (host: string, localAddress: string): Promise<RawClient> => {
      const client = await RawClient.connect(proxy.port, { host, localAddress });
      open.push(client);
      return client;
    };
    const placed: RawClient[] = [];
    for (const [host, localAddress] of clients) {
      const [first, second] = [
        await connect(host, localAddress),
        await connect(host, localAddress),
      ];
      await own(first, '/1');
      await own(second, '/2');
      placed.push(first, second);
    }
    const before = origin.received.requests.length;
    for (const [host, localAddress, place] of clients) {
      const third = await connect(host, localAddress);
      expect(JSON.parse((await third.send(get('/3')).readResponse()).body)).toMatchObject({
        code: 'too_many_connections',
      });
      expect(await third.readToEnd()).toBe('');
      await eventually(() =>
        proxy.lines.some((line) => line['status'] === 503 && line['clientAddress'] === place),
      );
    }
    expect(origin.received.requests).toHaveLength(before);
    for (const client of placed) await own(client, '/next');
  });
});
