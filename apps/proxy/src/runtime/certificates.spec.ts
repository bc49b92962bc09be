import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import type { Resource } from '@sluice/config';
import {
  createTestAuthority,
  type TestAuthority,
  type TestCertificate,
} from '../../../../packages/testkit/src/certificates.ts';
import { ProxyFixture } from '../exchange/testing/proxy-fixture.ts';
import type { ResourceChange } from '../config/source.ts';
import { removal, resource } from './testing/resources.ts';

let authority: TestAuthority;
let other: TestAuthority;
beforeAll(async () => {
  authority = await createTestAuthority('ours');
  other = await createTestAuthority('theirs');
});

/** Resources refer to each other by id: the gateway of the fixture is "gateway-default". */
const certificateOf = (
  name: string,
  { cert, key }: TestCertificate,
  gateways: string[] = ['gateway-default'],
): Resource<'certificate'> => resource('certificate', { name, certificate: cert, key, gateways });
const ca = (name: string, certificates: string): Resource<'ca'> =>
  resource('ca', { name, certificates });
const hello = resource('route', {
  name: 'hello',
  paths: ['/hello'],
  policies: [{ name: 'static-response', config: { status: 200, content: 'hello' } }],
});

describe('certificates in service', () => {
  let proxy: ProxyFixture;
  let revision = 100;
  const sockets: TLSSocket[] = [];
  beforeEach(async () => {
    proxy = await ProxyFixture.start({ tls: true, resources: [hello] });
  });
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    await proxy.stop();
  });
  const apply = (...changes: ResourceChange[]) => proxy.target.applyDelta(++revision, changes);

  /** Sends a request; returns the common name of the server and the content, or the error. */
  const call = async (options: ConnectionOptions = {}): Promise<string> => {
    const socket = connect({
      port: proxy.port,
      host: '127.0.0.1',
      rejectUnauthorized: false,
      ...options,
    });
    sockets.push(socket);
    return new Promise((resolve) => {
      socket.on('error', ({ code }: NodeJS.ErrnoException) => resolve(`${code}`));
      socket.on('close', () => resolve('closed'));
      socket.on('data', (chunk: Buffer) => {
        const name = String(socket.getPeerCertificate().subject.CN);
        resolve(`${name} ${chunk.toString().split('\r\n\r\n')[1]}`);
      });
      socket.write('GET /hello HTTP/1.1\r\nHost: a.test\r\n\r\n');
    });
  };

  it('are chosen by name, replaced and removed; those of other gateways are not presented', async () => {
    expect(await call({ servername: 'a.test' })).toMatch(/^(?:ERR_SSL|EPROTO)/);
    const [a, a2, b, c] = await Promise.all(
      ['a.test', 'a.test', 'b.test', 'c.test'].map((name) => authority.issue({ names: [name] })),
    );
    const ofA = certificateOf('a', a as TestCertificate);
    apply(
      ofA,
      certificateOf('b', b as TestCertificate),
      certificateOf('c', c as TestCertificate, ['another-gateway']),
    );
    expect(await call({ servername: 'b.test' })).toBe('b.test hello');
    expect(await call({ servername: 'c.test' })).toBe('a.test hello');
    expect(await call()).toBe('a.test hello');
    const open = connect({
      port: proxy.port,
      host: '127.0.0.1',
      servername: 'a.test',
      ca: authority.ca,
    });
    sockets.push(open);
    await once(open, 'secureConnect');
    const before = open.getPeerCertificate().fingerprint256;
    apply(certificateOf('a', a2 as TestCertificate));
    open.write('GET /hello HTTP/1.1\r\nHost: a.test\r\n\r\n');
    expect(String(((await once(open, 'data')) as [Buffer])[0])).toContain('hello');
    const renewed = connect({
      port: proxy.port,
      host: '127.0.0.1',
      servername: 'a.test',
      ca: authority.ca,
    });
    sockets.push(renewed);
    await once(renewed, 'secureConnect');
    expect(renewed.getPeerCertificate().fingerprint256).not.toBe(before);
    apply(removal(ofA));
    expect(await call({ servername: 'a.test' })).toBe('b.test hello');
  });

  it('that cannot be used are faults with a pointer; the last good one stays in service', async () => {
    const [a, b, expired] = await Promise.all([
      authority.issue({ names: ['a.test'] }),
      authority.issue({ names: ['b.test'] }),
      authority.issue({ names: ['a.test'], notAfter: Date.now() - 1_000 }),
    ]);
    apply(certificateOf('a', a), certificateOf('z', b));
    for (const [broken, pointer, reason] of [
      [expired, '/certificate', 'expired on'],
      [{ cert: a.cert, key: b.key }, '/key', 'does not belong'],
      [{ cert: a.cert, key: 'text' }, '/key', 'not a private key in PEM'],
      [{ cert: 'text', key: a.key }, '/certificate', 'not a certificate in PEM'],
    ] as const) {
      const outcome = apply(certificateOf('a', broken));
      expect(outcome).toMatchObject({
        applied: false,
        faults: [
          { kind: 'certificate', name: 'a', pointer, reason: expect.stringContaining(reason) },
        ],
      });
      expect(JSON.stringify(outcome)).not.toContain(a.key.split('\n')[1]);
      // The next revision is not held up.
      const next = apply(hello);
      expect([next.applied, next.quarantined.length]).toEqual([true, 1]);
      expect(await call({ servername: 'a.test' })).toBe('a.test hello');
    }
    const outcome = await proxy.target.applySnapshot(++revision, [
      resource('gateway', { name: 'default' }),
      certificateOf('a', { cert: a.cert, key: b.key }),
      certificateOf('z', b),
      hello,
    ]);
    expect([outcome.applied, outcome.quarantined.length]).toEqual([true, 1]);
    expect(await call({ servername: 'a.test' })).toBe('a.test hello');
    // Without an earlier version, clients get the default certificate.
    apply(certificateOf('new', { cert: expired.cert, key: expired.key }));
    apply(removal(certificateOf('a', a)));
    expect(await call({ servername: 'a.test' })).toBe('b.test hello');
  });

  it('are asked of clients as the gateway says, and a CA can be replaced', async () => {
    const [server, ours, theirs] = await Promise.all([
      authority.issue({ names: ['a.test'] }),
      authority.issue({ names: ['client.test'] }),
      other.issue({ names: ['client.test'] }),
    ]);
    const gateway = (mode: 'off' | 'request' | 'require') =>
      resource('gateway', { name: 'default', clientCertificates: { mode, cas: ['ca-clients'] } });
    apply(ca('clients', authority.ca), gateway('require'), certificateOf('a', server));
    const refused = /^(?:closed|E)/;
    const outcomes = async () => [await call(), await call(ours), await call(theirs)];
    const served = 'a.test hello';
    expect(await outcomes()).toEqual([
      expect.stringMatching(refused),
      served,
      expect.stringMatching(refused),
    ]);
    apply(gateway('request'));
    expect(await outcomes()).toEqual([served, served, expect.stringMatching(refused)]);
    // The CA alone changes: the gateway is compiled with it again.
    apply(ca('clients', other.ca));
    expect(await outcomes()).toEqual([served, expect.stringMatching(refused), served]);
    apply(ca('clients', authority.ca + other.ca));
    expect(await outcomes()).toEqual([served, served, served]);
    const broken = apply(ca('clients', 'text'));
    expect(broken).toMatchObject({
      applied: false,
      faults: [{ kind: 'ca', pointer: '/certificates' }],
    });
    // A CA that is gone is a fault of the gateway, which stays as it was.
    apply(ca('clients', authority.ca));
    const gone = apply(removal(ca('clients', 'x')), gateway('require'));
    expect(gone).toMatchObject({
      applied: false,
      faults: [{ kind: 'gateway', pointer: '/clientCertificates/cas/0' }],
    });
    expect(await outcomes()).toEqual([served, served, expect.stringMatching(refused)]);
    // In a snapshot without the CA, a node that knew none before refuses every client.
    const fresh = await ProxyFixture.start({ tls: true });
    await fresh.target.applySnapshot(1, [gateway('require'), certificateOf('a', server), hello]);
    expect(fresh.target.quarantined).toMatchObject([{ pointer: '/clientCertificates/cas/0' }]);
    const { port } = fresh;
    expect([await call({ port }), await call({ ...ours, port })]).toEqual([
      expect.stringMatching(refused),
      expect.stringMatching(refused),
    ]);
    await fresh.stop();
  });

  it('are presented to targets, and a rotated one is used for new connections', async () => {
    const [server, mesh, mesh2, front] = await Promise.all([
      other.issue({ names: ['127.0.0.1'] }),
      authority.issue({ names: ['mesh-1'] }),
      authority.issue({ names: ['mesh-2'] }),
      authority.issue({ names: ['a.test'] }),
    ]);
    let held: (() => void) | undefined;
    const targetSockets = new Set<TLSSocket>();
    const origin = createServer(
      { ...server, ca: authority.ca, requestCert: true, rejectUnauthorized: true },
      ({ url, socket }, response) => {
        const { CN } = (socket as TLSSocket).getPeerCertificate().subject;
        const end = (): void => void response.end(String(CN));
        if (url === '/slow') held = end;
        else end();
      },
    );
    origin.on('secureConnection', (socket: TLSSocket) => {
      targetSockets.add(socket);
      socket.on('close', () => targetSockets.delete(socket));
    });
    origin.on('tlsClientError', () => undefined);
    origin.listen(0, '127.0.0.1');
    await once(origin, 'listening');
    const service = resource('service', {
      name: 'orders',
      protocol: 'https',
      targets: [{ address: `127.0.0.1:${(origin.address() as AddressInfo).port}` }],
      tls: { certificate: 'certificate-mesh', cas: ['ca-targets'] },
    });
    const meshOf = (pair: TestCertificate) => certificateOf('mesh', pair, []);
    const route = resource('route', { name: 'orders', paths: ['/*'], service: service.id });
    const plain = await ProxyFixture.start({
      resources: [ca('targets', other.ca), meshOf(mesh), service, route, certificateOf('a', front)],
    });
    try {
      const get = async (path: string): Promise<string> => {
        const { status, body } = await plain.get(path);
        return status === 200 ? body : `${status}`;
      };
      expect([await get('/'), targetSockets.size]).toEqual(['mesh-1', 1]);
      const slow = get('/slow');
      while (held === undefined) await new Promise((resolve) => setTimeout(resolve, 2));
      expect(await get('/')).toBe('mesh-1');
      expect(targetSockets.size).toBe(2);
      const { upstreams } = plain;
      plain.change(meshOf(mesh2));
      expect(await get('/')).toBe('mesh-2');
      held();
      expect(await slow).toBe('mesh-1');
      // Idle connections of the old certificate, and the busy one after its call, are closed.
      while (targetSockets.size > 1) await new Promise((resolve) => setTimeout(resolve, 2));
      expect(upstreams.connections()).toMatchObject([{ open: 1 }]);
      // An unchanged certificate keeps its connections.
      const [kept] = targetSockets;
      plain.change(meshOf(mesh2));
      expect([await get('/'), [...targetSockets]]).toEqual(['mesh-2', [kept]]);
      // A target whose CA is not trusted any longer.
      plain.change(ca('targets', authority.ca));
      expect(await get('/')).toBe('502');
      plain.change(ca('targets', other.ca));
      expect(await get('/')).toBe('mesh-2');
      // Without its certificate the service is quarantined at its last good version.
      const gone = plain.target.applyDelta(900, [removal(meshOf(mesh))]);
      expect(gone).toMatchObject({
        applied: true,
        quarantined: [{ kind: 'service', name: 'orders', pointer: '/tls/certificate' }],
      });
      expect(await get('/')).toBe('mesh-2');
      expect(plain.target.applyDelta(901, [meshOf(mesh)]).quarantined).toEqual([]);
      expect(await get('/')).toBe('mesh-1');
      // A new service without its certificate refuses.
      await plain.target.applySnapshot(902, [
        resource('gateway', { name: 'default' }),
        resource('service', {
          ...service.spec,
          name: 'new',
          tls: { certificate: 'certificate-nowhere' },
        }),
        resource('route', { name: 'new', paths: ['/*'], service: 'service-new' }),
      ]);
      expect(plain.target.quarantined).toMatchObject([{ pointer: '/tls/certificate' }]);
      expect(await get('/')).toBe('503');
    } finally {
      await plain.stop();
      for (const socket of targetSockets) socket.destroy();
      origin.close();
    }
  });
});
