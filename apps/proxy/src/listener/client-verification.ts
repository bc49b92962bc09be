import { createHash, createHmac } from 'node:crypto';
import type { SecureContextOptions, TLSSocket } from 'node:tls';

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
}

/** Why a handshake that OpenSSL has completed is refused. */
export type ClientFault = 'client_certificate_missing' | 'client_certificate_refused';

/** Clients are not asked. */
export const noClientVerification: ClientVerification = Object.freeze({
  mode: 'off',
  cas: Object.freeze([]),
  digest: '',
});

/** @param cas certificates in PEM that can be parsed; without any, no certificate is accepted */
export function clientVerification(
  mode: ClientVerification['mode'],
  cas: readonly string[],
): ClientVerification {
  if (mode === 'off') return noClientVerification;
  const hash = createHash('sha256').update(mode);
  for (const ca of cas) hash.update(`\n${ca.length}\n`).update(ca);
  return { mode, cas, digest: hash.digest('hex') };
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

/**
 * The ticket keys for this verification. A session was verified as its ticket was made: a change of
 * the mode or of a CA makes earlier tickets unreadable, so that a full handshake follows.
 * @param keys 48 bytes that all processes of the node share
 */
export function ticketKeysFor(keys: Buffer, { mode, digest }: ClientVerification): Buffer {
  if (mode === 'off') return keys;
  return createHmac('sha512', keys)
    .update(`client verification ${digest}`)
    .digest()
    .subarray(0, 48);
}

/**
 * Checks the client of a completed handshake. Node accepts a certificate that OpenSSL could not
 * verify unless it is told to refuse the missing ones as well. A resumed session carries the
 * certificate and the result of its first handshake; the certificate may have expired since.
 * @returns why the client is refused; undefined when it is accepted
 */
export function clientFault(
  socket: TLSSocket,
  { mode }: ClientVerification,
  nowMs: number,
): ClientFault | undefined {
  if (mode === 'off') return undefined;
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined)
    return mode === 'require' ? 'client_certificate_missing' : undefined;
  const isAccepted = socket.authorized && nowMs < certificate.validToDate.getTime();
  return isAccepted ? undefined : 'client_certificate_refused';
}
