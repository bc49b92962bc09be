import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { HeaderList } from '@sluice/http1';
import {
  createTestAuthority,
  type TestAuthority,
  type TestCertificate,
} from '../../../../packages/testkit/src/certificates.ts';
import type { Downstream } from '../exchange/downstream.ts';
import { localCertificate } from '../upstream/testing/certificates.ts';
import { clientVerification } from './client-verification.ts';
import { eventually, RunningListener } from './testing/running-listener.ts';
import type { TestTls } from './testing/test-tls.ts';

/** Answers with what the exchange knows of the client's certificate. */
function describePeer(downstream: Downstream): void {
  const { peerCertificate } = downstream;
  const isCached = peerCertificate === downstream.peerCertificate;
  const { subject, sans } = peerCertificate ?? { subject: 'none', sans: [] };
  downstream.respond(200, new HeaderList(), `${subject} ${sans.join(' ')} ${isCached}`);
}

describe.each(['TLSv1.2', 'TLSv1.3'] as const)('client certificates with %s', (version) => {
  let ours: TestAuthority;
  let theirs: TestAuthority;
  let good: TestCertificate;
  let foreign: TestCertificate;
  let expired: TestCertificate;
  let running: RunningListener;
  let tls: TestTls;
  const sockets: TLSSocket[] = [];

  beforeAll(async () => {
    ours = await createTestAuthority('ours');
    theirs = await createTestAuthority('theirs');
    [good, foreign, expired] = await Promise.all([
      ours.issue({ names: ['client.test', '10.0.0.1'] }),
      theirs.issue({ names: ['client.test'] }),
      ours.issue({ names: ['old.test'], notAfter: Date.now() - 1_000 }),
    ]);
  });
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    await running.stop();
  });

  const serve = async (mode: 'off' | 'request' | 'require', cas = [ours.ca]): Promise<void> => {
    running = await RunningListener.start(describePeer, { certificates: [localCertificate] });
    tls = running.tls as TestTls;
    tls.verification = clientVerification(mode, cas);
  };

  interface Call {
    /** The content of the response; the error when there was none. */
    readonly content: string;
    readonly reused: boolean;
    readonly session: Buffer | undefined;
  }
  const call = async (
    certificate?: TestCertificate,
    options: ConnectionOptions = {},
  ): Promise<Call> => {
    const socket = connect({
      port: running.port,
      host: '127.0.0.1',
      servername: 'localhost',
      rejectUnauthorized: false,
      minVersion: version,
      maxVersion: version,
      ALPNProtocols: ['http/1.1'],
      ...certificate,
      ...options,
    });
    sockets.push(socket);
    let session: Buffer | undefined;
    socket.on('session', (ticket) => (session = ticket));
    const over = new Promise<string>((resolve) => {
      socket.on('error', (error: NodeJS.ErrnoException) =>
        resolve(`${error.code} ${error.message}`),
      );
      socket.on('close', () => resolve('closed'));
      socket.on('data', (chunk: Buffer) =>
        resolve(chunk.toString('latin1').split('\r\n\r\n')[1] ?? ''),
      );
    });
    socket.write('GET / HTTP/1.1\r\nHost: a.test\r\n\r\n');
    const content = await over;
    const result = { content, reused: socket.isSessionReused(), session };
    socket.destroy();
    return result;
  };
  const known = 'CN=client.test DNS:client.test IP:10.0.0.1 true';
  const refused = /^(?:ERR_SSL_|EPROTO|ECONNRESET|EPIPE|closed)/;

  it('are not asked for when verification is off', async () => {
    await serve('off');
    expect((await call(good)).content).toBe('none  true');
    expect((await call(foreign)).content).toBe('none  true');
  });

  it('are required: a missing one is refused with an alert, a bad one with the connection', async () => {
    await serve('require');
    expect((await call(good)).content).toBe(known);
    expect((await call()).content).toMatch(/alert (?:certificate required|handshake failure)/);
    expect((await call(foreign)).content).toMatch(refused);
    expect((await call(expired)).content).toMatch(refused);
    await eventually(() => tls.outcomes.length === 4);
    expect(tls.outcomes).toEqual([
      'completed',
      'client_certificate_missing',
      'client_certificate_refused',
      'client_certificate_refused',
    ]);
  });

  it('are requested: none is accepted, a bad one is refused', async () => {
    await serve('request');
    expect((await call(good)).content).toBe(known);
    expect((await call()).content).toBe('none  true');
    expect((await call(foreign)).content).toMatch(refused);
    expect((await call(expired)).content).toMatch(refused);
  });

  it('are all refused when no CA is left, those of the system included', async () => {
    await serve('require', []);
    expect((await call(good)).content).toMatch(refused);
  });

  it('are verified against the CA alone when clients name another server', async () => {
    await serve('require');
    tls.add('other', await theirs.issue({ names: ['other.test'] }));
    const servername = 'other.test';
    expect((await call(good, { servername })).content).toBe(known);
    expect((await call(foreign, { servername })).content).toMatch(refused);
    expect((await call(undefined, { servername })).content).toMatch(refused);
  });

  it('stay with a resumed session, which a change of a CA ends', async () => {
    await serve('require', [ours.ca, theirs.ca]);
    const first = await call(foreign);
    const session = first.session as Buffer;
    const again = await call(foreign, { session });
    expect([first.reused, again.reused, again.content]).toEqual([
      false,
      true,
      'CN=client.test DNS:client.test true',
    ]);
    // Without the certificate, the session alone still proves who the client is.
    expect((await call(undefined, { session })).content).toBe(again.content);
    tls.verification = clientVerification('require', [ours.ca]);
    expect((await call(foreign, { session })).content).toMatch(refused);
    expect((await call(undefined, { session })).content).toMatch(refused);
    const fresh = await call(good, { session });
    expect([fresh.reused, fresh.content]).toEqual([false, known]);
  });

  it('are asked for in spite of a session that was made without one', async () => {
    await serve('off');
    const { session } = await call();
    expect((await call(undefined, { session: session as Buffer })).reused).toBe(true);
    tls.verification = clientVerification('request', [ours.ca]);
    const requested = await call(undefined, { session: session as Buffer });
    expect([requested.reused, requested.content]).toEqual([false, 'none  true']);
    const none = requested.session as Buffer;
    expect((await call(undefined, { session: none })).content).toBe('none  true');
    tls.verification = clientVerification('require', [ours.ca]);
    for (const old of [session as Buffer, none])
      expect((await call(undefined, { session: old })).content).toMatch(refused);
    expect((await call(good, { session: none })).content).toBe(known);
  });

  it('are known to the exchanges of HTTP/2', async () => {
    await serve('request');
    const session = connectHttp2(`https://localhost:${running.port}`, {
      rejectUnauthorized: false,
      minVersion: version,
      maxVersion: version,
      ...good,
    });
    const bodies = await Promise.all(
      [0, 1].map(async () => {
        const stream = session.request({ ':path': '/' });
        let body = '';
        stream.on('data', (chunk: Buffer) => (body += chunk.toString()));
        await once(stream, 'end');
        return body;
      }),
    );
    session.destroy();
    expect(bodies).toEqual([known, known]);
  });
});
