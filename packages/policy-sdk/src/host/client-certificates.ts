import type { PeerCertificate } from '../exchange.ts';

/** Why the certificate of a client is not valid now. */
export type PeerFault =
  /** It leads to no CA that the gateway trusts now. */
  | 'untrusted'
  /** A revocation list of the CA contains it, or an intermediate certificate. */
  | 'revoked'
  | 'expired'
  | 'not_yet_valid';

/** The result of a verification against the configuration in service. */
export interface PeerVerification {
  /** The ids of all CAs of the gateway to which the certificate leads; empty with a fault. */
  readonly cas: readonly string[];
  readonly fault: PeerFault | undefined;
  /** The first instant at which the certificate, or one that it leads to, is no longer valid. */
  readonly expiresAtMs: number | undefined;
}

/**
 * Verifies certificates of clients. The handshake has verified them once, with the CAs and
 * revocation lists of that time; a connection may be open, or be resumed, for long after that.
 */
export interface ClientCertificates {
  /** Verifies with the CAs and lists in service now. Results are kept as long as they are valid. */
  verify(certificate: PeerCertificate): PeerVerification;
}
