import type { ClientFault, ClientVerification } from './client-verification.ts';
import type { ServerCertificates } from './server-certificates.ts';

/** How a handshake ended; the label of `sluice_tls_handshakes_total`. */
export type HandshakeOutcome =
  'completed' | 'resumed' | 'failed' | 'timed_out' | 'no_server_certificate' | ClientFault;

/** What a TLS port uses. It is asked for each handshake: a change applies to the next one. */
export interface TlsPortOptions {
  readonly certificates: ServerCertificates;
  /** Whether clients are asked for certificates; absent: they are not. */
  readonly clients: () => ClientVerification;
  /**
   * 48 bytes that encrypt session tickets. Processes on one port share them, so that a client can
   * resume with any.
   */
  readonly ticketKeys?: Buffer | undefined;
  /**
   * Called once for each handshake.
   * @param reason why it failed; empty when it did not
   */
  readonly onHandshake?: ((outcome: HandshakeOutcome, reason: string) => void) | undefined;
}
