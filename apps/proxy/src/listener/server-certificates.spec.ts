import { describe, expect, it } from '@jest/globals';
import type { KeyPair } from '../net/key-pair.ts';
import { CertificateIndex, type ServerCertificate } from './certificate-index.ts';
import { ServerCertificates } from './server-certificates.ts';

const dayMs = 86_400_000;
const nowMs = Date.UTC(2030, 0);

/** @param validDays first and last day of the validity, from now */
function certificate(
  label: string,
  names: readonly string[],
  validDays: readonly [number, number] = [-1, 90],
): ServerCertificate {
  const [from, to] = validDays.map((days) => nowMs + days * dayMs) as [number, number];
  const pair: KeyPair = {
    cert: label,
    key: label,
    digest: label,
    dnsNames: names,
    notBeforeMs: from,
    notAfterMs: to,
  };
  return { pair, names, label };
}

function indexOf(...certificates: ServerCertificate[]): CertificateIndex {
  const index = new CertificateIndex();
  for (const one of certificates) index.add(one);
  return index;
}

function choosing(files: CertificateIndex, resources: CertificateIndex) {
  const certificates = new ServerCertificates({ files: () => files, resources: () => resources });
  return (name: string | undefined, atMs = nowMs) => certificates.select(name, atMs)?.label;
}

describe('the certificate for a server name', () => {
  it('is the exact one, then that of a wildcard for one label, then the default', () => {
    const choose = choosing(
      indexOf(),
      indexOf(
        certificate('wild', ['*.a.test']),
        certificate('exact', ['www.a.test', 'a.test']),
        certificate('default', ['z.test'], [-1, 10]),
      ),
    );
    expect(
      ['www.a.test', 'WWW.A.Test', 'a.test', 'x.a.test', 'y.x.a.test', 'test', undefined, ''].map(
        (name) => choose(name),
      ),
    ).toEqual([
      ...['exact', 'exact', 'exact', 'wild'],
      ...['default', 'default', 'default', 'default'],
    ]);
  });

  it('is none without certificates, and the first of the files by default', () => {
    expect(choosing(indexOf(), indexOf())('a.test')).toBeUndefined();
    const choose = choosing(
      indexOf(certificate('z-file', []), certificate('b-file', [])),
      indexOf(certificate('a-resource', ['a.test'])),
    );
    expect([choose('b.test'), choose(undefined), choose('a.test')]).toEqual([
      'z-file',
      'z-file',
      'a-resource',
    ]);
  });

  it('is a valid one, then the one that expires last, then a file, then the first by name', () => {
    const name = ['a.test'];
    const later = choosing(
      indexOf(certificate('file', name, [-1, 30])),
      indexOf(
        certificate('old', name, [-90, -1]),
        certificate('current', name, [-1, 60]),
        certificate('future', name, [30, 120]),
      ),
    );
    expect([later('a.test'), later('a.test', nowMs + 40 * dayMs)]).toEqual(['current', 'future']);
    expect(later('a.test', nowMs + 200 * dayMs)).toBe('future');
    const same = choosing(
      indexOf(certificate('file', name)),
      indexOf(certificate('b', name), certificate('a', name)),
    );
    expect(same('a.test')).toBe('file');
    for (const order of [
      [certificate('a', name), certificate('b', name)],
      [certificate('b', name), certificate('a', name)],
    ])
      expect(choosing(indexOf(), indexOf(...order))('a.test')).toBe('a');
  });

  it('follows additions and removals, and the time', () => {
    const resources = indexOf();
    const choose = choosing(indexOf(), resources);
    const soon = certificate('b-soon', ['b.test', 'b.test'], [10, 20]);
    const now = certificate('c-now', ['c.test'], [-1, 10]);
    resources.add(soon);
    resources.add(now);
    expect([choose(undefined), choose('b.test')]).toEqual(['c-now', 'b-soon']);
    expect(choose(undefined, nowMs + 11 * dayMs)).toBe('b-soon');
    expect(choose(undefined, nowMs + 30 * dayMs)).toBe('b-soon');
    resources.remove(soon);
    resources.remove(soon);
    expect([choose(undefined), choose('b.test'), resources.size]).toEqual(['c-now', 'c-now', 1]);
    resources.remove(now);
    expect([choose('c.test'), resources.named('c.test')]).toEqual([undefined, undefined]);
  });

  it('takes microseconds to choose among a thousand, and to replace one', () => {
    const resources = indexOf(
      ...Array.from({ length: 1_000 }, (_, at) =>
        certificate(`c${at}`, [`c${at}.test`, `*.c${at}.test`]),
      ),
    );
    const choose = choosing(indexOf(), resources);
    const names = Array.from({ length: 3_000 }, (_, at) =>
      [`c${at % 1_000}.test`, `x.c${at % 1_000}.test`, `unknown${at}.test`].at(at % 3),
    );
    const measure = (): number => {
      const startedMs = performance.now();
      for (const name of names) choose(name);
      return ((performance.now() - startedMs) / names.length) * 1_000;
    };
    const fastestUs = Math.min(...Array.from({ length: 20 }, measure));
    expect(fastestUs).toBeLessThan(5);
  });
});
