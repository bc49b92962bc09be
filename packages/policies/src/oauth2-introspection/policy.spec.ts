import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  PolicyTester,
  type PolicyTesterOptions,
  type TestRequest,
} from '@sluice/policy-sdk/testing';
import type { z } from 'zod';
import { IntrospectionServer, type TokenState } from '../../testing/introspection-server.ts';
import { TestService } from '../../testing/test-service.ts';
import { keyAuth } from '../key-auth/policy.ts';
import { oauth2Introspection } from './policy.ts';
import type { oauth2IntrospectionSchema } from './schema.ts';

type Config = Partial<z.input<typeof oauth2IntrospectionSchema.config>>;

let server: IntrospectionServer;
beforeEach(async () => {
  server = await IntrospectionServer.start();
});
afterEach(() => server.stop());

const acme = { username: 'acme', id: 'c-1', customId: 'a-7' };

const asking = (config: Config = {}, options: PolicyTesterOptions = {}) =>
  new PolicyTester(
    oauth2Introspection,
    {
      endpoint: server.url,
      clientId: 'gateway',
      clientSecret: 's3cret',
      audience: 'any',
      allowPrivateAddresses: true,
      ...config,
    },
    { consumers: [acme], keys: [{ key: 'the-key', consumer: acme }], ...options },
  );

const bearer = (token: string, more: TestRequest = {}): TestRequest => ({
  ...more,
  headers: { Authorization: `Bearer ${token}`, ...(more.headers as object) },
});
const challengeOf = (reply: { headers: readonly (readonly [string, string])[] } | undefined) =>
  reply?.headers.find(([name]) => name === 'WWW-Authenticate')?.[1];

describe('oauth2-introspection', () => {
  it('asks about the token, and tells later policies what the server states', async () => {
    server.tokens.set('t', { sub: 'jane', scope: 'a b', client_id: 'app', exp: 4_000_000_000 });
    const tester = asking({ cacheSeconds: 0 });
    const answer = await tester.send(bearer('t'));
    expect(answer).toMatchObject({
      status: 200,
      claims: { sub: 'jane', scope: 'a b', client_id: 'app' },
      principal: { subject: 'jane', consumer: undefined, expiresAtMs: 4_000_000_060_000 },
    });
    expect(answer.claims).not.toHaveProperty('active');
    expect(answer.forwarded?.headers.has('authorization')).toBe(false);
    const [request] = server.service.received;
    expect(request?.method).toBe('POST');
    expect(TestService.values(request as never, 'content-type')).toEqual([
      'application/x-www-form-urlencoded',
    ]);
    expect([...(server.forms[0] as URLSearchParams)]).toEqual([
      ['token', 't'],
      ['token_type_hint', 'access_token'],
    ]);
    const kept = await asking({ upstreamToken: 'same' }).send(bearer('t'));
    expect(kept.forwarded?.headers.get('authorization')).toBe('Bearer t');
  });

  it('refuses a request without a token, and one whose token is not active', async () => {
    const tester = asking({ scopes: ['read'] });
    const missing = await tester.send();
    expect(missing).toMatchObject({ status: 401, authReason: 'missing' });
    expect(challengeOf(missing.reply)).toBe('Bearer realm="sluice", scope="read"');
    const inactive = await tester.send(bearer('unknown'));
    expect(inactive).toMatchObject({
      status: 401,
      authReason: 'unknown',
      forwarded: undefined,
      reply: { code: 'invalid_credential' },
    });
    expect(challengeOf(inactive.reply)).toBe(
      'Bearer realm="sluice", error="invalid_token", error_description="The token is not active: it is unknown, expired or revoked."',
    );
    const basic = await tester.send({ headers: { Authorization: 'Basic YTpi' } });
    expect(basic.authReason).toBe('missing');
    expect(server.calls).toBe(1);
  });

  it.each([
    ['Bearer', 'malformed'],
    ['Bearer a b', 'malformed'],
    ['Bearer ä', 'malformed'],
    ['Bearer =', 'malformed'],
    [`Bearer ${'x'.repeat(8_193)}`, 'malformed'],
  ])('does not ask about what is no token: %s', async (Authorization, reason) => {
    const answer = await asking().send({ headers: { Authorization } });
    expect(answer).toMatchObject({ status: 401, authReason: reason });
    expect(server.calls).toBe(0);
  });

  it.each<[string, TokenState, string, number]>([
    ['has expired', { exp: 1 }, 'expired', 401],
    ['is not valid yet', { nbf: 4_000_000_000 }, 'not_yet_valid', 401],
    ['has another issuer', { iss: 'https://other.test' }, 'wrong_issuer', 401],
    ['has an issuer in another spelling', { iss: 'https://as.test/' }, 'wrong_issuer', 401],
    ['has no issuer', { iss: undefined }, 'wrong_issuer', 401],
    ['is for others', { aud: ['x', 'y'] }, 'wrong_audience', 401],
    ['is for a part of the name', { aud: 'orders-api2' }, 'wrong_audience', 401],
    ['is for no audience', { aud: undefined }, 'wrong_audience', 401],
    ['lacks a scope', { scope: 'read writes' }, 'insufficient_scope', 403],
    ['has no scope', { scope: undefined }, 'insufficient_scope', 403],
    ['is bound to a certificate', { cnf: { 'x5t#S256': 'x' } }, 'unknown_key', 401],
    ['is bound to a key of DPoP', { cnf: { jkt: 'x' } }, 'unknown_key', 401],
    ['is bound to nothing known', { cnf: {} }, 'unknown_key', 401],
    ['is a token of DPoP', { token_type: 'DPoP' }, 'malformed', 401],
    ['is a refresh token', { token_use: 'refresh_token' }, 'malformed', 401],
    ['is a refresh token of Keycloak', { typ: 'Refresh' }, 'malformed', 401],
    ['is an ID token', { typ: 'ID' }, 'malformed', 401],
  ])('refuses an active token that %s', async (_name, state, reason, status) => {
    const good = { iss: 'https://as.test', aud: ['orders-api'], scope: 'read write' };
    server.tokens.set('t', { ...good, ...state });
    server.tokens.set('good', good);
    const rules: Config = {
      issuer: 'https://as.test',
      audience: ['orders-api'],
      scopes: ['read', 'write'],
    };
    for (const onError of ['closed', undefined] as const) {
      const tester = asking(rules, onError && { onError });
      // Both by the answer of the server and by the cached one.
      for (const _ of [1, 2])
        expect(await tester.send(bearer('t'))).toMatchObject({
          status,
          authReason: reason,
          forwarded: undefined,
        });
      expect((await tester.send(bearer('good'))).status).toBe(200);
    }
    const shadow = await asking(rules, { mode: 'shadow' }).send(bearer('t'));
    expect(shadow).toMatchObject({ status: 200, shadow: ['oauth2-introspection'] });
    expect(shadow.claims).toBeUndefined();
  });

  it('names the scopes that a token needs', async () => {
    server.tokens.set('t', { scp: ['read'] });
    const { reply } = await asking({ scopes: ['read', 'write'] }).send(bearer('t'));
    expect(reply?.code).toBe('insufficient_scope');
    expect(challengeOf(reply)).toBe(
      'Bearer realm="sluice", error="insufficient_scope", scope="read write"',
    );
    server.tokens.set('t2', { scp: ['read', 'write'] });
    server.tokens.set('t3', { scopes: 'write read' });
    for (const token of ['t2', 't3'])
      expect((await asking({ scopes: ['read', 'write'] }).send(bearer(token))).status).toBe(200);
  });

  it('accepts a bound token from the holder of the certificate only', async () => {
    const raw = Buffer.from('a certificate');
    const real = createHash('sha256').update(raw).digest('base64url');
    server.tokens.set('t', { cnf: { 'x5t#S256': real } });
    server.tokens.set('two', { cnf: { 'x5t#S256': real, jkt: 'x' } });
    server.tokens.set('list', { cnf: { 'x5t#S256': [real] } });
    const certificate = (bytes: Uint8Array) => ({ raw: bytes }) as never;
    const send = (token: string, bytes: Uint8Array) =>
      asking().send(bearer(token, { peerCertificate: certificate(bytes) }));
    expect((await send('t', raw)).status).toBe(200);
    expect((await send('t', Buffer.from('another'))).status).toBe(401);
    expect((await send('two', raw)).status).toBe(401);
    expect((await send('list', raw)).status).toBe(401);
  });

  it.each<[string, number, string | Uint8Array, Record<string, string>]>([
    ['refuses the client', 401, '{"active": true, "x": "planted"}', {}],
    ['forbids it', 403, '{"active": true}', {}],
    ['fails', 500, '{"active": true}', {}],
    ['is overloaded', 429, '{"active": true}', {}],
    ['redirects', 302, '{"active": true}', { Location: '/other' }],
    ['says not modified', 304, '', {}],
    ['has no content', 204, '', {}],
    ['sends a page', 200, '<html>planted</html>', { 'Content-Type': 'text/html' }],
    ['sends half a document', 200, '{"active": true, "planted": ', {}],
    ['sends a list', 200, '[{"active": true}]', {}],
    ['sends no active', 200, '{}', {}],
    ['inherits active', 200, '{"__proto__": {"active": true}}', {}],
    ['sends active as text', 200, '{"active": "true"}', {}],
    ['sends active as number', 200, '{"active": 1}', {}],
    ['sends active as null', 200, '{"active": null}', {}],
    ['sends active twice', 200, '{"active": false, "active": true}', {}],
    ['sends active in capitals', 200, '{"Active": true}', {}],
    [
      'sends bytes that are not UTF-8',
      200,
      Buffer.from('{"active": true, "a": "\xff"}', 'latin1'),
      {},
    ],
    ['nests deeply', 200, `{"active": true, "a": ${'['.repeat(50)}${']'.repeat(50)}}`, {}],
    ['sends much', 200, `{"active": true, "a": "${'x'.repeat(70_000)}"}`, {}],
    ['sends exp as text', 200, '{"active": true, "exp": "4000000000"}', {}],
    ['sends an infinite exp', 200, '{"active": true, "exp": 1e400}', {}],
    ['sends aud as object', 200, '{"active": true, "aud": {}}', {}],
    ['sends iss as list', 200, '{"active": true, "iss": ["a"]}', {}],
  ])('answers 503 when the server %s', async (_name, status, content, headers) => {
    server.answerWith(status, content, headers);
    for (const onError of ['closed', 'open'] as const) {
      const tester = asking({ optional: true }, { onError });
      const answer = await tester.send(bearer('t'));
      expect(answer).toMatchObject({
        status: 503,
        authReason: 'dependency_failed',
        forwarded: undefined,
        reply: { code: 'policy_failed' },
      });
      const written = JSON.stringify([answer.reply, tester.log, String(answer.faults[0]?.error)]);
      expect(written).not.toMatch(/planted|SyntaxError|JSON at|Bearer t/);
      expect(
        tester.metrics.value('sluice_policy_oauth2_introspection_tokens_total', 'failed'),
      ).toBe(1);
    }
    // Nothing was learnt about the token.
    const { calls } = server;
    const tester = asking();
    await tester.send(bearer('t'));
    await tester.send(bearer('t'));
    expect(server.calls - calls).toBe(2);
  });

  it('finds the consumer and groups, and passes claims on to the upstream', async () => {
    const config: Config = {
      consumer: { claim: ['client', 'id'], by: 'customId', required: true },
      groupsClaim: ['roles'],
      upstreamHeaders: { 'X-User': ['sub'], 'X-Roles': ['roles'], 'X-Org': ['org', 'name'] },
    };
    server.tokens.set('t', {
      sub: 'Jürgen\r\nX-Admin: 1',
      client: { id: 'a-7' },
      roles: ['a,b', 'c', 7],
    });
    const tester = asking(config);
    const answer = await tester.send(
      bearer('t', { headers: { 'X-User': 'root', X_User: 'root', 'X-Org': 'root' } }),
    );
    expect(answer).toMatchObject({ status: 200, consumer: { username: 'acme' } });
    expect(answer.principal?.groups).toEqual(['a,b', 'c']);
    expect(answer.forwarded?.headers.getAll('x-user')).toEqual(['J%C3%BCrgen%0D%0AX-Admin: 1']);
    expect(answer.forwarded?.headers.get('x-roles')).toBe('a%2Cb, c, 7');
    for (const absent of ['x-org', 'x-admin', 'x_user'])
      expect(answer.forwarded?.headers.has(absent)).toBe(false);
    server.tokens.set('other', { client: { id: 'a-8' } });
    expect(await tester.send(bearer('other'))).toMatchObject({
      status: 403,
      reply: { code: 'forbidden' },
      authReason: 'unknown',
    });
    const relaxed = asking({ consumer: { claim: ['client', 'id'] } });
    expect(await relaxed.send(bearer('other'))).toMatchObject({ status: 200, consumer: undefined });
    server.tokens.set('many', { client: { id: 'a-7' }, _claim_names: { roles: 'src1' } });
    expect((await tester.send(bearer('many'))).principal?.groupsOverage).toBe(true);
  });

  it('names a consumer by issuer and subject, so that issuers do not share subjects', async () => {
    const tester = new PolicyTester(
      oauth2Introspection,
      {
        endpoint: server.url,
        clientAuthentication: 'none',
        audience: 'any',
        allowPrivateAddresses: true,
        consumer: { by: 'issuerAndSubject', required: true },
      },
      { consumers: [{ username: 'jane', customId: 'https://as.test jane' }] },
    );
    server.tokens.set('t', { iss: 'https://as.test', sub: 'jane' });
    server.tokens.set('u', { iss: 'https://b.test', sub: 'jane' });
    server.tokens.set('v', { sub: 'jane' });
    expect((await tester.send(bearer('t'))).consumer?.username).toBe('jane');
    for (const token of ['u', 'v']) expect((await tester.send(bearer(token))).status).toBe(403);
  });
});

describe('tokens of oauth2-introspection', () => {
  it('come from the configured places, one at a time', async () => {
    server.tokens.set('t', { sub: 'jane' });
    const tester = asking({
      headerNames: ['Authorization', 'X-Token'],
      queryNames: ['access_token'],
      cookieNames: ['token'],
      webSocketProtocol: 'bearer.',
    });
    const places: TestRequest[] = [
      { headers: { Authorization: 'bearer  t' } },
      { headers: { 'X-Token': 't' } },
      { headers: { 'X-Token': 'Bearer t' } },
      { query: 'a=1&access_token=t' },
      { headers: { Cookie: 'a=1; token=t' } },
      { headers: { 'Sec-WebSocket-Protocol': 'chat, bearer.t' } },
    ];
    for (const request of places) {
      const { status, forwarded } = await tester.send(request);
      expect([request, status]).toEqual([request, 200]);
      expect(JSON.stringify([...(forwarded?.headers.names() ?? [])])).not.toContain('x-token');
      expect(`${forwarded?.query} ${forwarded?.headers.get('cookie')}`).not.toContain('t=t');
    }
    const empty = await tester.send({
      headers: [
        ['X-Token', ''],
        ['X-Token', 't'],
      ],
    });
    expect([empty.status, empty.forwarded?.headers.has('x-token')]).toEqual([200, false]);
    for (const request of [
      { query: 'access_token=t', headers: { Authorization: 'Bearer t' } },
      { query: 'access_token=t&access_token=u' },
      { headers: { Cookie: 'token=t; token=u' } },
      { headers: { Authorization: 'Bearer t', 'X-Token': 'u' } },
    ])
      expect(await tester.send(request)).toMatchObject({ status: 401, authReason: 'conflict' });
  });

  it('in cookies do not open a WebSocket for pages of other origins', async () => {
    server.tokens.set('t', {});
    const tester = asking({ cookieNames: ['token'], webSocketOrigins: ['https://app.test'] });
    const open = (Origin: string) =>
      tester.send({
        host: 'api.test',
        headers: { Cookie: 'token=t', Upgrade: 'websocket', Origin },
      });
    expect((await open('https://evil.test')).status).toBe(403);
    expect((await open('https://app.test')).status).toBe(200);
    expect((await open('https://api.test')).status).toBe(200);
  });

  it('with the form of a JWT are those of another policy when the configuration says so', async () => {
    const jwt = 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.';
    server.tokens.set(jwt, { sub: 'jane' });
    expect((await asking().send(bearer(jwt))).status).toBe(200);
    const { calls } = server;
    const answer = await asking({ tokens: 'opaque', optional: true }).send(bearer(jwt));
    expect(answer).toMatchObject({ status: 401, authReason: 'unknown' });
    expect(server.calls).toBe(calls);
  });

  it('of another caller than the key are refused, and may be required beside it', async () => {
    server.tokens.set('acme', { sub: 'a-7' });
    server.tokens.set('other', { sub: 'b-1' });
    const other = { username: 'other', customId: 'b-1', id: 'c-2' };
    const send = (config: Config, request: TestRequest) =>
      asking({ consumer: {}, ...config }, { consumers: [acme, other] })
        .with(keyAuth, {})
        .send(request);
    const key = { headers: { 'X-API-Key': 'the-key' } };
    expect((await send({}, bearer('acme', key))).status).toBe(200);
    expect(await send({}, bearer('other', key))).toMatchObject({
      status: 401,
      authReason: 'conflict',
    });
    expect((await send({ required: true }, key)).status).toBe(401);
    expect((await send({ required: true }, bearer('acme'))).status).toBe(401);
    expect((await send({ required: true }, bearer('acme', key))).status).toBe(200);
  });
});
