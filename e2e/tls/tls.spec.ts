import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect as connectHttp2 } from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createServer as createHttps, type Server } from 'node:https';
import type { RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  certificateA,
  certificateB,
  localCertificate,
  testAuthority,
  type TestCertificate,
} from '../../apps/proxy/src/upstream/testing/certificates.ts';
import { freePort } from '../../scripts/process/ports.ts';
import { AppProcess } from '../harness/app-process.ts';
import { fresh } from '../harness/fresh.ts';
import { Origin } from '../harness/origin.ts';

// Real processes that get SIGHUP, without a control plane: the configuration is a file, too.
describe.each([
  ['one process', []],
  ['two workers', ['--workers', '2']],
])('a port for TLS, with %s', (_, args) => {
  let folder: string;
  let origin: Origin;
  let guarded: Server;
  let proxy: AppProcess;
  let port: number;
  let tlsPort: number;
  const sockets: TLSSocket[] = [];
  const started = new AsyncDisposableStack();

  const put = async (name: string, { cert, key }: TestCertificate): Promise<void> => {
    await writeFile(join(folder, `${name}.crt`), cert);
    await writeFile(join(folder, `${name}.key`), key);
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sluice-tls-'));
    started.defer(() => rm(folder, { recursive: true }));
    const answersOrders: RequestListener = (request, response) => {
      const { 'x-forwarded-proto': proto, 'x-forwarded-port': at } = request.headers;
      request.resume();
      setTimeout(
        () => response.end(`${request.url ?? ''} ${String(proto)} ${String(at)}`),
        request.url === '/orders/long' ? 800 : 0,
      );
    };
    origin = started.use(await Origin.start('orders', answersOrders));
    await mkdir(join(folder, 'names'));
    await put('local', localCertificate);
    await put('names/a.test', certificateA);
    await mkdir(join(folder, 'client'));
    await put('client/mesh', certificateA);
    guarded = createHttps(
      { ...localCertificate, ca: testAuthority, requestCert: true, rejectUnauthorized: true },
      ({ socket }, response) => {
        response
          .setHeader('Connection', 'close')
          .end(String((socket as TLSSocket).getPeerCertificate().subject.CN));
      },
    );
    await once(guarded.listen(0, '127.0.0.1'), 'listening');
    started.defer(() => void guarded.close());
    const services = [
      { name: 'orders', targets: [{ address: origin.address }] },
      {
        name: 'guarded',
        protocol: 'https',
        targets: [{ address: `127.0.0.1:${(guarded.address() as AddressInfo).port}` }],
        tls: { caCertificates: testAuthority, clientCertificate: 'mesh' },
      },
    ];
    const routes = ['orders', 'guarded'].map((name) => ({
      name,
      paths: [`/${name}/*`],
      service: name,
    }));
    await writeFile(join(folder, 'config.json'), JSON.stringify({ services, routes }));
    [port, tlsPort] = [await freePort(), await freePort()];
    const statusPort = await freePort();
    proxy = new AppProcess(
      'proxy',
      'tls',
      {
        SLUICE_PROXY_PORT: String(port),
        SLUICE_STATUS_PORT: String(statusPort),
        SLUICE_TLS_PORT: String(tlsPort),
        SLUICE_TLS_CERT_FILE: join(folder, 'local.crt'),
        SLUICE_TLS_KEY_FILE: join(folder, 'local.key'),
        SLUICE_TLS_DIR: join(folder, 'names'),
        SLUICE_CLIENT_CERT_DIR: join(folder, 'client'),
        SLUICE_CONFIG_FILE: join(folder, 'config.json'),
        SLUICE_ACCESS_LOG: 'off',
      },
      args,
    );
    started.defer(async () => void (await proxy.end('SIGKILL')));
    await proxy.start(`http://127.0.0.1:${statusPort}/readyz`);
  }, 60_000);
  afterAll(async () => {
    for (const socket of sockets) socket.destroy();
    await started.disposeAsync();
  });

  const handshake = async (options: ConnectionOptions = {}): Promise<TLSSocket> => {
    const socket = connect({
      port: tlsPort,
      host: '127.0.0.1',
      ca: testAuthority,
      checkServerIdentity: () => undefined,
      ...options,
    });
    sockets.push(socket);
    await once(socket, 'secureConnect');
    return socket;
  };
  const ask = async (socket: TLSSocket, path = '/orders/1'): Promise<string> => {
    socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    const [data] = (await once(socket, 'data')) as [Buffer];
    return data.toString().split('\r\n\r\n')[1] ?? '';
  };
  const nameFor = async (servername: string): Promise<string> => {
    const socket = await handshake({ servername });
    const name = String(socket.getPeerCertificate().subject.CN);
    socket.destroy();
    return name;
  };
  /** Returns the names in the certificates of many handshakes, so that every worker is included. */
  const namesFor = async (servername: string): Promise<string[]> => [
    ...new Set(await Promise.all(Array.from({ length: 24 }, () => nameFor(servername)))),
  ];
  const hangUp = async (said: string): Promise<void> => {
    const from = proxy.lines.length;
    process.kill(proxy.pid, 'SIGHUP');
    for (
      let turn = 0;
      turn < 200 && !proxy.lines.slice(from).some((line) => line.includes(said));
      turn++
    )
      await sleep(20);
    expect(proxy.lines.slice(from).join('\n')).toContain(said);
  };

  it('is open beside the plain one, and the upstream receives the one that was used', async () => {
    expect((await fresh(`http://127.0.0.1:${port}/orders/1`)).text).toBe(`/orders/1 http ${port}`);
    expect(await ask(await handshake())).toBe(`/orders/1 https ${tlsPort}`);
  });

  it('speaks HTTP/2 with clients that offer it', async () => {
    const session = connectHttp2(`https://localhost:${tlsPort}`, { ca: testAuthority });
    const stream = session.request({ ':path': '/orders/2' });
    let body = '';
    stream.on('data', (chunk: Buffer) => (body += chunk.toString()));
    await once(stream, 'end');
    session.close();
    expect([session.alpnProtocol, body]).toEqual(['h2', `/orders/2 https ${tlsPort}`]);
  });

  it('presents the certificate of the requested name', async () => {
    expect([
      await namesFor('localhost'),
      await namesFor('www.a.test'),
      await namesFor('b.test'),
    ]).toEqual([['local'], ['a.test'], ['local']]);
  });

  it('uses new files from SIGHUP on; open connections stay', async () => {
    const kept = await handshake({ servername: 'b.test' });
    await put('names/b.test', certificateB);
    await hangUp('b.test.crt');
    expect([await namesFor('b.test'), await namesFor('localhost')]).toEqual([
      ['b.test'],
      ['local'],
    ]);
    expect(await ask(kept)).toBe(`/orders/1 https ${tlsPort}`);
  });

  it('keeps the current certificates when a file is invalid, and names it', async () => {
    const kept = await handshake();
    await writeFile(join(folder, 'names/b.test.key'), certificateA.key);
    await hangUp('b.test.key is not usable');
    expect([await namesFor('b.test'), await namesFor('localhost')]).toEqual([
      ['b.test'],
      ['local'],
    ]);
    expect(await ask(kept)).toBe(`/orders/1 https ${tlsPort}`);
    // A new worker does the same.
    const worker = proxy.lines.flatMap((line) =>
      line.includes('worker takes traffic') ? [(JSON.parse(line) as { pid: number }).pid] : [],
    )[0];
    if (worker === undefined) return;
    const before = proxy.lines.length;
    process.kill(worker, 'SIGKILL');
    for (
      let turn = 0;
      turn < 500 &&
      !proxy.lines.slice(before).some((line) => line.includes('worker takes traffic'));
      turn++
    )
      await sleep(20);
    expect(await namesFor('b.test')).toEqual(['b.test']);
  }, 30_000);

  it('presents its certificate to targets, and a new one from SIGHUP on', async () => {
    const shown = async (): Promise<string[]> => [
      ...new Set(
        await Promise.all(
          Array.from(
            { length: 24 },
            async () => (await fresh(`http://127.0.0.1:${port}/guarded/1`)).text,
          ),
        ),
      ),
    ];
    expect(await shown()).toEqual(['a.test']);
    await put('names/b.test', certificateB);
    await put('client/mesh', certificateB);
    await hangUp('client/mesh.crt');
    expect(await shown()).toEqual(['b.test']);
  });

  it('SIGTERM lets its requests finish', async () => {
    const under = await handshake();
    const answer = ask(under, '/orders/long');
    await sleep(200);
    const ended = proxy.end('SIGTERM');
    expect(await answer).toBe(`/orders/long https ${tlsPort}`);
    expect(await ended).toBe(0);
    await expect(handshake()).rejects.toThrow('ECONNREFUSED');
  }, 30_000);
});
