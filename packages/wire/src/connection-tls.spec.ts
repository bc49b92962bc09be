import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { createTestAuthority } from '@sluice/testkit';
import type { TestAuthority, TestCertificate } from '@sluice/testkit';
import { createConfigStreamClient } from './client.ts';
import type { ClientSecurity } from './client.ts';
import { encodeControlFrame } from './codec.ts';
import type { ControlFrame } from './frames.ts';
import { certificateFingerprint, parseFingerprints } from './fingerprint.ts';
import { createConfigStreamServer } from './server.ts';
import type { ConfigStreamServer, ServerTls } from './server.ts';

let authority: TestAuthority;
let other: TestAuthority;
let server: TestCertificate;
const cleanups: (() => unknown)[] = [];

beforeAll(async () => {
  [authority, other] = await Promise.all([createTestAuthority(), createTestAuthority()]);
  server = await authority.issue({ names: ['localhost', '127.0.0.1'] });
});

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

interface Running {
  readonly port: number;
  readonly stream: ConfigStreamServer;
  /** Reasons of failed handshakes. */
  readonly faults: string[];
  /** Streams that were accepted: none may be after a failed handshake. */
  streams: number;
}

async function serve(tls: Partial<ServerTls> = {}, host = '127.0.0.1'): Promise<Running> {
  const faults: string[] = [];
  const stream = createConfigStreamServer(
    (call) => {
      running.streams++;
      call.write(encodeControlFrame({ type: 'drain', reason: 'hello' }));
    },
    { onHandshakeFault: (error) => faults.push(error.message) },
  );
  cleanups.push(() => stream.close(0));
  const port = await stream.listen({ host, port: 0 }, { mode: 'tls', ...server, ...tls });
  const running: Running = { port, stream, faults, streams: 0 };
  return running;
}

/** The reason in the first frame, or the error that came instead. */
async function firstReason(
  port: number,
  security: ClientSecurity,
  host = '127.0.0.1',
): Promise<string> {
  const client = createConfigStreamClient({
    address: { host, port },
    security,
    token: 't',
    ip: '127.0.0.1',
  });
  cleanups.push(() => client.close());
  const call = client.connect();
  const failed = once(call, 'error').then(([error]) => (error as Error).message);
  const answered = once(call, 'data').then(([frame]) =>
    (frame as ControlFrame).type === 'drain' ? 'connected' : 'another frame',
  );
  failed.catch(() => undefined);
  answered.catch(() => undefined);
  const reason = await Promise.any([answered, failed]);
  call.cancel();
  return reason;
}

const trusting = (): ClientSecurity => ({ mode: 'tls', ca: authority.ca });
const pinning = (cert: string): ClientSecurity => ({
  mode: 'tls',
  fingerprints: [certificateFingerprint(cert)],
});

describe('a config stream over TLS', () => {
  it.each(['127.0.0.1', 'localhost'])('is accepted by CA and name: %s', async (host) => {
    const { port } = await serve();
    expect(await firstReason(port, trusting(), host)).toBe('connected');
  });

  it('is accepted by its fingerprint alone, whichever name it has', async () => {
    const { port } = await serve();
    expect(await firstReason(port, pinning(server.cert), 'control-plane.test')).toBe('connected');
  });

  it('is refused when CA, name or fingerprint differ, and no stream is opened', async () => {
    const running = await serve();
    const stranger = await other.issue({ names: ['localhost'] });
    expect(await firstReason(running.port, { mode: 'tls', ca: other.ca })).toMatch(
      /not trusted.*SLUICE_STREAM_CA_FILE.*SLUICE_STREAM_FINGERPRINT/s,
    );
    expect(await firstReason(running.port, { mode: 'tls' })).toMatch(/not trusted/);
    expect(await firstReason(running.port, trusting(), 'control-plane.test')).toMatch(
      /not valid for control-plane\.test/,
    );
    expect(await firstReason(running.port, pinning(stranger.cert))).toContain(
      `the fingerprint ${certificateFingerprint(server.cert)}, which is not the expected one`,
    );
    expect(running.streams).toBe(0);
  });

  it('is refused by CA when the certificate has expired', async () => {
    const expired = await authority.issue({ names: ['127.0.0.1'], notAfter: Date.now() - 1_000 });
    const { port } = await serve(expired);
    expect(await firstReason(port, trusting())).toMatch(/expired/);
  });

  it('asks for client certificates, and refuses a node without a valid one', async () => {
    const running = await serve({ clientCa: authority.ca });
    const mine = await authority.issue({ names: ['node-1'] });
    const foreign = await other.issue({ names: ['node-1'] });
    const withCertificate = (certificate: TestCertificate): ClientSecurity => ({
      mode: 'tls',
      ca: authority.ca,
      certificate,
    });
    expect(await firstReason(running.port, withCertificate(mine))).toBe('connected');
    expect(running.streams).toBe(1);
    expect(await firstReason(running.port, trusting())).not.toBe('connected');
    expect(await firstReason(running.port, withCertificate(foreign))).not.toBe('connected');
    expect(running.streams).toBe(1);
    expect(running.faults.length).toBeGreaterThanOrEqual(2);
  });

  it('says so when one side uses TLS and the other does not', async () => {
    const tls = await serve();
    const plaintext = { mode: 'plaintext', allowRemote: false } as const;
    expect(await firstReason(tls.port, plaintext)).toMatch(/UNAVAILABLE/);
    const plain = createConfigStreamServer(() => undefined);
    cleanups.push(() => plain.close(0));
    const port = await plain.listen({ host: '127.0.0.1', port: 0 }, plaintext);
    expect(await firstReason(port, trusting())).toContain(
      'the control plane does not use TLS on the config stream',
    );
  });

  it('uses a renewed certificate for the next connection, and keeps the previous one when it cannot', async () => {
    const { port, stream } = await serve();
    const renewed = await authority.issue({ names: ['127.0.0.1'] });
    stream.renew({ mode: 'tls', ...renewed });
    expect(await firstReason(port, pinning(renewed.cert))).toBe('connected');
    expect(() => stream.renew({ mode: 'tls', cert: renewed.cert, key: server.key })).toThrow();
    expect(await firstReason(port, pinning(renewed.cert))).toBe('connected');
  });

  it('may listen and be reached beyond this machine', async () => {
    const { port } = await serve({}, '0.0.0.0');
    expect(await firstReason(port, trusting(), 'localhost')).toBe('connected');
  });

  it('closes connections that do not finish the handshake when it stops', async () => {
    const { port, stream } = await serve();
    const silent = connect(port, '127.0.0.1');
    cleanups.push(() => silent.destroy());
    await once(silent, 'connect');
    silent.on('error', () => undefined);
    const closed = once(silent, 'close');
    await stream.close(0);
    await closed;
  });
});

describe('fingerprints', () => {
  it('are read with or without colons, in any case, several at once', () => {
    const fingerprint = certificateFingerprint(server.cert);
    const digits = fingerprint.replaceAll(':', '');
    for (const text of [fingerprint, digits, digits.toLowerCase(), `  ${fingerprint}\n`])
      expect(parseFingerprints(text)).toEqual([fingerprint]);
    expect(parseFingerprints(`${fingerprint},${digits}\n${digits}`)).toHaveLength(3);
  });

  it.each(['', ' ', 'abc', `${'0'.repeat(63)}g`, '0'.repeat(40), `sha256:${'0'.repeat(64)}`])(
    'are refused with what is expected: "%s"',
    (text) => {
      expect(() => parseFingerprints(text)).toThrow(/64 hexadecimal digits|no fingerprint/);
    },
  );
});
