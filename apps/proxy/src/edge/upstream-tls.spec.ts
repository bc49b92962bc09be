import { once } from 'node:events';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import { afterEach, describe, expect, it } from '@jest/globals';
import { ProxyFixture } from '../exchange/testing/proxy-fixture.ts';
import type { RawClient } from '../listener/testing/raw-client.ts';
import { resource } from '../runtime/testing/resources.ts';
import {
  certificateA,
  localCertificate,
  testAuthority,
  type TestCertificate,
} from '../upstream/testing/certificates.ts';
import { RawOrigin } from '../upstream/testing/raw-origin.ts';
import { get } from './testing/messages.ts';

/** A service in the format of the Admin API, without settings for verification. */
interface Written {
  readonly protocol: 'https' | 'h2';
  readonly tls?: { readonly verify?: boolean; readonly caCertificates?: string };
}

describe('targets over TLS', () => {
  let server: Server;
  let plain: RawOrigin;
  let proxy: ProxyFixture;
  let received: string;
  const sockets: TLSSocket[] = [];
  afterEach(async () => {
    await proxy.stop();
    plain.stop();
    for (const socket of sockets.splice(0)) socket.destroy();
    server.close();
  });

  const start = async (written: Written, { cert, key }: TestCertificate): Promise<RawClient> => {
    received = '';
    server = createServer({ cert, key, ALPNProtocols: ['h2', 'http/1.1'] }, (socket) => {
      sockets.push(socket);
      socket.on('error', () => undefined);
      socket.on('data', (chunk: Buffer) => {
        received += chunk.toString('latin1');
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecret');
      });
    });
    server.on('tlsClientError', () => undefined);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    plain = await RawOrigin.answering('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nplain');
    const address = server.address();
    proxy = await ProxyFixture.start({
      resources: [
        resource('gateway', { name: 'default' }),
        resource('service', {
          name: 'tls',
          targets: [{ address: `127.0.0.1:${typeof address === 'object' ? address?.port : 0}` }],
          ...written,
        }),
        resource('service', { name: 'plain', targets: [{ address: plain.address }] }),
        resource('route', {
          name: 'tls',
          paths: ['/tls'],
          service: 'service-tls',
          rewrite: { host: 'preserve' },
        }),
        resource('route', {
          name: 'all',
          paths: ['/*'],
          service: 'service-plain',
          rewrite: { host: 'preserve' },
        }),
      ],
    });
    return proxy.connect();
  };
  const nextIsItsOwn = async (client: RawClient): Promise<void> =>
    expect(await client.send(get('/next')).readResponse()).toMatchObject({
      status: 200,
      body: 'plain',
    });

  it.each<[string, Written, TestCertificate]>([
    ['signed by an unknown authority', { protocol: 'https' }, localCertificate],
    ['signed by an unknown authority, over HTTP/2', { protocol: 'h2' }, localCertificate],
    [
      'issued for another name',
      { protocol: 'https', tls: { caCertificates: testAuthority } },
      certificateA,
    ],
    [
      'issued for another name, over HTTP/2',
      { protocol: 'h2', tls: { caCertificates: testAuthority } },
      certificateA,
    ],
  ])(
    'with a certificate %s: 502, and no byte of the request is sent',
    async (_, written, certificate) => {
      const client = await start(written, certificate);
      const response = await client
        .send(get('/tls', 'Host: a.test\r\nAuthorization: Bearer secret\r\n'))
        .readResponse();
      expect(response.status).toBe(502);
      expect(JSON.parse(response.body)).toMatchObject({ code: 'upstream_connect_failed' });
      await nextIsItsOwn(client);
      expect(received).toBe('');
      expect(
        plain.connections.map((connection) => connection.received.match(/^GET \S+/gm)),
      ).toEqual([['GET /next']]);
    },
  );

  it.each<[string, Written]>([
    ['whose authority is known', { protocol: 'https', tls: { caCertificates: testAuthority } }],
    [
      'of which the service says that it is not verified',
      { protocol: 'https', tls: { verify: false } },
    ],
  ])('with a certificate %s are called', async (_, written) => {
    const client = await start(written, localCertificate);
    expect(await client.send(get('/tls')).readResponse()).toMatchObject({
      status: 200,
      body: 'secret',
    });
    expect(received).toMatch(/^GET \/tls HTTP\/1\.1\r\nHost: a\.test\r\n[^]*\r\n\r\n$/);
    await nextIsItsOwn(client);
  });
});
