import { createHmac, createSecretKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import * as jose from 'jose';
import { algorithms, publicAlgorithms, type Algorithm } from './algorithms.ts';
import { checkClaims, expiryOf } from './check-claims.ts';
import { claimAt } from './claim-at.ts';
import { importJwk, importPem, importSecret } from './import-key.ts';
import { KeySet } from './key-set.ts';
import { parseJwt, type ParsedJwt } from './parse-jwt.ts';
import { signJwt } from './sign-jwt.ts';
import { TokenFault } from './token-fault.ts';
import { findSignerLater, verifyJwt } from './verify-jwt.ts';

const rsa = generateKeyPairSync('rsa', { modulusLength: 2_048 });
const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' });
const p521 = generateKeyPairSync('ec', { namedCurve: 'P-521' });
const ed25519 = generateKeyPairSync('ed25519');
const secret = createSecretKey(Buffer.alloc(64, 7));
const nowMs = 1_800_000_000_000;
const exp = nowMs / 1_000 + 300;

const jwkOf = (key: KeyObject, more: object = {}): object => ({
  ...key.export({ format: 'jwk' }),
  ...more,
});
const pairs: Readonly<Record<string, { privateKey: KeyObject; publicKey: KeyObject }>> = {
  RS: rsa,
  PS: rsa,
  ES256: p256,
  ES384: p384,
  ES512: p521,
  Ed: ed25519,
};
const pairOf = (alg: Algorithm) => pairs[alg] ?? pairs[alg.slice(0, 2)];
const signingKey = (alg: Algorithm): KeyObject => pairOf(alg)?.privateKey ?? secret;
const keysOf = (alg: Algorithm): KeySet => {
  const pair = pairOf(alg);
  return pair === undefined
    ? new KeySet([importSecret(secret.export())])
    : KeySet.of({ keys: [jwkOf(pair.publicKey)] });
};
const encode = (text: string | Uint8Array): string => Buffer.from(text).toString('base64url');
/** A token with the header as written, signed with RS256 whatever the header says. */
const tokenOf = (header: string, claims = `{"exp":${exp}}`): string => {
  const input = `${encode(header)}.${encode(claims)}`;
  const signed = signJwt({}, rsa.privateKey, { alg: 'RS256' });
  return `${input}.${signed.split('.')[2]}`;
};
const reasonOf = (text: string): string | undefined => {
  const token = parseJwt(text);
  return token instanceof TokenFault ? token.reason : undefined;
};

describe('parseJwt refuses', () => {
  it.each(['none', 'None', 'NONE', 'nOnE', '', 'rs256', 'RS256 ', 'HS1', 'RSA-OAEP', '__proto__'])(
    'the algorithm %j',
    (alg) => expect(reasonOf(tokenOf(JSON.stringify({ alg })))).toBe('bad_algorithm'),
  );

  it.each([
    '{"alg":"RS256","crit":["exp"],"exp":1}',
    '{"alg":"RS256","crit":[]}',
    '{"alg":"RS256","b64":false}',
    '{"alg":"RS256","zip":"DEF"}',
    '{"alg":"RS256","jwk":{"kty":"RSA"}}',
    '{"alg":"RS256","jku":"https://evil.test/jwks"}',
    '{"alg":"RS256","x5u":"https://evil.test/cert"}',
    '{"alg":"RS256","kid":7}',
    '{"alg":"RS256","kid":["a"]}',
    `{"alg":"RS256","kid":"${'k'.repeat(513)}"}`,
    '{"alg":"RS256","typ":1}',
    '{"alg":["RS256"]}',
    '{"alg":"RS256","alg":"RS256"}',
    '{"alg":"none","\\u0061lg":"RS256"}',
    '{}',
    '[]',
    'null',
    '"RS256"',
    '{"alg":"RS256"} x',
    '\ufeff{"alg":"RS256"}',
    '{"alg":"RS256","a":"\\ud800"}',
  ])('the header %s', (header) => expect(reasonOf(tokenOf(header))).toBe('malformed'));

  it.each([
    '{"exp":1,"exp":9999999999}',
    '{"a":{"b":1,"b":2}}',
    '{"sub":"a","s\\u0075b":"b"}',
    `${'{"a":'.repeat(17)}1${'}'.repeat(17)}`,
    `{"a":${'['.repeat(2_000)}${']'.repeat(2_000)}}`,
    '{"exp":1',
    '[1]',
    'text',
    '',
  ])('the claims %s', (claims) =>
    expect(reasonOf(tokenOf('{"alg":"RS256"}', claims))).toBe('malformed'),
  );

  it('text that is not canonical base64url, or has other parts than three', () => {
    const good = signJwt({ exp }, rsa.privateKey, { alg: 'RS256' });
    expect(reasonOf(good)).toBeUndefined();
    const [header = '', claims = '', signature = ''] = good.split('.');
    const invalidUtf8 = encode(Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d));
    for (const text of [
      '',
      '.',
      '..',
      `${header}.${claims}`,
      `${good}.`,
      `${good}.x.y`,
      `.${claims}.${signature}`,
      ` ${good}`,
      `${good}=`,
      `${good}\n`,
      `${header}=.${claims}.${signature}`,
      `${header}.${invalidUtf8}.${signature}`,
      `${header}.${claims}.${signature.slice(0, -1)}${signature.endsWith('B') ? 'C' : 'B'}`,
      `${header}.${claims}.+${signature.slice(1)}`,
      `${header}.${encode(`{"a":"${'x'.repeat(9_000)}"}`)}.${signature}`,
    ])
      expect([text.slice(0, 60), reasonOf(text)]).toEqual([text.slice(0, 60), 'malformed']);
  });
});

describe('verifyJwt', () => {
  it.each(algorithms)('verifies %s, for which jose is the oracle', async (alg) => {
    const claims = { sub: 'a', exp };
    const ours = signJwt(claims, signingKey(alg), { alg, kid: 'k' });
    const verifyingKey = pairOf(alg)?.publicKey ?? secret;
    const currentDate = new Date(nowMs);
    expect((await jose.jwtVerify(ours, verifyingKey, { currentDate })).payload).toEqual(claims);
    const theirs = await new jose.SignJWT(claims).setProtectedHeader({ alg }).sign(signingKey(alg));
    const token = parseJwt(theirs) as ParsedJwt;
    expect(verifyJwt(token, keysOf(alg), [alg])).toBeUndefined();
    expect(await findSignerLater(token, keysOf(alg), [alg])).not.toBeInstanceOf(TokenFault);
    for (const other of algorithms.filter((name) => name !== alg))
      expect(verifyJwt(token, keysOf(alg), [other])).toMatchObject({ reason: 'bad_algorithm' });
  });

  it('accepts no changed byte that jose refuses', async () => {
    const text = signJwt({ sub: 'a', exp }, p256.privateKey, { alg: 'ES256' });
    const keys = keysOf('ES256');
    await fc.assert(
      fc.asyncProperty(
        fc.nat(text.length - 1),
        fc.constantFrom(...'Aa0_-.'),
        async (at, letter) => {
          const changed = text.slice(0, at) + letter + text.slice(at + 1);
          const parsed = parseJwt(changed);
          const isOurs =
            !(parsed instanceof TokenFault) && verifyJwt(parsed, keys, ['ES256']) === undefined;
          const isTheirs = await jose
            .jwtVerify(changed, p256.publicKey, { currentDate: new Date(nowMs) })
            .then(
              () => true,
              () => false,
            );
          // jose decodes text leniently, so it may accept more.
          expect(isOurs && !isTheirs).toBe(false);
          expect(isOurs).toBe(changed === text);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('never uses a public key as a secret', () => {
    const pem = String(rsa.publicKey.export({ type: 'spki', format: 'pem' }));
    const der = rsa.publicKey.export({ type: 'spki', format: 'der' });
    const keys = new KeySet([importPem(pem), importPem(pem, { kid: 'k' })]);
    for (const bytes of [Buffer.from(pem), Buffer.from(pem.trim()), der]) {
      const input = `${encode('{"alg":"HS256","kid":"k"}')}.${encode(`{"exp":${exp}}`)}`;
      const mac = createHmac('sha256', bytes).update(input).digest();
      const token = parseJwt(`${input}.${encode(mac)}`) as ParsedJwt;
      expect(verifyJwt(token, keys, [...algorithms])).toMatchObject({ reason: 'bad_algorithm' });
      expect(verifyJwt(token, keys, publicAlgorithms)).toMatchObject({ reason: 'bad_algorithm' });
    }
    expect(() => importSecret(Buffer.from(pem))).toThrow('no secret for HMAC');
  });

  it('takes ECDSA signatures in one form only', () => {
    const text = signJwt({ exp }, p256.privateKey, { alg: 'ES256' });
    const token = parseJwt(text) as ParsedJwt;
    const keys = keysOf('ES256');
    expect(verifyJwt(token, keys, ['ES256'])).toBeUndefined();
    const forms = [
      Buffer.alloc(64),
      Buffer.alloc(0),
      token.signature.subarray(1),
      Buffer.concat([Buffer.alloc(1), token.signature]),
      Buffer.concat([token.signature, Buffer.alloc(1)]),
    ];
    for (const signature of forms)
      expect(verifyJwt({ ...token, signature }, keys, ['ES256'])).toMatchObject({
        reason: 'bad_signature',
      });
  });

  it('finds keys by kid, and bounds how many it tries', () => {
    const good = jwkOf(rsa.publicKey);
    const signed = (kid?: string): ParsedJwt =>
      parseJwt(signJwt({ exp }, rsa.privateKey, { alg: 'RS256', kid })) as ParsedJwt;
    const other = generateKeyPairSync('rsa', { modulusLength: 2_048 }).publicKey;
    const named = KeySet.of({ keys: [jwkOf(other, { kid: 'a' }), { ...good, kid: 'a' }] });
    expect(verifyJwt(signed('a'), named, ['RS256'])).toBeUndefined();
    expect(verifyJwt(signed(), named, ['RS256'])).toBeUndefined();
    for (const kid of ['b', '../../dev/null', "' OR 1=1 --", '__proto__', 'constructor', ''])
      expect(verifyJwt(signed(kid), named, ['RS256'])).toMatchObject({ reason: 'unknown_key' });
    expect(verifyJwt(signed('b'), KeySet.of({ keys: [good] }), ['RS256'])).toBeUndefined();
  });
});

describe('keys', () => {
  it('that are not usable are skipped, and the others are used', () => {
    const short = generateKeyPairSync('rsa', { modulusLength: 1_024 }).publicKey;
    const point = jwkOf(p256.publicKey) as { x: string };
    const set = KeySet.of({
      keys: [
        jwkOf(rsa.publicKey, { use: 'enc' }),
        jwkOf(rsa.publicKey, { alg: 'RSA-OAEP' }),
        jwkOf(rsa.publicKey, { alg: 'ES256' }),
        jwkOf(rsa.publicKey, { key_ops: ['encrypt'] }),
        jwkOf(rsa.publicKey, { e: 'AQ' }),
        jwkOf(rsa.publicKey, { e: 'Ag' }),
        jwkOf(rsa.privateKey),
        jwkOf(short),
        { kty: 'oct', k: encode(Buffer.alloc(64)) },
        { kty: 'AKP' },
        { ...point, y: point.x },
        { kty: 'EC', crv: 'P-256' },
        jwkOf(generateKeyPairSync('x25519').publicKey),
        jwkOf(generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey),
        'text',
        null,
        jwkOf(ed25519.publicKey, { kid: 'good' }),
      ],
    });
    expect(set.keys.map(({ kid }) => kid)).toEqual(['good']);
    expect(set.skipped).toHaveLength(16);
    for (const jwks of [null, [], {}, { keys: {} }, 'x'])
      expect(() => KeySet.of(jwks)).toThrow('no JWK set');
  });

  it('are bound to their algorithms', () => {
    expect(importJwk(jwkOf(rsa.publicKey, { alg: 'PS256' })).algorithms).toEqual(['PS256']);
    expect(importJwk(jwkOf(p384.publicKey)).algorithms).toEqual(['ES384']);
    expect(importSecret(Buffer.alloc(48)).algorithms).toEqual(['HS256', 'HS384']);
    expect(() => importSecret(Buffer.alloc(31))).toThrow('at least 32');
    expect(() => importSecret(Buffer.alloc(32), { algorithm: 'HS512' })).toThrow('at least 64');
    expect(() => importSecret(Buffer.alloc(64), { algorithm: 'RS256' })).toThrow('public key');
    const privatePem = String(rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }));
    expect(() => importPem(privatePem)).toThrow('private key');
  });
});

describe('checkClaims', () => {
  const fault = (claims: object, rules: object = {}): string | undefined =>
    checkClaims(claims as never, { nowMs, ...rules })?.reason;

  it('requires an end that is a date', () => {
    expect(fault({ exp })).toBeUndefined();
    expect(fault({ exp: exp + 0.5 })).toBeUndefined();
    expect(fault({})).toBe('malformed');
    expect(fault({}, { requireExp: false })).toBeUndefined();
    const parsed = (text: string): object => JSON.parse(text) as object;
    for (const value of [
      '1e400',
      '-1e400',
      '1e300',
      '253402300800',
      '"1900000000"',
      'null',
      '[1]',
      'true',
    ])
      for (const name of ['exp', 'nbf', 'iat'])
        expect(fault({ exp, ...parsed(`{"${name}":${value}}`) })).toBe('malformed');
    for (const value of [-1, 0, -0, 1e-300]) expect(fault({ exp: value })).toBe('expired');
  });

  it('allows for clocks that differ by the leeway', () => {
    const at = nowMs / 1_000;
    expect([fault({ exp: at - 59 }), fault({ exp: at - 60 })]).toEqual([undefined, 'expired']);
    for (const name of ['nbf', 'iat'])
      expect([fault({ exp, [name]: at + 60 }), fault({ exp, [name]: at + 61 })]).toEqual([
        undefined,
        'not_yet_valid',
      ]);
    expect(fault({ exp: at }, { leewaySeconds: 0 })).toBe('expired');
    expect(expiryOf({ exp: at }, 60)).toBe(nowMs + 60_000);
  });

  it('compares issuer, audience, client and type', () => {
    const issuer = 'https://id.test';
    const wrongIssuers = [undefined, `${issuer}/`, 'HTTPS://id.test', `${issuer} `];
    for (const iss of wrongIssuers) expect(fault({ exp, iss }, { issuer })).toBe('wrong_issuer');
    expect(fault({ exp, iss: [issuer] }, { issuer })).toBe('malformed');
    expect(fault({ exp, iss: issuer }, { issuer })).toBeUndefined();
    const audience = ['a', 'b'];
    for (const aud of ['b', ['x', 'a']]) expect(fault({ exp, aud }, { audience })).toBeUndefined();
    for (const aud of [undefined, 'ab', 'a,b', [], ['x']])
      expect(fault({ exp, aud }, { audience })).toBe('wrong_audience');
    for (const aud of [1, { a: 1 }, ['a', 1], null])
      expect(fault({ exp, aud }, { audience })).toBe('malformed');
    const party = { authorizedParty: ['web'] };
    expect([fault({ exp, azp: 'web' }, party), fault({ exp, client_id: 'web' }, party)]).toEqual([
      undefined,
      undefined,
    ]);
    expect(fault({ exp, azp: 'x', client_id: 'web' }, party)).toBe('wrong_audience');
    for (const typ of ['at+jwt', 'AT+JWT', 'application/at+jwt'])
      expect(fault({ exp }, { typ, types: ['at+jwt'] })).toBeUndefined();
    for (const typ of [undefined, 'JWT', 'at+jwt2'])
      expect(fault({ exp }, { typ, types: ['at+jwt'] })).toBe('malformed');
  });

  it('finds claims by own members only', () => {
    const claims = { realm_access: { roles: ['a'] }, 'https://x.test/r': 1 };
    expect(claimAt(claims, ['realm_access', 'roles'])).toEqual(['a']);
    expect(claimAt(claims, ['https://x.test/r'])).toBe(1);
    for (const path of [
      ['constructor'],
      ['__proto__'],
      ['realm_access', 'roles', 'length'],
      ['x', 'y'],
    ])
      expect(claimAt(claims, path)).toBeUndefined();
  });
});
