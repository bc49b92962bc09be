import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { SetupError } from '@sluice/errors';
import { createTestAuthority } from '@sluice/testkit';
import type { TestAuthority, TestCertificate } from '@sluice/testkit';
import { readSettings } from '../../platform/env.ts';
import { readStreamProtection } from './stream-security.ts';

let authority: TestAuthority;
let mine: TestCertificate;
let folder: string;

beforeAll(async () => {
  authority = await createTestAuthority();
  mine = await authority.issue({ names: ['control-plane'] });
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-stream-tls-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const settings = (env: Readonly<Record<string, string>> = {}) =>
  readSettings({
    DATABASE_URL: 'postgres://a@b/c',
    SLUICE_DATA_DIR: join(folder, 'data'),
    ...env,
  });
const put = (name: string, content: string): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};
const withFiles = (cert: string, key: string, more: Readonly<Record<string, string>> = {}) =>
  settings({
    SLUICE_STREAM_CERT_FILE: put('cert.pem', cert),
    SLUICE_STREAM_KEY_FILE: put('key.pem', key),
    ...more,
  });

describe('the generated certificate of the config stream', () => {
  it('is generated once, readable only by this user, with its fingerprint beside it', async () => {
    const generated = settings({ SLUICE_STREAM_TLS: '1' });
    const first = await readStreamProtection(generated);
    expect(first.security).toMatchObject({ mode: 'tls', clientCa: undefined });
    expect(readdirSync(generated.dataDir).sort()).toEqual(['stream-fingerprint', 'stream-tls.pem']);
    expect(statSync(generated.streamGeneratedFile).mode & 0o777).toBe(0o600);
    expect(readFileSync(generated.streamFingerprintFile, 'utf8')).toBe(`${first.fingerprint}\n`);
    expect(await readStreamProtection(generated)).toEqual(first);
  });

  it('has a key of its own, is valid for years, and does not certify others', async () => {
    const generated = settings({ SLUICE_STREAM_TLS: '1' });
    const { security } = await readStreamProtection(generated);
    if (security.mode !== 'tls') throw new Error('there is no TLS');
    const certificate = new X509Certificate(security.cert);
    expect(certificate.ca).toBe(false);
    expect(certificate.validToDate.getTime()).toBeGreaterThan(Date.now() + 5 * 365 * 86_400_000);
    rmSync(generated.dataDir, { recursive: true });
    const second = await readStreamProtection(generated);
    expect(second.security).not.toEqual(security);
  });

  it('is the same for processes that start together with one folder', async () => {
    const generated = settings({ SLUICE_STREAM_TLS: '1' });
    const all = await Promise.all(Array.from({ length: 4 }, () => readStreamProtection(generated)));
    expect(new Set(all.map(({ fingerprint }) => fingerprint)).size).toBe(1);
  });

  it('says what to do when the folder cannot be used', async () => {
    put('data', 'a file where a folder should be');
    await expect(readStreamProtection(settings({ SLUICE_STREAM_TLS: '1' }))).rejects.toThrow(
      SetupError,
    );
  });

  it('is not replaced when its file is damaged', async () => {
    const generated = settings({ SLUICE_STREAM_TLS: '1' });
    await readStreamProtection(generated);
    writeFileSync(generated.streamGeneratedFile, 'damaged');
    await expect(readStreamProtection(generated)).rejects.toThrow(/stream-tls\.pem/);
    expect(readFileSync(generated.streamGeneratedFile, 'utf8')).toBe('damaged');
  });
});

describe('certificates of the config stream from files', () => {
  it('are used, with the CAs of clients', async () => {
    const ca = put('ca.pem', authority.ca);
    const { security, fingerprint } = await readStreamProtection(
      withFiles(mine.cert, mine.key, { SLUICE_STREAM_CLIENT_CA_FILE: ca }),
    );
    expect(security).toEqual({ mode: 'tls', ...mine, clientCa: authority.ca });
    expect(fingerprint).toBe(new X509Certificate(mine.cert).fingerprint256);
    expect(existsSync(join(folder, 'data', 'stream-tls.pem'))).toBe(false);
  });

  it('are used, with a warning, when the data folder cannot be written', async () => {
    put('data', 'a file where a folder should be');
    const { security, warning } = await readStreamProtection(withFiles(mine.cert, mine.key));
    expect(security).toMatchObject({ mode: 'tls', ...mine });
    expect(warning).toMatch(/Cannot write .*stream-fingerprint/);
  });

  it('are refused, each fault with its reason', async () => {
    const other = await authority.issue({ names: ['other'] });
    const old = await authority.issue({ names: ['old'], notAfter: Date.now() - 1_000 });
    const early = await authority.issue({ names: ['early'], notBefore: Date.now() + 60_000 });
    const { privateKey } = generateKeyPairSync('ec', {
      namedCurve: 'P-256',
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' },
    });
    const faults: [cert: string, key: string, reason: RegExp][] = [
      ['', mine.key, /SLUICE_STREAM_CERT_FILE: there is no certificate in .*cert\.pem/],
      [mine.key, mine.key, /there is no certificate/],
      [mine.cert.replace(/[A-Za-z]{20}/, 'A'.repeat(20)), mine.key, /damaged|cannot be used/],
      [mine.cert, '', /cannot be used/],
      [mine.cert, other.key, /the key does not belong to the certificate/],
      [mine.cert, privateKey, /encrypted; provide it without a passphrase/],
      [old.cert, old.key, /expired on/],
      [early.cert, early.key, /not valid before/],
    ];
    for (const [cert, key, reason] of faults) {
      const attempt = readStreamProtection(withFiles(cert, key));
      await expect(attempt).rejects.toThrow(SetupError);
      await expect(attempt).rejects.toThrow(reason);
      await expect(attempt).rejects.not.toThrow(/PRIVATE KEY/);
    }
  });

  it('are refused when a file cannot be read', async () => {
    const missing = settings({
      SLUICE_STREAM_CERT_FILE: join(folder, 'nowhere.pem'),
      SLUICE_STREAM_KEY_FILE: folder,
    });
    await expect(readStreamProtection(missing)).rejects.toThrow(
      /SLUICE_STREAM_CERT_FILE names .*nowhere\.pem, which cannot be read/,
    );
  });
});

describe('settings that need each other', () => {
  it.each([
    [{ SLUICE_STREAM_CERT_FILE: 'a' }, 'set both or neither'],
    [{ SLUICE_STREAM_KEY_FILE: 'a' }, 'set both or neither'],
    [{ SLUICE_STREAM_CLIENT_CA_FILE: 'a' }, 'needs TLS on the config stream'],
    [{ SLUICE_STREAM_TLS: 'on' }, 'SLUICE_STREAM_TLS must be 0 or 1'],
  ])('%j are refused', (env, reason) => {
    expect(() => settings(env)).toThrow(reason);
  });
});
