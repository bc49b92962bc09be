import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import { eventually } from '../listener/testing/running-listener.ts';
import { TimerWheel } from '../net/timer-wheel.ts';
import type { TargetTls } from './target-options.ts';
import { TargetPool } from './target-pool.ts';
import {
  certificateA,
  localCertificate,
  testAuthority,
  type TestCertificate,
} from './testing/certificates.ts';
import { RecordedCall } from './testing/recorded-call.ts';

let wheel: TimerWheel;
let server: Server;
let sockets: TLSSocket[];
let reused: boolean[];
const pools: TargetPool[] = [];

beforeEach(() => {
  wheel = new TimerWheel({ tickMs: 10 }).start();
});
afterEach(() => {
  for (const pool of pools.splice(0)) pool.close();
  server.close();
  for (const socket of sockets) socket.destroy();
  wheel.stop();
});

async function serve({ cert, key }: TestCertificate): Promise<void> {
  sockets = [];
  reused = [];
  server = createServer({ cert, key }, (socket) => {
    sockets.push(socket);
    reused.push(socket.isSessionReused());
    socket.on('error', () => undefined);
    socket.on('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecret'));
  });
  server.on('tlsClientError', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
}

function pool(tls: Partial<TargetTls>, host = '127.0.0.1'): TargetPool {
  const address = server.address();
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
  const made = new TargetPool(
    { protocol: 'https', address: `${host}:${port}`, tls: { verify: true, ...tls } },
    wheel,
  );
  pools.push(made);
  return made;
}

describe('a target over TLS', () => {
  it('is verified against the given authority, by address', async () => {
    await serve(localCertificate);
    expect(await RecordedCall.send(pool({ caCertificates: testAuthority })).over).toMatchObject({
      status: 200,
      body: 'secret',
    });
    expect(sockets[0]?.alpnProtocol).toBe(false);
  });

  it('is verified by name, which is sent as SNI', async () => {
    await serve(certificateA);
    const tls = { caCertificates: testAuthority, serverName: 'www.a.test' };
    expect((await RecordedCall.send(pool(tls)).over).body).toBe('secret');
    expect((sockets[0] as TLSSocket & { servername?: string }).servername).toBe('www.a.test');
  });

  it.each<[string, Partial<TargetTls>, string]>([
    ['signed by an untrusted authority', {}, '127.0.0.1'],
    [
      'made out to another name',
      { caCertificates: testAuthority, serverName: 'b.test' },
      '127.0.0.1',
    ],
    ['made out to another address', { caCertificates: testAuthority }, '127.0.0.1'],
    ['made out to another host', { caCertificates: testAuthority }, 'localhost'],
  ])('with a certificate %s is not sent anything', async (_, tls, host) => {
    await serve(certificateA);
    const { failure } = await RecordedCall.send(pool(tls, host)).over;
    expect(failure).toMatchObject({
      code: 'upstream_connect_failed',
      unsent: true,
      reason: expect.stringMatching(/certificate|altnames/),
    });
    expect(sockets.every((socket) => socket.bytesRead === 0)).toBe(true);
  });

  it('is not verified when the service says so', async () => {
    await serve(certificateA);
    expect((await RecordedCall.send(pool({ verify: false })).over).body).toBe('secret');
  });

  it('resumes its session on the next connection', async () => {
    await serve(localCertificate);
    const target = pool({ caCertificates: testAuthority });
    await RecordedCall.send(target).over;
    sockets[0]?.end();
    await eventually(() => target.openCount === 0);
    await RecordedCall.send(target).over;
    expect(reused).toEqual([false, true]);
  });

  it('that does not speak TLS fails the call as unsent', async () => {
    await serve(localCertificate);
    const plain = new TargetPool(
      { protocol: 'http', address: pool({}).address, tls: { verify: true } },
      wheel,
    );
    pools.push(plain);
    expect((await RecordedCall.send(plain).over).failure?.code).toMatch(/^upstream_/);
  });
});
