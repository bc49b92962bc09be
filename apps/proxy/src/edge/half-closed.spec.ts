import { afterEach, describe, expect, it } from '@jest/globals';
import { connect as connectHttp2, constants } from 'node:http2';
import { ProxyFixture } from '../exchange/testing/proxy-fixture.ts';
import { recordingPolicy } from '../exchange/testing/recording-policy.ts';
import { RawClient } from '../listener/testing/raw-client.ts';
import { eventually } from '../listener/testing/running-listener.ts';
import { resource } from '../runtime/testing/resources.ts';
import { localCertificate } from '../upstream/testing/certificates.ts';
import { TestTls } from '../listener/testing/test-tls.ts';
import { RawOrigin } from '../upstream/testing/raw-origin.ts';
import { get, H, post } from './testing/messages.ts';

const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

describe.each(['plain', 'TLS'])('a client that closes its side, %s', (security) => {
  let origin: RawOrigin;
  let proxy: ProxyFixture;
  const clients: RawClient[] = [];
  afterEach(async () => {
    for (const client of clients.splice(0)) client.close();
    await proxy.stop();
    origin.stop();
  });

  const start = async (
    halfClosedClients?: 'cancel' | 'serve',
    mayGoOn: Promise<void> = Promise.resolve(),
  ): Promise<void> => {
    origin = await RawOrigin.start(({ socket }) => {
      socket.on('data', (chunk: Buffer) => {
        if (chunk.includes('/stream')) socket.write('HTTP/1.1 200 OK\r\n\r\nfirst');
        else if (!chunk.includes('/held')) socket.write(ok);
      });
    });
    proxy = await ProxyFixture.start({
      policies: [
        recordingPolicy(() => undefined, {
          acts: { limit: async () => (await mayGoOn, undefined) },
        }),
      ],
      listener: security === 'TLS' ? { tls: new TestTls([localCertificate]) } : {},
      resources: [
        resource('gateway', {
          name: 'default',
          ...(halfClosedClients === undefined ? {} : { limits: { halfClosedClients } }),
        }),
        resource('service', { name: 'origin', targets: [{ address: origin.address }] }),
        resource('route', { name: 'all', paths: ['/*'], service: 'service-origin' }),
        resource('route', {
          name: 'waits',
          paths: ['/waits'],
          service: 'service-origin',
          policies: [{ name: 'recording' }],
        }),
      ],
    });
  };
  const connect = async (): Promise<RawClient> => {
    const client = await (security === 'TLS'
      ? RawClient.connectTls(proxy.port)
      : RawClient.connect(proxy.port));
    clients.push(client);
    return client;
  };
  const received = (): string =>
    origin.connections.map((connection) => connection.received).join('');
  const allClosed = (): boolean => origin.connections.every(({ closed }) => closed);

  it.each([
    [
      'in one write with the request',
      async (client: RawClient) => client.send(get('/held')).endSending(),
    ],
    [
      'once the upstream has the request',
      async (client: RawClient) => (
        client.send(get('/held')),
        await eventually(() => received().includes('/held')),
        client.endSending()
      ),
    ],
    [
      'behind content',
      async (client: RawClient) =>
        client.send(post('Content-Length: 5\r\nX-Path: /held\r\n', 'hello')).endSending(),
    ],
    [
      'behind chunks',
      async (client: RawClient) =>
        client
          .send(post('Transfer-Encoding: chunked\r\nX-Path: /held\r\n', '5\r\nhello\r\n0\r\n\r\n'))
          .endSending(),
    ],
    [
      'behind a request for a WebSocket',
      async (client: RawClient) =>
        client.send(get('/held', `${H}Connection: Upgrade\r\nUpgrade: websocket\r\n`)).endSending(),
    ],
    ['in HTTP/1.0', async (client: RawClient) => client.send(get('/held', H, '1.0')).endSending()],
  ])('%s: the call is cancelled, the connection closed, and the log says 499', async (_, send) => {
    await start();
    const client = await connect();
    await send(client);
    expect(await client.readToEnd()).toBe('');
    expect(await proxy.line(0)).toMatchObject({ status: 499, source: 'client', responseBytes: 0 });
    await eventually(allClosed);
    await eventually(() => proxy.listener.connectionCount === 0);
    expect(proxy.notes).toEqual({ faults: [], policyFaults: [], failures: [] });
  });

  it('after pipelined requests: unanswered ones are not served', async () => {
    await start();
    const client = await connect();
    client.send(get('/first')).send(get('/held') + get('/behind'));
    await eventually(() => received().includes('/held'));
    client.endSending();
    expect(await client.readToEnd()).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\nok$/);
    expect(await proxy.line(1)).toMatchObject({ status: 499, path: '/held' });
    await eventually(allClosed);
    expect(received()).not.toContain('/behind');
    expect(proxy.lines).toHaveLength(2);
  });

  it('while a policy waits: no upstream call is made', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    await start('cancel', promise);
    const client = await connect();
    client.send(get('/waits')).endSending();
    expect(await client.readToEnd()).toBe('');
    await eventually(() => proxy.listener.connectionCount === 0);
    resolve();
    expect(await proxy.line(0)).toMatchObject({ status: 499, source: 'client' });
    expect(origin.connections).toEqual([]);
  });

  it.each(['1.1', '1.0'])(
    'while a response of HTTP/%s is streamed: it is aborted, and never looks complete',
    async (version) => {
      await start();
      const client = await connect();
      client.send(get('/stream', H, version));
      const head = await client.readUntil('first');
      client.endSending();
      await client.readToEnd();
      // Chunks mark the end of the content; in HTTP/1.0 only a reset shows that it is incomplete.
      if (version === '1.1') expect(head).toContain('Transfer-Encoding: chunked');
      else if (security === 'plain') expect(client.ending).toBe('reset');
      expect(await proxy.line(0)).toMatchObject({ status: 200, source: 'client' });
      await eventually(allClosed);
    },
  );

  it.each([
    ['inside its content', post('Content-Length: 10\r\n', 'hello'), 400],
    ['inside a head', 'GET /p HTTP/1.1\r\nHo', 400],
  ])('%s: it receives the error', async (_, send, status) => {
    await start();
    const client = await connect();
    client.send(send).endSending();
    expect((await client.readResponse()).status).toBe(status);
    expect(await client.readToEnd()).toBe('');
    expect(await proxy.line(0)).toMatchObject({
      status,
      code: 'malformed_request',
      source: 'client',
    });
    await eventually(allClosed);
  });

  it('of an idle connection is closed without a log line', async () => {
    await start();
    const client = await connect();
    expect((await client.send(get('/p')).readResponse()).body).toBe('ok');
    client.endSending();
    expect(await client.readToEnd()).toBe('');
    await eventually(() => proxy.listener.connectionCount === 0);
    await proxy.line(0);
    expect(proxy.lines).toHaveLength(1);
  });

  it('gets the gateway’s own responses', async () => {
    await start();
    const client = await connect();
    client.send(`OPTIONS * HTTP/1.1\r\n${H}\r\n`).endSending();
    expect((await client.readResponse('OPTIONS')).status).toBe(204);
    expect(await client.readToEnd()).toBe('');
  });

  it('is served up to its last request when the gateway is configured so', async () => {
    await start('serve');
    const client = await connect();
    client.send(get('/1') + post('Content-Length: 5\r\n', 'hello') + get('/3')).endSending();
    for (let count = 0; count < 3; count++) expect((await client.readResponse()).body).toBe('ok');
    expect(await client.readToEnd()).toBe('');
    expect(await proxy.line(2)).toMatchObject({ status: 200, source: 'upstream', path: '/3' });
  });

  it('is served according to the gateway’s setting at the time of the request', async () => {
    await start('serve');
    proxy.change(resource('gateway', { name: 'default', limits: { halfClosedClients: 'cancel' } }));
    const client = await connect();
    client.send(get('/held')).endSending();
    expect(await client.readToEnd()).toBe('');
    expect(await proxy.line(0)).toMatchObject({ status: 499 });
  });

  it('still receives the other half of a WebSocket', async () => {
    await start();
    origin.stop();
    origin = await RawOrigin.start(({ socket }) => {
      socket.once('data', () =>
        socket.write(
          'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
        ),
      );
    });
    proxy.change(resource('service', { name: 'origin', targets: [{ address: origin.address }] }));
    const client = await connect();
    client.send(get('/ws', `${H}Connection: Upgrade\r\nUpgrade: websocket\r\n`));
    await client.readUntil('\r\n\r\n');
    client.send('bye').endSending();
    await eventually(() => origin.connections[0]?.received.endsWith('bye') === true);
    expect(await proxy.line(0)).toMatchObject({ status: 101, source: 'upstream' });
  });

  if (security === 'TLS') return;

  it('an HTTP/2 request is complete with END_STREAM and served; the end of the session cancels it', async () => {
    await start();
    const session = connectHttp2(`http://127.0.0.1:${proxy.port}`);
    session.on('error', () => undefined);
    const ask = (path: string) =>
      session.request({ ':path': path, ':authority': 'a.test' }, { endStream: true });
    const served = ask('/p');
    await new Promise<void>((resolve) =>
      served
        .on(
          'response',
          (head) => (expect(head[constants.HTTP2_HEADER_STATUS]).toBe(200), resolve()),
        )
        .resume(),
    );
    ask('/held').on('error', () => undefined);
    await eventually(() => received().includes('/held'));
    session.destroy();
    expect(await proxy.line(1)).toMatchObject({
      status: 499,
      source: 'client',
      protocol: 'HTTP/2',
    });
  });
});
