import { createPrivateKey } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readEnv } from '../env.ts';
import { certificateA, certificateB, localCertificate } from '../upstream/testing/certificates.ts';
import type { CertificateFile } from '../net/key-pair.ts';
import { logCertificates, readCertificates, readNodeCertificates } from './certificate-files.ts';

describe('certificates in files', () => {
  let folder: string;
  const at = (name: string): string => join(folder, name);
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'sluice-certificates-'));
    for (const [name, { cert, key }] of Object.entries({
      local: localCertificate,
      a: certificateA,
    })) {
      writeFileSync(at(`${name}.pem`), cert);
      writeFileSync(at(`${name}-key.pem`), key);
    }
    writeFileSync(at('text'), 'hello');
    writeFileSync(at('big'), Buffer.alloc(1024 * 1024 + 1));
    writeFileSync(
      at('broken.pem'),
      '-----BEGIN CERTIFICATE-----\nbm90IG9uZQ==\n-----END CERTIFICATE-----\n',
    );
    writeFileSync(
      at('locked-key.pem'),
      createPrivateKey(localCertificate.key).export({
        type: 'pkcs8',
        format: 'pem',
        cipher: 'aes-256-cbc',
        passphrase: 'secret',
      }),
    );
    for (const name of ['pairs', 'empty', 'lonely']) mkdirSync(at(name));
    for (const [name, certificate] of [
      ['b.test', certificateB],
      ['a.test', certificateA],
    ] as const) {
      writeFileSync(at(`pairs/${name}.crt`), certificate.cert);
      writeFileSync(at(`pairs/${name}.key`), certificate.key);
    }
    writeFileSync(at('pairs/README'), 'not a certificate');
    writeFileSync(at('lonely/a.test.crt'), certificateA.cert);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const read = (settings: Readonly<Record<string, string>>) => {
    const inFolder = Object.entries(settings).map(
      ([name, value]) => [name, /FILE|DIR/.test(name) ? at(value) : value] as const,
    );
    return readCertificates(readEnv(Object.fromEntries(inFolder)));
  };

  it('are not read unless they are configured', () => {
    expect(read({})).toBeUndefined();
    expect(read({ SLUICE_TLS_PORT: '8443' })).toEqual([]);
  });

  it('are those of one pair of files, then those of a folder by name', () => {
    const pair = { SLUICE_TLS_CERT_FILE: 'local.pem', SLUICE_TLS_KEY_FILE: 'local-key.pem' };
    const certs = (settings: Readonly<Record<string, string>>) =>
      read({ SLUICE_TLS_PORT: '8443', ...settings })?.map(({ cert }) => cert);
    expect(certs(pair)).toEqual([localCertificate.cert]);
    expect(certs({ SLUICE_TLS_DIR: 'pairs' })).toEqual([certificateA.cert, certificateB.cert]);
    expect(certs({ ...pair, SLUICE_TLS_DIR: 'pairs' })).toEqual([
      localCertificate.cert,
      certificateA.cert,
      certificateB.cert,
    ]);
  });

  const port = { SLUICE_TLS_PORT: '8443' };
  const cert = { SLUICE_TLS_CERT_FILE: 'local.pem' };
  const key = { SLUICE_TLS_KEY_FILE: 'local-key.pem' };
  it.each([
    ['no port', { ...cert, ...key }, /no port to use them on: set SLUICE_TLS_PORT/],
    ['no key', { ...port, ...cert }, /set SLUICE_TLS_KEY_FILE as well/],
    ['no certificate', { ...port, ...key }, /set SLUICE_TLS_CERT_FILE as well/],
    [
      'a file that is not there',
      { ...port, ...cert, SLUICE_TLS_KEY_FILE: 'nowhere' },
      /the key .*\/nowhere cannot be read: .*ENOENT/,
    ],
    [
      'a file that is too large',
      { ...port, ...key, SLUICE_TLS_CERT_FILE: 'big' },
      /\/big cannot be read: it has 1048577 bytes/,
    ],
    [
      'text',
      { ...port, ...key, SLUICE_TLS_CERT_FILE: 'text' },
      /\/text is not a certificate in PEM/,
    ],
    [
      'the files exchanged',
      { ...port, SLUICE_TLS_CERT_FILE: 'local-key.pem', SLUICE_TLS_KEY_FILE: 'local.pem' },
      /\/local-key\.pem is not a certificate in PEM/,
    ],
    [
      'a certificate for a key',
      { ...port, ...cert, SLUICE_TLS_KEY_FILE: 'local.pem' },
      /\/local\.pem is not a private key in PEM/,
    ],
    [
      'a key with a passphrase',
      { ...port, ...cert, SLUICE_TLS_KEY_FILE: 'locked-key.pem' },
      /\/locked-key\.pem needs a passphrase: store the key without one/,
    ],
    [
      'a broken certificate',
      { ...port, ...key, SLUICE_TLS_CERT_FILE: 'broken.pem' },
      /\/broken\.pem with the key of .*\/local-key\.pem is not usable/,
    ],
    [
      'the key of another certificate',
      { ...port, ...cert, SLUICE_TLS_KEY_FILE: 'a-key.pem' },
      /\/local\.pem with the key of .*\/a-key\.pem is not usable: .*key values mismatch/,
    ],
    [
      'a folder that is not there',
      { ...port, SLUICE_TLS_DIR: 'nowhere' },
      /\/nowhere cannot be read: check SLUICE_TLS_DIR/,
    ],
    [
      'a folder without certificates',
      { ...port, SLUICE_TLS_DIR: 'empty' },
      /no certificate in .*\/empty: put <name>\.crt and <name>\.key there/,
    ],
    [
      'a folder where a key is missing',
      { ...port, SLUICE_TLS_DIR: 'lonely' },
      /the key .*\/lonely\/a\.test\.key cannot be read/,
    ],
  ])('with %s: says which file or setting is wrong, and no secret', (_, settings, expected) => {
    expect(() => read(settings as Record<string, string>)).toThrow(expected);
    try {
      read(settings as Record<string, string>);
    } catch (error) {
      expect(String(error)).not.toContain('PRIVATE KEY-----\n');
    }
  });

  it('for targets are those of a folder, by file name', () => {
    const { server, client } = readNodeCertificates(
      readEnv({ SLUICE_CLIENT_CERT_DIR: at('pairs') }),
    );
    expect([server, Object.keys(client), client['b.test']?.key]).toEqual([
      undefined,
      ['a.test', 'b.test'],
      certificateB.key,
    ]);
    expect(readNodeCertificates(readEnv({})).client).toEqual({});
    expect(() => readNodeCertificates(readEnv({ SLUICE_CLIENT_CERT_DIR: at('empty') }))).toThrow(
      'or correct SLUICE_CLIENT_CERT_DIR',
    );
    expect(() => readNodeCertificates(readEnv({ SLUICE_CLIENT_CERT_DIR: at('lonely') }))).toThrow(
      /the key .*a\.test\.key cannot be read/,
    );
  });

  it('are logged, and those that are not valid today as a warning', () => {
    const logged: object[] = [];
    const logger = {
      info: (fields: object) => logged.push({ level: 'info', ...fields }),
      warn: (fields: object) => logged.push({ level: 'warn', ...fields }),
    } as never;
    const certificates = [{ ...certificateA, source: 'a' }];
    logCertificates({ server: certificates, client: {} }, logger);
    logCertificates({ server: certificates, client: {} }, logger, Date.UTC(2127, 0));
    logCertificates(
      { server: undefined, client: { certificates: certificates[0] as CertificateFile } },
      logger,
      Date.UTC(2025, 0),
    );
    const line = {
      certificate: 'a',
      names: 'DNS:a.test, DNS:*.a.test',
      validTo: expect.stringContaining('2126'),
    };
    expect(logged).toEqual([
      { level: 'info', ...line },
      { level: 'warn', ...line },
      { level: 'warn', ...line },
    ]);
  });
});
