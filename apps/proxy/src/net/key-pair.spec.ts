import { beforeAll, describe, expect, it } from '@jest/globals';
import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import {
  createTestAuthority,
  type TestCertificate,
} from '../../../../packages/testkit/src/certificates.ts';
import { digestOf, isValidAt, readKeyPair, UnusableKeyPair } from './key-pair.ts';

describe('a certificate and its key', () => {
  let pair: TestCertificate;
  let other: TestCertificate;
  let ca: string;
  beforeAll(async () => {
    const authority = await createTestAuthority();
    ca = authority.ca;
    pair = await authority.issue({ names: ['A.test', '*.a.test', '127.0.0.1'] });
    other = await authority.issue({ names: ['b.test'] });
  });

  it('give names, validity and a digest', () => {
    const read = readKeyPair({ cert: pair.cert + ca, key: pair.key });
    expect(read.dnsNames).toEqual(['a.test', '*.a.test']);
    expect(isValidAt(read, Date.now())).toBe(true);
    expect(isValidAt(read, Date.now() + 2 * 86_400_000)).toBe(false);
    expect(isValidAt(read, Date.now() - 2 * 86_400_000)).toBe(false);
    expect(read.digest).toBe(digestOf({ cert: pair.cert + ca, key: pair.key }));
    expect(read.digest).not.toBe(readKeyPair(pair).digest);
  });

  const encrypted = (): string =>
    createPrivateKey(pair.key)
      .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'secret' })
      .toString();
  const legacyEncrypted = (): string =>
    generateKeyPairSync('rsa', {
      modulusLength: 2048,
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs1', format: 'pem', cipher: 'aes-128-cbc', passphrase: 'x' },
    }).privateKey;
  const damaged = (pem: string): string => pem.replace(/\n.{20}/, '\nAAAAAAAAAAAAAAAAAAAA');

  it.each<[string, () => { cert: string; key: string }, string, RegExp]>([
    ['text', () => ({ ...pair, cert: 'hello' }), '/certificate', /not a certificate in PEM/],
    ['nothing', () => ({ ...pair, cert: '' }), '/certificate', /not a certificate in PEM/],
    [
      'a damaged certificate',
      () => ({ ...pair, cert: damaged(pair.cert) }),
      '/certificate',
      /certificate 1 of the text cannot be read/,
    ],
    [
      'a chain cut off in the middle',
      () => ({ ...pair, cert: pair.cert + ca.slice(0, 200) }),
      '/certificate',
      /certificate 2 of the text cannot be read/,
    ],
    [
      'the chain before the certificate',
      () => ({ ...pair, cert: ca + pair.cert }),
      '/key',
      /does not belong to the first certificate/,
    ],
    [
      'the key of another',
      () => ({ ...pair, key: other.key }),
      '/key',
      /does not belong.*key values mismatch/,
    ],
    ['no key', () => ({ ...pair, key: '' }), '/key', /not a private key in PEM/],
    ['a certificate as key', () => ({ ...pair, key: pair.cert }), '/key', /not a private key/],
    ['a damaged key', () => ({ ...pair, key: damaged(pair.key) }), '/key', /cannot be read/],
    ['an encrypted key', () => ({ ...pair, key: encrypted() }), '/key', /needs a passphrase/],
    ['one encrypted as of old', () => ({ ...pair, key: legacyEncrypted() }), '/key', /passphrase/],
  ])('are refused with a pointer for %s', (_, given, pointer, reason) => {
    const fault = (() => {
      try {
        return readKeyPair(given());
      } catch (error) {
        return error as UnusableKeyPair;
      }
    })();
    expect(fault).toBeInstanceOf(UnusableKeyPair);
    expect(fault).toMatchObject({ pointer, message: expect.stringMatching(reason) });
    expect(String((fault as UnusableKeyPair).stack)).not.toContain(
      given().key.split('\n')[1] ?? 'no key',
    );
  });
});
