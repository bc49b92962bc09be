import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { connect as connectHttp2, type ClientHttp2Session } from 'node:http2';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect, type TLSSocket } from 'node:tls';
import {
  createTestAuthority,
  type TestAuthority,
  type TestCertificate,
} from '../../../../packages/testkit/src/certificates.ts';
import { ProxyFixture } from '../exchange/testing/proxy-fixture.ts';
import { resource } from './testing/resources.ts';
import { SlicedTarget } from './sliced-target.ts';

const rotations = 100;

describe('rotated certificates', () => {
  let authority: TestAuthority;
  let pairs: TestCertificate[];
  let proxy: ProxyFixture;
  beforeAll(async () => {
    authority = await createTestAuthority();
    pairs = await Promise.all([0, 1, 2, 3].map(() => authority.issue({ names: ['a.test'] })));
  });
  afterEach(() => proxy.stop());

  const certificateOf = (name: string, { cert, key }: TestCertificate) =>
    resource('certificate', { name, certificate: cert, key, gateways: ['gateway-default'] });
  const hello = resource('route', {
    name: 'hello',
    paths: ['/*'],
    policies: [{ name: 'static-response', config: { status: 200, content: 'hello' } }],
  });

  it('fail no handshake and no request under load, over HTTP/1.1 and HTTP/2', async () => {
    proxy = await ProxyFixture.start({
      tls: true,
      resources: [hello, certificateOf('a', pairs[0] as TestCertificate)],
    });
    const tls = { host: '127.0.0.1', port: proxy.port, servername: 'a.test', ca: authority.ca };
    const fingerprints = new Set<string>();
    let requests = 0;
    let isOver = false;

    const getOver = async (socket: TLSSocket): Promise<void> => {
      socket.write('GET / HTTP/1.1\r\nHost: a.test\r\n\r\n');
      const [chunk] = (await once(socket, 'data')) as [Buffer];
      expect(chunk.toString()).toMatch(/^HTTP\/1\.1 200 [\s\S]*hello$/);
      requests++;
    };
    const openHttp1 = async (session?: Buffer): Promise<TLSSocket> => {
      const socket = connect({ ...tls, ...(session && { session }), ALPNProtocols: ['http/1.1'] });
      await once(socket, 'secureConnect');
      if (!socket.isSessionReused()) fingerprints.add(socket.getPeerCertificate().fingerprint256);
      return socket;
    };
    const openHttp2 = async (): Promise<ClientHttp2Session> => {
      const session = connectHttp2(`https://a.test:${proxy.port}`, {
        createConnection: () => connect({ ...tls, ALPNProtocols: ['h2'] }),
      });
      await once(session, 'connect');
      return session;
    };
    const streamOver = async (session: ClientHttp2Session): Promise<void> => {
      const stream = session.request({ ':path': '/' });
      let body = '';
      stream.on('data', (chunk: Buffer) => (body += chunk.toString()));
      await once(stream, 'end');
      expect(body).toBe('hello');
      requests++;
    };
    const repeat = async (act: () => Promise<void>): Promise<void> => {
      while (!isOver) await act();
    };
    const keptHttp1 = await openHttp1();
    const keptHttp2 = await openHttp2();
    let ticket: Buffer | undefined;
    const load = Promise.all([
      // New connections of both protocols, resumed sessions, and connections that stay open.
      repeat(async () => {
        const socket = await openHttp1();
        socket.on('session', (session: Buffer) => (ticket = session));
        await getOver(socket);
        socket.destroy();
      }),
      repeat(async () => {
        const socket = await openHttp1(ticket);
        await getOver(socket);
        socket.destroy();
      }),
      repeat(async () => {
        const session = await openHttp2();
        await Promise.all([streamOver(session), streamOver(session)]);
        session.destroy();
      }),
      repeat(() => getOver(keptHttp1)),
      repeat(() => streamOver(keptHttp2)),
    ]);
    for (let turn = 1; turn <= rotations; turn++) {
      proxy.change(certificateOf('a', pairs[turn % pairs.length] as TestCertificate));
      // Each rotation meets handshakes, however busy the machine is.
      const enough = proxy.handshakes.length + 2;
      await sleep(10);
      while (proxy.handshakes.length < enough) await Promise.race([sleep(2), load]);
    }
    isOver = true;
    await load;
    keptHttp1.destroy();
    keptHttp2.destroy();
    const failed = proxy.handshakes.filter(
      (outcome) => !['completed', 'resumed'].includes(outcome),
    );
    expect(failed).toEqual([]);
    expect(proxy.handshakes).toContain('resumed');
    expect(proxy.handshakes.length).toBeGreaterThan(rotations);
    expect(requests).toBeGreaterThan(rotations);
    expect(fingerprints.size).toBe(pairs.length);
  });

  it('do not stall the event loop with a thousand others, nor does their installation', async () => {
    const count = 1_000;
    const shared = pairs[0] as TestCertificate;
    proxy = await ProxyFixture.start({ tls: true, resources: [hello] });
    // Different texts with one key pair: each is parsed as a certificate of its own.
    const many = Array.from({ length: count }, (_, at) => ({
      ...certificateOf(`c${at}`, { cert: `${shared.cert}# ${at}\n`, key: shared.key }),
    })).map(({ kind, id, spec }, at) => ({
      kind,
      id,
      spec: { ...spec, serverNames: [`c${at}.test`] },
    }));
    const target = new SlicedTarget(proxy.target);
    /** Counts how often other callbacks of the event loop could run meanwhile. */
    const turnsDuring = async (act: () => unknown): Promise<number> => {
      let turns = 0;
      let isOver = false;
      const tick = (): void => {
        turns++;
        if (!isOver) setImmediate(tick);
      };
      setImmediate(tick);
      await act();
      isOver = true;
      return turns;
    };
    const byDelta = await turnsDuring(async () => {
      const outcome = await target.applyDelta(101, many);
      expect(outcome).toMatchObject({ applied: true, quarantined: [] });
    });
    expect(proxy.target.tls.serverCertificates.size).toBe(count);
    const rotatedMs: number[] = [];
    for (let turn = 0; turn < 20; turn++) {
      const startedMs = performance.now();
      await target.applyDelta(102 + turn, [
        certificateOf('c7', pairs[turn % pairs.length] as TestCertificate),
      ]);
      rotatedMs.push(performance.now() - startedMs);
    }
    const bySnapshot = await turnsDuring(() =>
      target.applySnapshot(200, [resource('gateway', { name: 'default' }), hello, ...many]),
    );
    // Times depend on how busy the machine is: bench/micro/certificates.ts records them. A slice
    // takes 4 ms, so that slow machines have more of them.
    expect(byDelta).toBeGreaterThan(10);
    expect(bySnapshot).toBeGreaterThan(1);
    expect(Math.min(...rotatedMs)).toBeLessThan(5);
    const socket = connect({
      host: '127.0.0.1',
      port: proxy.port,
      servername: 'c999.test',
      rejectUnauthorized: false,
    });
    await once(socket, 'secureConnect');
    socket.destroy();
  });
});
