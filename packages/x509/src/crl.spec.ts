import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CrlFault, readCrls } from './crl.ts';

/** Lists that OpenSSL issues. */
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-crl-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const openssl = (...args: readonly string[]): string =>
  execFileSync('openssl', [...args], { cwd: folder, encoding: 'utf8', stdio: 'pipe' });
const read = (name: string): string => readFileSync(join(folder, name), 'utf8');
const keys = {
  ec: ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256'],
  rsa: ['rsa:2048'],
  ed25519: ['ed25519'],
};

/** Creates a CA and its list of these serial numbers. */
function issue(
  kind: keyof typeof keys,
  serials: readonly string[],
  options: { readonly md?: string; readonly extensions?: string } = {},
): { readonly ca: X509Certificate; readonly crl: string } {
  const [algorithm = '', ...more] = keys[kind];
  openssl(
    ...['req', '-x509', '-newkey', algorithm, ...more, '-nodes', '-subj', `/CN=${kind}`],
    ...['-keyout', `${kind}.key`, '-out', `${kind}.pem`, '-days', '2'],
  );
  const entries = serials.map(
    (serial) => `R\t400101000000Z\t260101000000Z\t${serial}\tunknown\t/CN=x\n`,
  );
  writeFileSync(join(folder, 'index.txt'), entries.join(''));
  writeFileSync(join(folder, 'number'), '01\n');
  writeFileSync(
    join(folder, 'ca.cnf'),
    `[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\ncrlnumber=number\ndefault_md=${options.md ?? 'sha256'}\n${
      options.extensions === undefined ? '' : `crl_extensions=e\n[e]\n${options.extensions}\n`
    }`,
  );
  openssl(
    ...['ca', '-config', 'ca.cnf', '-gencrl', '-crldays', '7', '-out', 'list.pem'],
    ...['-keyfile', `${kind}.key`, '-cert', `${kind}.pem`],
  );
  return { ca: new X509Certificate(read(`${kind}.pem`)), crl: read('list.pem') };
}

describe('readCrls', () => {
  it.each(['ec', 'rsa', 'ed25519'] as const)('reads and verifies a list signed with %s', (kind) => {
    const { ca, crl } = issue(kind, ['01', '7F', 'FFAB0102030405060708090A0B0C0D0E0F']);
    const other = issue('ec', []);
    const [list] = readCrls(crl);
    expect(list).toMatchObject({ size: 3 });
    expect(list?.lists('1')).toBe(true);
    expect(list?.lists('0001')).toBe(true);
    expect(list?.lists('FFAB0102030405060708090a0b0c0d0e0f')).toBe(true);
    expect(list?.lists('02')).toBe(false);
    expect(list?.isSignedBy(ca)).toBe(true);
    expect(list?.isSignedBy(other.ca)).toBe(false);
    expect(list?.thisUpdateMs).toBeGreaterThan(Date.now() - 3_600_000);
    expect((list?.nextUpdateMs ?? 0) - (list?.thisUpdateMs ?? 0)).toBe(7 * 86_400_000);
  });

  it('reads an empty list, and several lists of one text', () => {
    const { crl } = issue('ec', []);
    expect(readCrls(`text before\n${crl}\n${crl}`).map(({ size }) => size)).toEqual([0, 0]);
  });

  it('refuses partial lists, weak signatures, and other blocks', () => {
    const { ca } = issue('ec', []);
    const partial = 'issuingDistributionPoint=critical,@p\n[p]\nonlyuser=TRUE';
    for (const [text, message] of [
      [issue('ec', ['01'], { extensions: partial }).crl, /critical extension 2\.5\.29\.28/],
      [issue('rsa', ['01'], { md: 'sha1' }).crl, /1\.2\.840\.113549\.1\.1\.5/],
      [ca.toString(), /"CERTIFICATE"/],
      ['', /no block/],
    ] as const)
      expect(() => readCrls(text)).toThrow(
        expect.objectContaining({ message: expect.stringMatching(message) }),
      );
  });

  it('refuses every damaged list, and verifies none that was changed', () => {
    const { ca, crl } = issue('ec', ['01', '02']);
    const der = Buffer.from(crl.replace(/-----.*-----|\s/g, ''), 'base64');
    const asPem = (bytes: Buffer): string =>
      `-----BEGIN X509 CRL-----\n${bytes.toString('base64')}\n-----END X509 CRL-----\n`;
    expect(readCrls(asPem(der))[0]?.isSignedBy(ca)).toBe(true);
    for (let at = 0; at < der.length; at++) {
      expect(() => readCrls(asPem(der.subarray(0, at)))).toThrow(CrlFault);
      for (const bit of [0x01, 0x80]) {
        const changed = Buffer.from(der);
        changed[at] = (changed[at] as number) ^ bit;
        let isAccepted = false;
        try {
          isAccepted = readCrls(asPem(changed)).some((list) => list.isSignedBy(ca));
        } catch (fault) {
          expect(fault).toBeInstanceOf(CrlFault);
        }
        expect([at, isAccepted]).toEqual([at, false]);
      }
    }
    expect(() => readCrls(asPem(Buffer.concat([der, Buffer.of(0)])))).toThrow(CrlFault);
  });
});
