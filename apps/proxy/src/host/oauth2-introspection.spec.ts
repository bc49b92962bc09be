import { performance } from 'node:perf_hooks';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createTestAuthority } from '@sluice/testkit';
import { ProxyFixture } from '../exchange/testing/proxy-fixture.ts';
import { eventually } from '../listener/testing/running-listener.ts';
import { resource } from '../runtime/testing/resources.ts';
import { RawOrigin } from '../upstream/testing/raw-origin.ts';
import { AuthorizationServer, secret } from './testing/authorization-server.ts';
import { FaultyServer } from './testing/faulty-server.ts';

let origin: RawOrigin;
let proxy: ProxyFixture;

beforeAll(() => import('undici'));
beforeEach(async () => {
  origin = await RawOrigin.answering('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
});
afterEach(() => origin.stop());

async function start(config: object, policy: object = {}): Promise<void> {
  const all = { audience: 'any', allowPrivateAddresses: true, ...config };
  proxy = await ProxyFixture.start({
    resources: [
      resource('service', { name: 'orders', targets: [{ address: origin.address }] }),
      resource('route', {
        name: 'orders',
        paths: ['/*'],
        service: 'service-orders',
        policies: [{ name: 'oauth2-introspection', config: all, ...policy }],
      }),
    ],
  });
}

const forwarded = (): string => origin.connections.map(({ received }) => received).join('');
const counted = (outcome: string, reason: string): number =>
  proxy.counted('sluice_auth_total', { policy: 'oauth2-introspection', outcome, reason });
const withToken = (token: string, ...more: string[]) =>
  proxy.get('/orders/1', `Authorization: Bearer ${token}`, ...more);

describe('oauth2-introspection beside a faulty endpoint', () => {
  let server: FaultyServer;
  beforeEach(async () => {
    server = await FaultyServer.start();
  });
  afterEach(async () => {
    await proxy.stop();
    await eventually(() => server.sockets.size === 0);
    await server.stop();
  });
  const asking = (path: string, more: object = {}, policy: object = {}) =>
    start({ endpoint: server.url(path), clientAuthentication: 'none', ...more }, policy);

  it.each([
    ['/hang', 'timeout'],
    ['/trickle', 'timeout'],
    ['/huge', 'too_large'],
    ['/huge-head', 'too_large'],
    ['/redirect', 'redirect'],
    ['/half', 'broken_off'],
    ['/half-head', 'broken_off'],
    ['/close', 'broken_off'],
    ['/not-http', 'invalid_response'],
    ['/html', '2xx'],
    ['/status/304', '2xx'],
    ['/status/401', '4xx'],
    ['/status/500', '5xx'],
  ])('answers 503 in time when it does this: %s', async (path, outcome) => {
    await asking(path, { timeoutMs: 300 }, { onError: 'open' });
    const startedAtMs = performance.now();
    const response = await withToken('planted-token');
    expect(performance.now() - startedAtMs).toBeLessThan(4_000);
    expect(response.status).toBe(503);
    expect(JSON.parse(response.body)).toMatchObject({ code: 'policy_failed' });
    expect(forwarded()).toBe('');
    const labels = { policy: 'oauth2-introspection', outcome };
    expect(proxy.counted('sluice_policy_http_requests_total', labels)).toBe(1);
    expect(counted('failed', 'dependency_failed')).toBe(1);
    expect(await proxy.line(0)).toMatchObject({
      authPolicy: 'oauth2-introspection',
      authReason: 'dependency_failed',
    });
    const faults = proxy.notes.policyFaults.map(({ fault }) => String(fault)).join();
    expect(faults).not.toBe('');
    for (const written of [response.body, faults, JSON.stringify(proxy.lines)])
      expect(written).not.toMatch(/s3cret|planted-token|SyntaxError|Unexpected token/);
  });

  it('recovers by itself, and needs no endpoint for requests without a token', async () => {
    await asking('/flaky', { timeoutMs: 300 });
    expect((await proxy.get('/orders/1')).status).toBe(401);
    expect((await withToken('t')).status).toBe(503);
    server.contents.set('/flaky', '{"active": true}');
    expect((await withToken('t')).status).toBe(200);
  });

  it('asks once for parallel requests with the same token', async () => {
    server.contents.set('/ok', '{"active": true, "sub": "jane"}');
    await asking('/ok', { upstreamHeaders: { 'X-User': ['sub'] } });
    const forged = ['X-User: root', 'X.User: root', 'Connection: x-user'];
    const answers = await Promise.all(Array.from({ length: 30 }, () => withToken('t', ...forged)));
    expect(answers.map(({ status }) => status)).toEqual(Array(30).fill(200));
    expect(server.requests).toBe(1);
    expect(new Set(forwarded().match(/^x.user: .*$/gim))).toEqual(new Set(['X-User: jane']));
    expect(forwarded()).not.toMatch(/authorization/i);
  });

  it('fails closed for upgrades and gRPC calls', async () => {
    await asking('/close');
    const upgrade = await withToken(
      't',
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    );
    expect(upgrade.status).toBe(503);
    const call = await proxy.send(
      'POST /pkg.Service/Call HTTP/1.1\r\nHost: api.test\r\nAuthorization: Bearer t\r\nContent-Type: application/grpc\r\nTE: trailers\r\nContent-Length: 5\r\n\r\n\0\0\0\0\0',
    );
    expect(call.status).toBe(503);
    expect(forwarded()).toBe('');
  });

  it('in shadow mode records what it would have refused, and changes nothing', async () => {
    server.contents.set('/no', '{"active": false}');
    await asking('/no', {}, { mode: 'shadow' });
    expect((await withToken('t')).status).toBe(200);
    expect(await proxy.line(0)).toMatchObject({ status: 200, shadow: ['oauth2-introspection'] });
    expect(forwarded()).toMatch(/^authorization: Bearer t/im);
    expect(counted('refused', 'unknown')).toBe(0);
  });
});

describe('oauth2-introspection with an authorization server', () => {
  let server: AuthorizationServer | undefined;
  afterEach(async () => {
    await proxy.stop();
    await server?.stop();
    server = undefined;
  });

  it.each([
    ['client_secret_basic', { clientId: 'basic', clientSecret: secret }],
    ['client_secret_post', { clientId: 'post', clientSecret: secret }],
    ['private_key_jwt', { clientId: 'jwt' }],
  ])('accepts its tokens by %s until they are revoked', async (method, client) => {
    const running = (server = await AuthorizationServer.start());
    const assertion = { privateKey: running.clientKey, algorithm: 'ES256', keyId: 'gateway' };
    await start({
      endpoint: running.endpoint,
      clientAuthentication: method,
      ...client,
      ...(method === 'private_key_jwt' && { assertion }),
      issuer: running.url,
      audience: ['orders-api'],
      scopes: ['read'],
      cacheSeconds: 0,
    });
    const token = await running.issue('read write');
    expect((await withToken(token)).status).toBe(200);
    expect((await withToken(await running.issue('write'))).status).toBe(403);
    expect((await withToken(`${token}x`)).status).toBe(401);
    await running.revoke(token);
    const revoked = await withToken(token);
    expect(revoked.status).toBe(401);
    expect(revoked.headers.get('www-authenticate')).toContain('error="invalid_token"');
    expect(counted('refused', 'insufficient_scope')).toBe(1);
    expect(counted('refused', 'unknown')).toBe(2);
    expect(running.introspections).toBe(4);
  });

  it('answers 503 when the server does not accept the client', async () => {
    server = await AuthorizationServer.start();
    await start({ endpoint: server.endpoint, clientId: 'basic', clientSecret: 'wrong' });
    expect((await withToken(await server.issue('read'))).status).toBe(503);
    expect(String(proxy.notes.policyFaults[0]?.fault)).toContain(
      'does not accept the client of the gateway',
    );
  });

  it('refuses a refresh token, which this server calls active', async () => {
    server = await AuthorizationServer.start();
    const client = { endpoint: server.endpoint, clientId: 'basic', clientSecret: secret };
    const token = await server.refreshToken();
    await start({ ...client, requireTokenType: true });
    expect((await withToken(token)).status).toBe(401);
    expect((await withToken(await server.issue('read'))).status).toBe(200);
    await proxy.stop();
    await start({ ...client, audience: ['orders-api'] });
    expect((await withToken(token)).status).toBe(401);
    expect(await proxy.line(0)).toMatchObject({ authReason: 'wrong_audience' });
  });

  it('presents a client certificate, and trusts the configured authorities only', async () => {
    const authority = await createTestAuthority();
    const other = await createTestAuthority();
    const own = await authority.issue({ names: ['127.0.0.1'] });
    const { cert: certificates, key: privateKey } = await authority.issue({
      names: ['gateway.test'],
    });
    const foreign = await other.issue({ names: ['gateway.test'] });
    server = await AuthorizationServer.start({ ...own, ca: authority.ca });
    const token = await server.issue('read');
    const client = {
      endpoint: server.endpoint,
      clientId: 'mtls',
      clientAuthentication: 'tls_client_auth',
      certificateAuthorities: authority.ca,
    };
    await start({ ...client, clientCertificate: { certificates, privateKey } });
    expect((await withToken(token)).status).toBe(200);
    expect((await withToken('unknown')).status).toBe(401);
    for (const config of [
      {
        ...client,
        clientCertificate: { certificates: foreign.cert, privateKey: foreign.key },
      },
      {
        ...client,
        clientCertificate: { certificates, privateKey },
        certificateAuthorities: other.ca,
      },
    ]) {
      await proxy.stop();
      await start(config);
      expect((await withToken(token)).status).toBe(503);
    }
  });
});
