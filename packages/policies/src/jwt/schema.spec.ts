import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { PolicyTester } from '@sluice/policy-sdk/testing';
import { jwt } from './policy.ts';
import { jwtSchema } from './schema.ts';

const rsa = generateKeyPairSync('rsa', { modulusLength: 2_048 }).publicKey;
const pem = rsa.export({ type: 'spki', format: 'pem' }) as string;
const issuer = 'https://id.test/';
const base = { issuer, keys: [{ pem }], audience: ['orders'] };
const withIssuer = (more: object) => ({ issuers: [{ ...base, ...more }] });

describe('the configuration', () => {
  const faultOf = (config: unknown): string | undefined =>
    jwtSchema.config
      .safeParse(config)
      .error?.issues.map(({ message }) => message)
      .join('; ');
  const rsaJwk = rsa.export({ format: 'jwk' });

  it.each<[string, unknown, RegExp]>([
    ['no issuer', {}, /name an issuer/],
    ['no audience', { issuers: [{ issuer, keys: [{ pem }] }] }, /list the audiences/],
    ['two sources of keys', withIssuer({ jwksUri: 'https://id.test/jwks' }), /only one of/],
    ['an issuer that is no URL', { issuers: [{ issuer: 'x', audience: 'any' }] }, /no URL/],
    [
      'HMAC with published keys',
      { issuers: [{ issuer, audience: 'any', algorithms: ['HS256'] }] },
      /needs a secret/,
    ],
    ['HMAC with a public key', withIssuer({ algorithms: ['HS256', 'RS256'] }), /needs a secret/],
    [
      'a short secret',
      withIssuer({ keys: [{ secret: 'short' }], algorithms: ['HS256'] }),
      /has 5 bytes, and needs 32/,
    ],
    [
      'a secret that no algorithm uses',
      withIssuer({ keys: [{ secret: 's'.repeat(64) }] }),
      /list one of them/,
    ],
    ['a private key', withIssuer({ keys: [{ jwk: { ...rsaJwk, d: 'AQAB' } }] }), /private key/],
    [
      'a private PEM',
      withIssuer({ keys: [{ pem: '-----BEGIN PRIVATE KEY-----' }] }),
      /not a public key/,
    ],
    [
      'a private address',
      { issuers: [{ issuer: 'https://127.0.0.1/', audience: 'any' }] },
      /not a public address/,
    ],
    ['no TLS', { issuers: [{ issuer: 'http://id.example/', audience: 'any' }] }, /https: only/],
    ['an issuer twice', { issuers: [base, base] }, /listed twice/],
    [
      'a field of the gateway',
      withIssuer({ upstreamHeaders: { 'X-Consumer-Id': ['sub'] } }),
      /cannot be changed/,
    ],
  ])('is refused with %s', (_name, config, message) => {
    expect(faultOf(config)).toMatch(message);
  });

  it('is refused with a key that is weak when it is compiled', () => {
    const weak = generateKeyPairSync('rsa', { modulusLength: 1_024 }).publicKey;
    const text = weak.export({ type: 'spki', format: 'pem' }) as string;
    expect(() => new PolicyTester(jwt, withIssuer({ keys: [{ pem: text }] }))).toThrow(
      /key 1 of the issuer .*2048/s,
    );
  });
});
