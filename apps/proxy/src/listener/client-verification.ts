import { createHash, createHmac, randomBytes } from 'node:crypto';
import type { SecureContextOptions, TLSSocket } from 'node:tls';
import { peerCertificateOf } from '../net/peer-certificate.ts';
import { ClientTrust } from './client-trust.ts';

/** Whether clients are asked for a certificate in the handshake, and which are accepted. */
export interface ClientVerification {
  /**
   * `request` accepts clients without a certificate, `require` refuses them; a certificate that
   * cannot be verified is refused in both modes.
   */
  readonly mode: 'off' | 'request' | 'require';
  /** Trusted certificates, PEM texts. The system's are not trusted. */
  readonly cas: readonly string[];
  /** Differs when the mode or a CA differs. */
  readonly digest: string;
  /** Verifies certificates after the handshake, with the revocation lists. */
  readonly trust: ClientTrust;
}

/** Why a handshake that OpenSSL has completed is refused. */
export type ClientFault = 'client_certificate_missing' | 'client_certificate_refused';

/** Clients are not asked. */
export const noClientVerification: ClientVerification = Object.freeze({
  mode: 'off',
  cas: Object.freeze([]),
  digest: '',
  trust: new ClientTrust([]),
});

/**
 * @param cas certificates in PEM that can be parsed; without any, no certificate is accepted
 * @param trust the same certificates, and the revocation lists
 */
export function clientVerification(
  mode: ClientVerification['mode'],
  cas: readonly string[],
  trust = new ClientTrust([]),
): ClientVerification {
  if (mode === 'off') return noClientVerification;
  const hash = createHash('sha256').update(mode);
  for (const ca of cas) hash.update(`\n${ca.length}\n`).update(ca);
  return { mode, cas, digest: hash.digest('hex'), trust };
}

/** The options of a secure context that verifies clients. */
export function verifyingOptions({ mode, cas, digest }: ClientVerification): SecureContextOptions {
  // A session of another context is not resumed; 32 bytes at most. Node derives the default from
  // the command line, which differs between workers.
  const sessionIdContext = `sluice${digest.slice(0, 26)}`;
  if (mode === 'off') return { sessionIdContext };
  // An empty list trusts no certificate; without `ca`, Node would trust those of the system. An
  // intermediate certificate may be trusted without its root.
  return { sessionIdContext, ca: [...cas], allowPartialTrustChain: true };
}

/** Sessions of verified clients are resumed by the process that began them only. */
const ofThisProcess = randomBytes(32);

/**
 * The ticket keys for this verification. A session was verified as its ticket was made: a change of
 * the mode or of a CA makes earlier tickets unreadable, so that a full handshake follows.
 * A ticket has the certificate of the client without the intermediate ones, which only the process
 * of the first handshake knows.
 * @param keys 48 bytes that all processes of the node share
 */
export function ticketKeysFor(keys: Buffer, { mode, digest }: ClientVerification): Buffer {
  if (mode === 'off') return keys;
  return createHmac('sha512', keys)
    .update(`client verification ${digest}`)
    .update(ofThisProcess)
    .digest()
    .subarray(0, 48);
}

/**
 * Checks the client of a completed handshake. Node accepts a certificate that OpenSSL could not
 * verify unless it is told to refuse the missing ones as well. A resumed session carries the
 * certificate and the result of its first handshake; the certificate may have expired since.
 * Revocation lists apply to both.
 * @returns why the client is refused; undefined when it is accepted
 */
export function clientFault(
  socket: TLSSocket,
  mode: ClientVerification['mode'],
  trust: ClientTrust,
  nowMs: number,
): ClientFault | undefined {
  if (mode === 'off') return undefined;
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined)
    return mode === 'require' ? 'client_certificate_missing' : undefined;
  if (!socket.authorized || nowMs >= certificate.validToDate.getTime())
    return 'client_certificate_refused';
  const peer = peerCertificateOf(socket);
  const isRevoked = peer !== undefined && trust.verify(peer, nowMs).fault === 'revoked';
  return isRevoked ? 'client_certificate_refused' : undefined;
}
