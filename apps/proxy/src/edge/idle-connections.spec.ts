import { afterEach, describe, expect, it } from '@jest/globals';
import { ProxyFixture } from '../exchange/testing/proxy-fixture.ts';
import type { RawClient } from '../listener/testing/raw-client.ts';
import { eventually } from '../listener/testing/running-listener.ts';
import { resource } from '../runtime/testing/resources.ts';
import { RawOrigin, type OriginConnection } from '../upstream/testing/raw-origin.ts';
import { get } from './testing/messages.ts';

const poison = 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nPOISON';

describe('unsolicited bytes of an upstream', () => {
  let origin: RawOrigin;
  let proxy: ProxyFixture;
  afterEach(async () => {
    await proxy.stop();
    origin.stop();
  });

  /** Answers each request with its target, and runs this after each response. */
  const start = async (
    behind: (connection: OriginConnection, path: string) => void,
  ): Promise<void> => {
    origin = await RawOrigin.start((connection) => {
      connection.socket.on('data', (chunk: Buffer) => {
        const [, path = ''] = chunk.toString('latin1').split(' ', 2);
        connection.socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${path.length}\r\n\r\n${path}`);
        behind(connection, path);
      });
    });
    proxy = await ProxyFixture.start({
      resources: [
        resource('service', { name: 'origin', targets: [{ address: origin.address }] }),
        resource('route', { name: 'all', paths: ['/*'], service: 'service-origin' }),
      ],
    });
  };
  const own = async (client: RawClient, path: string): Promise<void> =>
    expect((await client.send(get(path)).readResponse()).body).toBe(path);

  it.each([
    ['a whole response', poison],
    ['an interim one', 'HTTP/1.1 103 Early Hints\r\n\r\n'],
    ['half a head', 'HTTP/1.1 200 OK\r\nX-Poison: '],
    ['an empty line', '\r\n'],
    ['one byte', 'H'],
  ])('on an idle connection ends that connection: %s', async (_, bytes) => {
    await start(() => undefined);
    const client = await proxy.connect();
    await own(client, '/1');
    const [idle] = origin.connections;
    idle?.socket.write(bytes);
    await eventually(() => idle?.closed === true);
    await own(client, '/2');
    await own(await proxy.connect(), '/3');
    expect(origin.connections.map(({ received }) => received.match(/^GET \S+/gm))).toEqual([
      ['GET /1'],
      ['GET /2', 'GET /3'],
    ]);
  });

  it.each([
    ['at once', (connection: OriginConnection) => void connection.socket.write(poison)],
    [
      'a turn later',
      (connection: OriginConnection) => void setImmediate(() => connection.socket.write(poison)),
    ],
  ])(
    'after a response reaches no client, even when the next request is already waiting: %s',
    async (_, behind) => {
      await start((connection, path) => path.startsWith('/bait') && behind(connection));
      const clients = await Promise.all([proxy.connect(), proxy.connect(), proxy.connect()]);
      for (let round = 0; round < 60; round++) {
        const [bait, same, other] = clients as [RawClient, RawClient, RawClient];
        await own(bait, `/bait/${round}`);
        if (round % 3 === 0) await new Promise(setImmediate);
        await Promise.all([
          own(same, `/same/${round}`),
          own(other, `/other/${round}`),
          own(bait, `/next/${round}`),
        ]);
      }
      for (const client of clients) expect(client.received.length).toBe(0);
    },
  );

  it('and a connection whose upstream closed its side is not used again', async () => {
    await start(({ socket }) => socket.end());
    const client = await proxy.connect();
    for (const path of ['/1', '/2', '/3']) await own(client, path);
    expect(origin.connections.map(({ received }) => received.match(/^GET \S+/gm))).toEqual([
      ['GET /1'],
      ['GET /2'],
      ['GET /3'],
    ]);
  });
});
