import { afterEach, describe, expect, it } from '@jest/globals';
import { ProxyFixture } from '../apps/proxy/src/exchange/testing/proxy-fixture.ts';
import { eventually } from '../apps/proxy/src/listener/testing/running-listener.ts';
import { resource } from '../apps/proxy/src/runtime/testing/resources.ts';
import { localCertificate } from '../apps/proxy/src/upstream/testing/certificates.ts';
import { RawOrigin } from '../apps/proxy/src/upstream/testing/raw-origin.ts';
import { RawClient } from '../apps/proxy/src/listener/testing/raw-client.ts';
import { TestTls } from '../apps/proxy/src/listener/testing/test-tls.ts';

const get = 'GET /x HTTP/1.1\r\nHost: a.test\r\n\r\n';

describe('a connection whose client has left, or sends nothing', () => {
  let origin: RawOrigin;
  let proxy: ProxyFixture;
  afterEach(async () => {
    await proxy.stop();
    origin.stop();
  });
  const start = async (
    behave: Parameters<typeof RawOrigin.start>[0],
    timeouts: object = {},
    listener = {},
  ): Promise<void> => {
    origin = await RawOrigin.start(behave);
    proxy = await ProxyFixture.start({
      listener,
      resources: [
        resource('service', { name: 'origin', targets: [{ address: origin.address }], timeouts }),
        resource('route', { name: 'all', service: 'service-origin' }),
      ],
    });
  };

  it('by the end of its side: the call to the upstream is cancelled, and the log says 499', async () => {
    await start(() => undefined);
    const client = await proxy.connect();
    client.send(get);
    await eventually(() => origin.connections[0]?.received.endsWith('\r\n\r\n') === true);
    client.endSending();
    await eventually(() => origin.connections[0]?.closed === true);
    expect(await proxy.line(0)).toMatchObject({ status: 499, source: 'client' });
  });

  it('a WebSocket without a byte for the idle time of its service is closed on both sides', async () => {
    const accept =
      'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
    await start(
      ({ socket }) =>
        socket.once(
          'data',
          () => (socket.write(accept), socket.on('data', (chunk: Buffer) => socket.write(chunk))),
        ),
      { idleMs: 1_500, totalMs: 400 },
    );
    const client = await proxy.connect();
    await client
      .send(get.replace('\r\n\r\n', '\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'))
      .readUntil('\r\n\r\n');
    // Bytes keep it open, also beyond the total timeout.
    for (let count = 0; count < 10; count++) {
      expect(await client.send('ping').readUntil('ping')).toBe('ping');
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect(client.ending).toBeUndefined();
    await client.readToEnd();
    await eventually(() => origin.connections[0]?.closed === true);
    expect(await proxy.line(0)).toMatchObject({
      status: 101,
      reason: 'no byte passed for 1500 ms',
    });
  });

  it('a response to HTTP/1.0 over TLS that the upstream breaks off ends the connection, not the process', async () => {
    await start(
      ({ socket }) =>
        socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf')),
      {},
      { tls: new TestTls([localCertificate]) },
    );
    const client = await RawClient.connectTls(proxy.port);
    await client.send('GET /x HTTP/1.0\r\nHost: a.test\r\n\r\n').readUntil('half');
    origin.connections[0]?.socket.resetAndDestroy();
    await client.readToEnd();
    expect(await proxy.line(0)).toMatchObject({ status: 200, code: 'upstream_reset' });
    client.close();
  });
});
