import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ManualClock, PolicyTester, type PolicyTesterOptions } from '@sluice/policy-sdk/testing';
import { signJwt, type Algorithm } from '@sluice/tokens';
import type { z } from 'zod';
import { TestService } from '../../testing/test-service.ts';
import { keyAuth } from '../key-auth/policy.ts';
import { jwt } from './policy.ts';
import type { jwtSchema } from './schema.ts';

type Config = z.input<typeof jwtSchema.config>;
type Claims = Record<string, unknown>;

const rsa = generateKeyPairSync('rsa', { modulusLength: 2_048 });
const pem = rsa.publicKey.export({ type: 'spki', format: 'pem' }) as string;
const issuer = 'https://id.test/';
const startMs = 1_800_000_000_000;
let clock: ManualClock;
beforeEach(() => {
  clock = new ManualClock(startMs);
});

const now = (): number => Math.floor(clock.now() / 1_000);
const claimsOf = (more: Claims = {}): Claims => ({
  iss: issuer,
  aud: 'orders',
  sub: 'jane',
  exp: now() + 600,
  ...more,
});
const sign = (more: Claims = {}, key: KeyObject = rsa.privateKey, alg: Algorithm = 'RS256') =>
  signJwt(claimsOf(more), key, { alg });
const bearer = (token: string) => ({ headers: { Authorization: `Bearer ${token}` } });
const base = { issuer, keys: [{ pem }], audience: ['orders'] };
const withIssuer = (more: object = {}, config: Partial<Config> = {}): Config => ({
  issuers: [{ ...base, ...more }],
  ...config,
});
const tester = (config: Config = withIssuer(), options: PolicyTesterOptions = {}) =>
  new PolicyTester(jwt, config, { clock, ...options });

describe('jwt', () => {
  it('recognises the caller of a valid token, and removes the token', async () => {
    const answer = await tester(withIssuer({ groupsClaim: ['groups'] })).send(
      bearer(sign({ groups: ['a', 1, 'b'] })),
    );
    expect(answer.status).toBe(200);
    expect(answer.principal).toMatchObject({
      subject: 'jane',
      groups: ['a', 'b'],
      groupsOverage: false,
      expiresAtMs: startMs + 660_000,
    });
    expect(answer.claims).toMatchObject({ iss: issuer });
    expect(answer.consumer).toBeUndefined();
    expect(answer.forwarded?.headers.has('authorization')).toBe(false);
    const kept = await tester(withIssuer({}, { upstreamToken: 'same' })).send(bearer(sign()));
    expect(kept.forwarded?.headers.get('authorization')).toMatch(/^Bearer ey/);
  });

  it('says what is missing, and what to do about a token that has expired', async () => {
    const policy = tester(withIssuer({}, { realm: 'shop' }));
    const missing = await policy.send();
    expect(missing.response.headers.get('www-authenticate')).toBe('Bearer realm="shop"');
    const expired = await policy.send(bearer(sign({ exp: now() - 61 })));
    expect([expired.status, expired.reply?.code]).toEqual([401, 'credential_expired']);
    expect(expired.response.headers.get('www-authenticate')).toBe(
      'Bearer realm="shop", error="invalid_token", error_description="The token has expired: ask its issuer for a new one."',
    );
  });

  it.each<[string, Claims]>([
    ['wrong_audience', { aud: 'other' }],
    ['wrong_audience', { aud: undefined }],
    ['wrong_audience', { aud: ['other', 'orders '] }],
    ['wrong_issuer', { iss: 'https://id.test' }],
    ['wrong_issuer', { iss: undefined }],
    ['expired', { exp: startMs / 1_000 - 60 }],
    ['not_yet_valid', { nbf: startMs / 1_000 + 61 }],
    ['not_yet_valid', { iat: startMs / 1_000 + 61 }],
    ['malformed', { exp: undefined }],
    ['malformed', { exp: '1900000000' }],
    ['malformed', { exp: null }],
    ['malformed', { exp: 1e300 }],
    ['malformed', { nbf: 'soon' }],
    ['malformed', { iat: [] }],
    ['malformed', { aud: { orders: true } }],
    ['malformed', { cnf: { jkt: 'x' } }],
    ['bad_signature', { cnf: { 'x5t#S256': 'x' } }],
  ])('refuses a token with the reason %s: %j', async (reason, claims) => {
    const { status, authReason, forwarded } = await tester().send(bearer(sign(claims)));
    expect([status, authReason, forwarded]).toEqual([401, reason, undefined]);
  });

  it.each<[string, object, Claims]>([
    ['one of several audiences', { audience: ['a', 'orders'] }, { aud: ['x', 'orders'] }],
    ['any audience', { audience: 'any' }, { aud: undefined }],
    ['a token without an end', { requireExpiry: false }, { exp: undefined }],
    ['a clock that is late', { leewaySeconds: 300 }, { exp: startMs / 1_000 - 299 }],
    ['no leeway', { leewaySeconds: 0 }, { nbf: startMs / 1_000 }],
    ['a client by azp', { authorizedParties: ['app'] }, { azp: 'app', client_id: 'x' }],
    ['a client by client_id', { authorizedParties: ['app'] }, { client_id: 'app' }],
  ])('accepts %s', async (_name, config, claims) => {
    const { status } = await tester(withIssuer(config)).send(bearer(sign(claims)));
    expect(status).toBe(200);
  });

  it('refuses other clients and other types of tokens', async () => {
    const parties = tester(withIssuer({ authorizedParties: ['app'] }));
    for (const claims of [{}, { azp: 'other' }, { azp: 'other', client_id: 'app' }])
      expect((await parties.send(bearer(sign(claims)))).authReason).toBe('wrong_audience');
    const typed = (typ: string) =>
      bearer(signJwt(claimsOf(), rsa.privateKey, { alg: 'RS256', typ }));
    const access = tester(withIssuer({ types: ['at+jwt'] }));
    expect((await access.send(typed('application/AT+JWT'))).status).toBe(200);
    expect((await access.send(typed('JWT'))).authReason).toBe('malformed');
    expect((await tester().send(typed('at+jwt'))).status).toBe(200);
    expect((await tester().send(typed('logout+jwt'))).authReason).toBe('malformed');
  });

  it('reads one token, from wherever it may come', async () => {
    const policy = tester(
      withIssuer(
        {},
        { queryNames: ['access_token'], cookieNames: ['at'], webSocketProtocol: 'b.' },
      ),
    );
    const token = sign();
    const cookie = (value: string) => ({ Cookie: `a=1; at=${value}; b=2` });
    const inQuery = await policy.send({ query: `x=1&access_token=${token}&y=%20` });
    expect([inQuery.status, inQuery.forwarded?.query]).toEqual([200, 'x=1&y=%20']);
    const inCookie = await policy.send({ headers: cookie(token) });
    expect(inCookie.forwarded?.headers.get('cookie')).toBe('a=1; b=2');
    const upgrade = { Upgrade: 'websocket', Connection: 'upgrade' };
    const socket = await policy.send({
      headers: { ...upgrade, 'Sec-WebSocket-Protocol': `chat, b.${token}` },
    });
    expect(socket.forwarded?.headers.get('sec-websocket-protocol')).toBe('chat');
    const foreign = { ...upgrade, ...cookie(token), Origin: 'https://evil.test' };
    expect((await policy.send({ headers: foreign })).status).toBe(403);
    const { headers } = bearer(token);
    for (const twice of [
      { headers, query: `access_token=${token}` },
      { headers: { ...headers, ...cookie(token) } },
      { query: `access_token=${token}&access_token=${sign({ sub: 'other' })}` },
    ]) {
      const { status, authReason, forwarded } = await policy.send(twice);
      expect([status, authReason, forwarded]).toEqual([401, 'conflict', undefined]);
    }
  });

  it('chooses among issuers by iss, each with its own keys and rules', async () => {
    const other = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const secret = 's'.repeat(32);
    const policy = tester({
      issuers: [
        base,
        {
          issuer: 'two',
          keys: [
            { jwk: { ...other.publicKey.export({ format: 'jwk' }) } as Record<string, string> },
          ],
          audience: 'any',
        },
        { issuer: 'three', keys: [{ secret }], algorithms: ['HS256'], audience: 'any' },
      ],
    });
    const hmac = (await import('node:crypto')).createSecretKey(Buffer.from(secret));
    const two = { iss: 'two' };
    expect((await policy.send(bearer(sign(two, other.privateKey, 'ES256')))).status).toBe(200);
    expect((await policy.send(bearer(sign({ iss: 'three' }, hmac, 'HS256')))).status).toBe(200);
    expect((await policy.send(bearer(sign(two)))).authReason).toBe('unknown_key');
    // The algorithm belongs to another issuer.
    expect((await policy.send(bearer(sign({}, hmac, 'HS256')))).authReason).toBe('bad_algorithm');
  });

  it('finds the consumer by a claim, or by issuer and subject', async () => {
    const consumers = [
      { username: 'jane', id: 'c-1' },
      { username: 'joe', id: 'c-2', customId: `${issuer} u-7` },
    ];
    const found = async (consumer: object, claims: Claims) => {
      const policy = tester(withIssuer({ consumer }), { consumers });
      const { status, consumer: caller } = await policy.send(bearer(sign(claims)));
      return [status, caller?.id];
    };
    expect(await found({}, {})).toEqual([200, 'c-1']);
    expect(await found({ by: 'issuerAndSubject' }, { sub: 'u-7' })).toEqual([200, 'c-2']);
    expect(await found({ by: 'id', claim: ['app', 'id'] }, { app: { id: 'c-2' } })).toEqual([
      200,
      'c-2',
    ]);
    expect(await found({}, { sub: 'nobody' })).toEqual([200, undefined]);
    expect(await found({ required: true }, { sub: 'nobody' })).toEqual([403, undefined]);
    expect(await found({ claim: ['constructor'], required: true }, {})).toEqual([403, undefined]);
  });

  it('writes claims into headers, with one encoding', async () => {
    const upstreamHeaders = {
      'X-Name': ['name'],
      'X-Roles': ['realm', 'roles'],
      'X-Level': ['level'],
      'X-None': ['none'],
      'X-Object': ['realm'],
    };
    const claims = { name: 'Zoë 100%\r\nX-A: b', realm: { roles: ['a,b', 'c'] }, level: 3 };
    const policy = tester(withIssuer({ upstreamHeaders }));
    const { forwarded } = await policy.send({
      headers: { ...bearer(sign(claims)).headers, 'X-None': 'forged', x_none: 'forged' },
    });
    const seen = Object.keys(upstreamHeaders).map((name) => forwarded?.headers.get(name));
    expect(seen).toEqual(['Zo%C3%AB 100%25%0D%0AX-A: b', 'a%2Cb, c', '3', undefined, undefined]);
    const long = await policy.send(bearer(sign({ name: 'x'.repeat(4_097) })));
    expect(long.authReason).toBe('malformed');
  });

  it('says that groups are left out, and never that there are none', async () => {
    const policy = tester(withIssuer({ groupsClaim: ['groups'] }));
    for (const claims of [{ _claim_names: { groups: 'src1' } }, { hasgroups: true }])
      expect((await policy.send(bearer(sign(claims)))).principal?.groupsOverage).toBe(true);
  });

  it('checks the time of a cached token for each request', async () => {
    const policy = tester();
    const request = bearer(sign({ exp: now() + 100 }));
    expect((await policy.send(request)).status).toBe(200);
    clock.advance(159_000);
    expect((await policy.send(request)).status).toBe(200);
    clock.advance(1_000);
    expect((await policy.send(request)).authReason).toBe('expired');
  });

  it('leaves foreign tokens to other alternatives, and never counts them as absent', async () => {
    const policy = tester(undefined, {
      keys: [{ key: 'k-1', consumer: { username: 'acme' } }],
    }).with(keyAuth, {});
    const both = (token: string) => ({
      headers: { Authorization: `Bearer ${token}`, 'X-API-Key': 'k-1' },
    });
    expect((await policy.send(both('opaque'))).consumer?.username).toBe('acme');
    expect((await policy.send(both(sign({ iss: 'https://other.test/' })))).status).toBe(200);
    expect((await policy.send(both(sign({ exp: 1 })))).authReason).toBe('expired');
    const optional = tester(withIssuer({}, { optional: true }));
    expect((await optional.send()).status).toBe(200);
    expect((await optional.send(bearer('opaque'))).status).toBe(401);
  });

  it('refuses invalid signatures without end before it verifies more', async () => {
    const policy = tester();
    const forged = sign(
      { sub: 'mallory' },
      generateKeyPairSync('rsa', { modulusLength: 2_048 }).privateKey,
    );
    const reasons = new Set<unknown>();
    for (let round = 0; round < 100; round++)
      reasons.add(
        (await policy.send(bearer(`${forged.slice(0, -6)}AAAAA${'AQgw'[round % 4]}`))).authReason,
      );
    expect(reasons).toEqual(new Set(['bad_signature', 'too_many_failures']));
  });

  it('records in shadow mode what it would have refused', async () => {
    const policy = tester(undefined, { mode: 'shadow' });
    expect((await policy.send(bearer(sign()))).shadow).toEqual([]);
    const { status, shadow } = await policy.send(bearer(sign({ aud: 'other' })));
    expect([status, shadow]).toEqual([200, ['jwt']]);
  });
});

describe('tokens that consumers sign', () => {
  const secret = 'k'.repeat(32);
  const credentials = (more: object = {}) => [
    {
      type: 'jwt',
      lookup: 'acme-key',
      secret: `HS256 ${secret}`,
      consumer: { username: 'acme' },
      ...more,
    },
  ];
  const config: Config = { consumerKeys: { audience: 'any' } };
  const own = async (claims: Claims = {}, key = secret, alg: Algorithm = 'HS256') => {
    const { createSecretKey } = await import('node:crypto');
    return bearer(sign({ iss: 'acme-key', ...claims }, createSecretKey(Buffer.from(key)), alg));
  };

  it('are verified with the key of the credential, and no other', async () => {
    const policy = tester(config, { credentials: credentials() });
    for (let round = 0; round < 2; round++) {
      const { status, consumer, credential } = await policy.send(await own());
      expect([status, consumer?.username, credential?.type]).toEqual([200, 'acme', 'jwt']);
    }
    const reason = async (request: ReturnType<typeof bearer>) =>
      (await policy.send(request)).authReason;
    expect(await reason(await own({ iss: 'other' }))).toBe('wrong_issuer');
    expect(await reason(await own({}, 'x'.repeat(32)))).toBe('bad_signature');
    expect(await reason(await own({}, secret, 'HS384'))).toBe('bad_algorithm');
    expect(await reason(bearer(sign({ iss: 'acme-key' })))).toBe('bad_algorithm');
  });

  it('end with the credential', async () => {
    const expiring = credentials({ expiresAtMs: startMs + 60_000 });
    const policy = tester(config, { credentials: expiring });
    const request = await own();
    expect((await policy.send(request)).principal?.expiresAtMs).toBe(startMs + 60_000);
    clock.advance(60_000);
    expect((await policy.send(request)).authReason).toBe('expired');
    const disabled = tester(config, { credentials: credentials({ isDisabled: true }) });
    expect((await disabled.send(await own({ exp: now() + 60 }))).authReason).toBe('disabled');
  });
});

describe('published keys', () => {
  let service: TestService;
  beforeEach(async () => {
    service = await TestService.start();
  });
  afterEach(() => service.stop());

  it('are found by discovery, and shared by all policies of the process', async () => {
    const own = service.url.replace(/\/service$/, '/realm');
    const jwk = { ...rsa.publicKey.export({ format: 'jwk' }), kid: 'one' };
    service.handler = ({ url }, response) => {
      const isMetadata = url.endsWith('/.well-known/openid-configuration');
      response.end(
        JSON.stringify(isMetadata ? { issuer: own, jwks_uri: `${own}/jwks` } : { keys: [jwk] }),
      );
    };
    const config: Config = {
      allowPrivateAddresses: true,
      issuers: [{ issuer: own, audience: ['orders'] }],
    };
    const token = signJwt(claimsOf({ iss: own }), rsa.privateKey, { alg: 'RS256', kid: 'one' });
    for (const policy of [tester(config), tester(config)])
      expect((await policy.send(bearer(token))).status).toBe(200);
    expect(service.received.map(({ url }) => url)).toEqual([
      '/realm/.well-known/openid-configuration',
      '/realm/jwks',
    ]);
  });
});
