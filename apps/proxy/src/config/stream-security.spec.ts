import { X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createTestAuthority } from '@sluice/testkit';
import type { TestAuthority, TestCertificate } from '@sluice/testkit';
import { readEnv } from '../env.ts';
import { readStreamSecurity } from './stream-security.ts';

let folder: string;
let authority: TestAuthority;
let mine: TestCertificate;
let other: TestCertificate;
const fingerprint = Array.from({ length: 32 }, () => 'AB').join(':');

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-stream-security-'));
  authority = await createTestAuthority();
  mine = await authority.issue({ names: ['node-1'] });
  other = await authority.issue({ names: ['node-2'] });
  put('ca.pem', authority.ca);
  put('cert.pem', mine.cert);
  put('key.pem', mine.key);
  put('other-key.pem', other.key);
  put('fingerprint', `${fingerprint}\n`);
  put('garbage', 'garbage');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function put(name: string, content: string): void {
  writeFileSync(join(folder, name), content);
}
/** Reads the settings; a value that begins with `@` stands for a file of the test. */
const read = (given: Readonly<Record<string, string>>) =>
  readStreamSecurity(
    readEnv(
      Object.fromEntries(
        Object.entries(given).map(([name, value]) => [
          `SLUICE_STREAM_${name}`,
          value.startsWith('@') ? join(folder, value.slice(1)) : value,
        ]),
      ),
    ),
  );

describe('how a node protects the config stream', () => {
  it('is plaintext without settings', () => {
    expect(read({})).toEqual({ mode: 'plaintext', allowRemote: false });
    expect(read({ INSECURE: '1', TLS: '0' })).toEqual({ mode: 'plaintext', allowRemote: true });
  });

  it('is TLS as soon as one setting speaks of it', () => {
    expect(read({ TLS: '1' })).toMatchObject({ mode: 'tls', ca: undefined });
    expect(read({ CA_FILE: '@ca.pem' })).toMatchObject({ mode: 'tls', ca: authority.ca });
    for (const given of [{ FINGERPRINT: fingerprint }, { FINGERPRINT_FILE: '@fingerprint' }])
      expect(read(given)).toMatchObject({ mode: 'tls', fingerprints: [fingerprint] });
    expect(read({ CLIENT_CERT_FILE: '@cert.pem', CLIENT_KEY_FILE: '@key.pem' })).toMatchObject({
      mode: 'tls',
      certificate: mine,
    });
  });

  it('is read from the files each time', () => {
    put('changing', fingerprint);
    const before = read({ FINGERPRINT_FILE: '@changing' });
    const next = new X509Certificate(mine.cert).fingerprint256;
    put('changing', next);
    expect(before).toMatchObject({ fingerprints: [fingerprint] });
    expect(read({ FINGERPRINT_FILE: '@changing' })).toMatchObject({ fingerprints: [next] });
  });

  it.each([
    [{ FINGERPRINT: 'abc' }, 'SLUICE_STREAM_FINGERPRINT: "abc" is not a SHA-256 fingerprint'],
    [{ FINGERPRINT_FILE: '@garbage' }, /SLUICE_STREAM_FINGERPRINT_FILE \(.*garbage\)/],
    [{ FINGERPRINT_FILE: '@nowhere' }, /FINGERPRINT_FILE names .*nowhere, which cannot be read/],
    [{ FINGERPRINT: fingerprint, FINGERPRINT_FILE: '@fingerprint' }, 'are both set'],
    [{ FINGERPRINT: fingerprint, CA_FILE: '@ca.pem' }, 'has no effect beside a fingerprint'],
    [{ FINGERPRINT: fingerprint, TLS: '0' }, 'SLUICE_STREAM_TLS=0 contradicts'],
    [{ CA_FILE: '@garbage' }, /SLUICE_STREAM_CA_FILE: there is no usable certificate in .*garbage/],
    [{ CLIENT_CERT_FILE: '@cert.pem' }, 'need each other'],
    [{ CLIENT_KEY_FILE: '@key.pem' }, 'need each other'],
    [{ CLIENT_CERT_FILE: '@cert.pem', CLIENT_KEY_FILE: '@garbage' }, 'no usable private key'],
    [{ CLIENT_CERT_FILE: '@cert.pem', CLIENT_KEY_FILE: '@other-key.pem' }, 'does not belong'],
  ])('%j is refused with the setting to change', (given, reason) => {
    expect(() => read(given)).toThrow(reason);
  });
});
