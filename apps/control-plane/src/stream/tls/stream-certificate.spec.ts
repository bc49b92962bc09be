import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createTestAuthority } from '@sluice/testkit';
import type { TestCertificate } from '@sluice/testkit';
import { createConfigStreamServer } from '@sluice/wire';
import { readSettings } from '../../platform/env.ts';
import type { Logger } from '../../platform/logger.ts';
import { StreamCertificate } from './stream-certificate.ts';
import { readStreamProtection } from './stream-security.ts';

describe('the certificate of the config stream from a resource', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'sluice-stream-certificate-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const settingsOf = (env: Readonly<Record<string, string>>) =>
    readSettings({
      DATABASE_URL: 'postgres://a@b/c',
      SLUICE_DATA_DIR: join(folder, 'data'),
      ...env,
    });

  it('is presented once it exists, renewed when it changes, and kept when it is unusable or gone', async () => {
    const settings = settingsOf({ SLUICE_STREAM_CERTIFICATE: 'stream' });
    const authority = await createTestAuthority();
    const [first, second, expired] = await Promise.all([
      authority.issue({ names: ['first'] }),
      authority.issue({ names: ['second'] }),
      authority.issue({ names: ['expired'], notAfter: Date.now() - 1_000 }),
    ]);
    let stored: TestCertificate | undefined;
    let advanced: (concerned: ReadonlySet<string>) => void = () => undefined;
    const feed = {
      certificate: (name: string) =>
        stored && {
          id: 'id',
          spec: { name, certificate: stored.cert, key: stored.key, gateways: [], tags: [] },
        },
      onAdvance: (listener: typeof advanced) => void (advanced = listener),
    };
    const lines: string[] = [];
    const note = (message: string): void => void lines.push(message);
    const logger = { info: note, warn: note, error: note } as unknown as Logger;
    const server = createConfigStreamServer(() => undefined);
    const { security } = await readStreamProtection(settings);
    const port = await server.listen({ host: '127.0.0.1', port: 0 }, security);
    const certificate = new StreamCertificate(settings, feed, (tls) => server.renew(tls), logger);
    certificate.start();
    /** The common name that a connection is presented, after the feed has advanced. */
    const presented = async (now: TestCertificate | undefined): Promise<string> => {
      stored = now;
      advanced(new Set());
      await certificate.follow();
      const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false });
      await once(socket, 'secureConnect');
      const { CN } = socket.getPeerCertificate().subject;
      socket.destroy();
      return String(CN);
    };
    try {
      expect(await presented(undefined)).toBe('Sluice config stream');
      expect(certificate.isInUse).toBe(false);
      expect(await presented(first)).toBe('first');
      const fingerprint = readFileSync(settings.streamFingerprintFile, 'utf8');
      expect(await presented(second)).toBe('second');
      expect(readFileSync(settings.streamFingerprintFile, 'utf8')).not.toBe(fingerprint);
      expect(await presented(expired)).toBe('second');
      expect(await presented({ cert: first.cert, key: second.key })).toBe('second');
      expect(await presented(undefined)).toBe('second');
      expect(await presented(first)).toBe('first');
      await certificate.readAgain();
      expect(await presented(first)).toBe('first');
      expect(lines.filter((line) => line.includes('was not replaced'))).toHaveLength(2);
      expect(lines.join('\n')).not.toContain(first.key.split('\n')[1]);
    } finally {
      await server.close(0);
    }
  });

  it('excludes a certificate from files, and allows CAs of clients', () => {
    const files = { SLUICE_STREAM_CERT_FILE: '/c', SLUICE_STREAM_KEY_FILE: '/k' };
    const certificate = { SLUICE_STREAM_CERTIFICATE: 'stream' };
    expect(() => settingsOf({ ...files, ...certificate })).toThrow('exclude each other');
    const both = settingsOf({ ...certificate, SLUICE_STREAM_CLIENT_CA_FILE: '/ca' });
    expect([both.streamTls, both.streamCertificate]).toEqual([true, 'stream']);
  });
});
