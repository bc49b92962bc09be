import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { connect as connectHttp2, type ClientHttp2Session } from 'node:http2';
import { connect, type TLSSocket } from 'node:tls';
import {
  createTestAuthority,
  type TestCertificate,
} from '../../../../packages/testkit/src/certificates.ts';
import { ProxyFixture } from '../exchange/testing/proxy-fixture.ts';
import { OpensslCa, type IssuedCertificate } from '../listener/testing/openssl-ca.ts';
import { removal, resource } from '../runtime/testing/resources.ts';
import { RawOrigin } from '../upstream/testing/raw-origin.ts';

/** Client certificates on the configuration that a node serves, over real TLS connections. */
let partners: OpensslCa;
let issuing: OpensslCa;
let others: OpensslCa;
let server: TestCertificate;
let byUri: IssuedCertificate;
let bySubject: IssuedCertificate;
let chained: IssuedCertificate;
let foreign: IssuedCertificate;

beforeAll(async () => {
  partners = new OpensslCa('partners');
  issuing = new OpensslCa('issuing', partners);
  others = new OpensslCa('others');
  byUri = partners.issue('URI:spiffe://acme/orders,DNS:Orders.internal');
  bySubject = partners.issue('', '/O=Acme/CN=billing');
  const leaf = issuing.issue('DNS:chained.internal');
  chained = { cert: leaf.cert + issuing.pem, key: leaf.key };
  foreign = others.issue('URI:spiffe://acme/orders');
  server = await (await createTestAuthority('server')).issue({ names: ['api.test'] });
});
afterAll(() => {
  for (const ca of [partners, issuing, others]) ca.remove();
});

let origin: RawOrigin;
let proxy: ProxyFixture;
const sockets: TLSSocket[] = [];
const sessions: ClientHttp2Session[] = [];

const ca = (name: string, { pem }: OpensslCa, crls?: string) =>
  resource('ca', { name, certificates: pem, ...(crls === undefined ? {} : { crls }) });
const gateway = (mode: 'request' | 'require', cas = ['ca-partners']) =>
  resource('gateway', { name: 'default', clientCertificates: { mode, cas } });
const mtls = (name: string, consumer: string, identity: string, more: object = {}) =>
  resource('credential', {
    type: 'mtls',
    name,
    consumer: `consumer-${consumer}`,
    ca: 'ca-partners',
    identity,
    ...more,
  });
const route = (config: Record<string, unknown> = {}, more: { name: string }[] = []) =>
  resource('route', {
    name: 'orders',
    paths: ['/*'],
    service: 'service-orders',
    policies: [{ name: 'mtls-auth', config }, ...more],
  });

beforeEach(async () => {
  origin = await RawOrigin.answering('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
  proxy = await ProxyFixture.start({
    tls: true,
    resources: [
      ca('partners', partners),
      ca('others', others),
      gateway('request'),
      resource('certificate', {
        name: 'api',
        certificate: server.cert,
        key: server.key,
        gateways: ['gateway-default'],
      }),
      resource('consumer', { username: 'acme', policies: [] }),
      resource('consumer', { username: 'initech', policies: [] }),
      mtls('orders', 'acme', 'URI:spiffe://acme/orders'),
      mtls('billing', 'acme', 'subject:CN=billing,O=Acme'),
      mtls('chained', 'acme', 'DNS:chained.internal'),
      resource('service', { name: 'orders', targets: [{ address: origin.address }] }),
      route(),
    ],
  });
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const session of sessions.splice(0)) session.destroy();
  await proxy.stop();
  origin.stop();
});

/** A connection; `get` sends a request on it and resolves to the status, or to why there is none. */
class Client {
  readonly socket: TLSSocket;
  session: Buffer | undefined;

  constructor(certificate?: IssuedCertificate, session?: Buffer) {
    this.socket = connect({
      port: proxy.port,
      host: '127.0.0.1',
      rejectUnauthorized: false,
      ALPNProtocols: ['http/1.1'],
      ...certificate,
      ...(session === undefined ? {} : { session }),
    });
    sockets.push(this.socket);
    this.socket.on('error', () => undefined);
    this.socket.on('session', (ticket: Buffer) => (this.session = ticket));
  }

  async get(...fields: readonly string[]): Promise<number | 'closed'> {
    const { socket } = this;
    const answer = new Promise<number | 'closed'>((resolve) => {
      socket.once('data', (chunk: Buffer) => resolve(Number(chunk.toString().split(' ')[1])));
      socket.once('close', () => resolve('closed'));
      if (socket.destroyed) resolve('closed');
    });
    socket.write(`${['GET / HTTP/1.1', 'Host: api.test', ...fields].join('\r\n')}\r\n\r\n`);
    return answer;
  }
}
const get = (certificate?: IssuedCertificate, session?: Buffer) =>
  new Client(certificate, session).get();
const lastReason = async (index: number): Promise<unknown> =>
  (await proxy.line(index))['authReason'];
const forwarded = (): string => origin.connections.map(({ received }) => received).join('');

describe('mtls-auth in the proxy', () => {
  it('finds the caller by CA, type and exact value', async () => {
    for (const certificate of [byUri, bySubject, chained]) expect(await get(certificate)).toBe(200);
    expect(forwarded().match(/x-consumer-username: acme/gi)).toHaveLength(3);
    expect(await get()).toBe(401);
    // The CA "others" is no CA of the gateway, then it is: its names are other callers.
    expect(await get(foreign)).toBe('closed');
    proxy.change(gateway('request', ['ca-partners', 'ca-others']));
    expect(await get(foreign)).toBe(401);
    proxy.change(mtls('foreign', 'initech', 'URI:spiffe://acme/orders', { ca: 'ca-others' }));
    expect(await get(foreign)).toBe(200);
    expect(forwarded()).toMatch(/x-consumer-username: initech/i);
    // A host name is no URI, and a subject is no alternative name.
    proxy.change(removal(mtls('orders', 'acme', 'URI:spiffe://acme/orders')));
    for (const identity of ['DNS:spiffe', 'subject:CN=orders', 'email:orders@acme.test'])
      proxy.change(mtls('other', 'acme', identity));
    expect(await get(byUri)).toBe(401);
    proxy.change(mtls('other', 'acme', 'DNS:orders.internal'));
    expect(await get(byUri)).toBe(200);
    proxy.change(route({ identities: ['URI', 'sha256'] }));
    expect(await get(byUri)).toBe(401);
    proxy.change(route({ identities: ['URI'], consumer: { required: false } }));
    expect(await get(byUri)).toBe(200);
  });

  it('refuses names that belong to two callers, and names with NUL', async () => {
    proxy.change(mtls('second', 'initech', 'DNS:orders.internal'));
    expect(await get(byUri)).toBe(401);
    expect(await lastReason(0)).toBe('conflict');
    const nul = partners.issue('URI:spiffe://acme/orders,email:a@b', '/CN=a\u0001b');
    proxy.change(removal(mtls('second', 'initech', 'DNS:orders.internal')));
    expect(await get(nul)).toBe(401);
    expect(await lastReason(1)).toBe('malformed');
  });

  it('is needed in addition to a key when it is required', async () => {
    proxy.change(
      route({ required: true }, [{ name: 'key-auth' }]),
      resource('credential', {
        type: 'key',
        name: 'ci',
        consumer: 'consumer-acme',
        hash: '2c70e12b7a0646f92279f427c7b38e7334d8e5389cff167a1dc30e73f826b683',
        prefix: 'key',
      }),
    );
    expect(await new Client(byUri).get('X-API-Key: key')).toBe(200);
    expect(await new Client().get('X-API-Key: key')).toBe(401);
    expect(await new Client(byUri).get()).toBe(401);
  });

  it('refuses revoked certificates on open, resumed and new connections', async () => {
    const [leaving, staying] = [partners.issue('DNS:leaving'), partners.issue('DNS:staying')];
    proxy.change(mtls('leaving', 'acme', 'DNS:leaving'), mtls('staying', 'acme', 'DNS:staying'));
    const open = [new Client(leaving), new Client(staying), new Client(chained)];
    for (const client of open) expect(await client.get()).toBe(200);
    const [first, second, third] = open as [Client, Client, Client];
    const session = first.session as Buffer;
    const resumed = new Client(undefined, session);
    expect(await resumed.get()).toBe(200);
    expect(resumed.socket.isSessionReused()).toBe(true);
    partners.revoke(leaving);
    proxy.change(ca('partners', partners, partners.crl()));
    expect([await first.get(), await second.get(), await third.get()]).toEqual([401, 200, 200]);
    expect(await lastReason(4)).toBe('revoked');
    expect(await resumed.get()).toBe(401);
    expect([await get(leaving), await get(undefined, session)]).toEqual(['closed', 'closed']);
    expect(await get(staying)).toBe(200);
    // A list that is out of date still applies, and refuses no other certificate.
    proxy.change(ca('partners', partners, partners.crl(1)));
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    expect([await get(leaving), await get(staying)]).toEqual(['closed', 200]);
    // The list of the root revokes the intermediate CA.
    partners.revoke({ cert: issuing.pem });
    proxy.change(ca('partners', partners, partners.crl()));
    expect([await third.get(), await get(chained), await second.get()]).toEqual([
      401,
      'closed',
      200,
    ]);
    proxy.change(ca('partners', partners));
    expect([await first.get(), await third.get()]).toEqual([200, 200]);
  });

  it('knows the CA of a resumed session whose intermediate certificate is not sent', async () => {
    const client = new Client(chained);
    expect(await client.get()).toBe(200);
    for (let round = 0; round < 2; round++) {
      const resumed = new Client(undefined, client.session as Buffer);
      expect(await resumed.get()).toBe(200);
      expect(resumed.socket.isSessionReused()).toBe(true);
    }
  });

  it('refuses on open connections when the CA or the credential is gone', async () => {
    proxy.change(gateway('request', ['ca-partners', 'ca-others']));
    const client = new Client(byUri);
    expect(await client.get()).toBe(200);
    proxy.change(gateway('request', ['ca-others']));
    expect(await client.get()).toBe(401);
    expect(await lastReason(1)).toBe('unknown');
    proxy.change(gateway('request', ['ca-partners']));
    expect(await client.get()).toBe(200);
    proxy.change(mtls('orders', 'acme', 'URI:spiffe://acme/orders', { disabled: true }));
    expect(await client.get()).toBe(401);
    expect(await lastReason(3)).toBe('disabled');
  });

  it('decides for each request of an HTTP/2 connection', async () => {
    const leaving = partners.issue('DNS:http2');
    proxy.change(mtls('http2', 'acme', 'DNS:http2'));
    const session = connectHttp2(`https://127.0.0.1:${proxy.port}`, {
      rejectUnauthorized: false,
      ...leaving,
    });
    sessions.push(session);
    const status = async (): Promise<unknown> => {
      const stream = session.request({ ':path': '/', ':authority': 'api.test' });
      const [head] = (await once(stream, 'response')) as [Record<string, unknown>];
      stream.resume();
      return head[':status'];
    };
    expect(await status()).toBe(200);
    partners.revoke(leaving);
    proxy.change(ca('partners', partners, partners.crl()));
    expect(await status()).toBe(401);
  });

  it('keeps the last good CA when a list cannot be used', () => {
    for (const crls of ['text', others.crl()]) {
      const outcome = proxy.target.applyDelta(900, [ca('partners', partners, crls)]);
      expect(outcome).toMatchObject({ applied: false, faults: [{ kind: 'ca', pointer: '/crls' }] });
    }
  });
});
