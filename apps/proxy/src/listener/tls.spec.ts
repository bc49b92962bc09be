import { afterEach, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import type { CertificateFile } from '../net/key-pair.ts';
import {
  certificateA,
  certificateB,
  localCertificate,
  testAuthority,
} from '../upstream/testing/certificates.ts';
import { indexFiles } from './file-certificates.ts';
import { RawClient } from './testing/raw-client.ts';
import {
  echo,
  eventually,
  RunningListener,
  type RunningListenerOptions,
} from './testing/running-listener.ts';

let running: RunningListener;
const sockets: TLSSocket[] = [];

async function serve(options: RunningListenerOptions = {}): Promise<void> {
  running = await RunningListener.start(echo, {
    certificates: [localCertificate, certificateA, certificateB],
    ...options,
  });
}
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await running.stop();
});

async function handshake(options: ConnectionOptions): Promise<TLSSocket> {
  const socket = connect({ port: running.port, host: '127.0.0.1', ca: testAuthority, ...options });
  sockets.push(socket);
  await once(socket, 'secureConnect');
  return socket;
}
function setCertificates({ tls }: RunningListener, files: readonly CertificateFile[]): void {
  if (tls !== undefined) tls.files = indexFiles(files, tls.files);
}
const nameOf = (socket: TLSSocket): string => String(socket.getPeerCertificate().subject.CN);

describe('TLS', () => {
  it('carries HTTP/1.1, and the exchange knows that it is encrypted', async () => {
    let encrypted: boolean | undefined;
    running = await RunningListener.start(
      (downstream) => {
        encrypted = downstream.encrypted;
        echo(downstream);
      },
      { certificates: [localCertificate] },
    );
    const socket = await handshake({ ALPNProtocols: ['http/1.1'] });
    socket.write('POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 2\r\n\r\nhi');
    const [response] = (await once(socket, 'data')) as [Buffer];
    expect([response.toString().split('\r\n\r\n')[1], encrypted, socket.alpnProtocol]).toEqual([
      'POST a.test/ hi',
      true,
      'http/1.1',
    ]);
    expect(running.listener.connectionCount).toBe(1);
    socket.destroy();
    await eventually(() => running.listener.connectionCount === 0);
  });

  it('closes a connection above the limit without a response, which would need a handshake', async () => {
    await serve({ maxConnectionsPerAddress: 1 });
    await handshake({ ALPNProtocols: ['http/1.1'] });
    const second = await RawClient.connect(running.port);
    expect(await second.readToEnd()).toBe('');
    expect([running.refusals.map(({ code }) => code), running.listener.connectionCount]).toEqual([
      ['too_many_connections'],
      1,
    ]);
    second.close();
  });

  it('carries HTTP/2 when the client offers it', async () => {
    await serve();
    const session = connectHttp2(`https://localhost:${running.port}`, { ca: testAuthority });
    const stream = session.request({ ':path': '/x', ':authority': 'a.test' });
    let body = '';
    stream.on('data', (chunk: Buffer) => (body += chunk.toString()));
    await once(stream, 'end');
    expect([session.alpnProtocol, body]).toEqual(['h2', 'GET a.test/x ']);
    session.close();
    await eventually(() => running.listener.connectionCount === 0);
  });

  it.each([
    ['a.test', 'a.test'],
    ['www.a.test', 'a.test'],
    ['B.test', 'b.test'],
    ['localhost', 'local'],
    ['unknown.test', 'local'],
    ['deep.www.a.test', 'local'],
    ['', 'local'],
  ])('shows a client that asks for "%s" the certificate of %s', async (servername, name) => {
    await serve();
    expect(nameOf(await handshake({ servername, checkServerIdentity: () => undefined }))).toBe(
      name,
    );
  });

  it('uses new certificates from the next handshake on', async () => {
    await serve();
    setCertificates(running, [certificateB]);
    expect(
      nameOf(await handshake({ servername: 'a.test', checkServerIdentity: () => undefined })),
    ).toBe('b.test');
    expect(() => setCertificates(running, [{ cert: 'x', key: 'y' }])).toThrow(
      'certificate 1 is not usable',
    );
    expect(nameOf(await handshake({ checkServerIdentity: () => undefined }))).toBe('b.test');
  });

  it('refuses handshakes with an alert while there is no certificate', async () => {
    await serve({ certificates: [] });
    await expect(handshake({ servername: 'a.test' })).rejects.toThrow(/alert handshake failure/);
    await expect(handshake({})).rejects.toThrow(/alert handshake failure/);
    setCertificates(running, [certificateA]);
    expect(nameOf(await handshake({ servername: 'a.test' }))).toBe('a.test');
    await eventually(() => running.tls?.outcomes.length === 3);
    expect(running.tls?.outcomes).toEqual([
      'no_server_certificate',
      'no_server_certificate',
      'completed',
    ]);
  });

  it.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'resumes sessions of %s on listeners that share the ticket keys, also after new certificates',
    async (version) => {
      const ticketKeys = randomBytes(48);
      await serve({ ticketKeys });
      const other = await RunningListener.start(echo, {
        certificates: [localCertificate, certificateA, certificateB],
        ticketKeys,
      });
      const stranger = await RunningListener.start(echo, { certificates: [localCertificate] });
      const options = {
        minVersion: version,
        maxVersion: version,
        servername: 'localhost',
      } as const;
      const first = await handshake(options);
      first.write('GET / HTTP/1.1\r\nHost: a.test\r\n\r\n');
      const session =
        first.getSession() ??
        (await new Promise<Buffer>((resolve) => first.once('session', resolve)));
      await once(first, 'data');
      const ticket = version === 'TLSv1.2' ? session : (first.getSession() as Buffer);
      const isResumed = async (port: number): Promise<boolean> =>
        (await handshake({ ...options, port, session: ticket })).isSessionReused();
      expect([
        first.isSessionReused(),
        await isResumed(running.port),
        await isResumed(other.port),
        await isResumed(stranger.port),
      ]).toEqual([false, true, true, false]);
      setCertificates(other, [localCertificate]);
      expect(await isResumed(other.port)).toBe(true);
      for (const socket of sockets.splice(0)) socket.destroy();
      await other.stop();
      await stranger.stop();
    },
  );

  it('refuses old TLS versions', async () => {
    await serve();
    await expect(
      handshake({ maxVersion: 'TLSv1.1', minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' }),
    ).rejects.toThrow();
    await eventually(() => running.listener.connectionCount === 0);
  });

  it('closes stalled handshakes and clients that do not use TLS', async () => {
    await serve({ headerTimeoutMs: 50 });
    const silent = await RawClient.connect(running.port);
    await silent.readToEnd();
    const plain = await RawClient.connect(running.port);
    plain.send('GET / HTTP/1.1\r\nHost: a.test\r\n\r\n');
    expect(await plain.readToEnd()).not.toContain('HTTP/1.1');
    await eventually(() => running.listener.connectionCount === 0);
  });

  it('closes handshakes whose client has ended its side, and all handshakes on drain', async () => {
    await serve();
    const half = await RawClient.connect(running.port);
    half.send(Buffer.from('1603010200', 'hex')).endSending();
    await half.readToEnd();
    await eventually(() => running.listener.connectionCount === 0);
    const silent = await RawClient.connect(running.port);
    await eventually(() => running.listener.connectionCount === 1);
    const started = performance.now();
    await running.listener.drain(8_000);
    expect(performance.now() - started).toBeLessThan(4_000);
    await silent.readToEnd();
  });

  it('still serves a client that ends its side after a complete request', async () => {
    await serve();
    const socket = await handshake({
      servername: 'localhost',
      ...({ allowHalfOpen: true } as object),
    });
    socket.end('GET / HTTP/1.1\r\nHost: a.test\r\n\r\n');
    const [response] = (await once(socket, 'data')) as [Buffer];
    expect(response.toString()).toContain('GET a.test/');
  });
});
