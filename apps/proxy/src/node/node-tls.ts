import type { GatewayMetrics, Logger } from '@sluice/telemetry';
import { BoundedLog } from '../exchange/bounded-log.ts';
import { CertificateIndex } from '../listener/certificate-index.ts';
import { indexFiles } from '../listener/file-certificates.ts';
import { ServerCertificates } from '../listener/server-certificates.ts';
import type { HandshakeOutcome, TlsPortOptions } from '../listener/tls-port-options.ts';
import type { CertificateFile } from '../net/key-pair.ts';
import type { ConfiguredTls } from '../runtime/apply.ts';

/** Series of the expiry metric; beyond it, the certificates that expire last have none. */
const maxExpirySeries = 500;

/** The TLS port of one process: its certificates, client verification, metrics and log. */
export class NodeTls {
  readonly #metrics: GatewayMetrics;
  readonly #logger: Pick<Logger, 'warn' | 'debug'>;
  readonly #configured: () => ConfiguredTls;
  readonly #refused: BoundedLog;
  readonly #certificates: ServerCertificates;
  #files = new CertificateIndex();

  constructor(
    metrics: GatewayMetrics,
    logger: Pick<Logger, 'warn' | 'debug'>,
    configured: () => ConfiguredTls,
  ) {
    this.#metrics = metrics;
    this.#logger = logger;
    this.#configured = configured;
    // One line a second says enough: each client that connects meets the same.
    this.#refused = new BoundedLog((fields, message) => logger.warn(fields, message), 1);
    this.#certificates = new ServerCertificates({
      files: () => this.#files,
      resources: () => configured().serverCertificates,
    });
  }

  /** The number of certificates that clients can get. */
  get size(): number {
    return this.#files.size + this.#configured().serverCertificates.size;
  }

  /**
   * Uses other certificates of files from the next handshake on.
   * @throws Error when one is not usable; the previous ones then stay in use
   */
  setFiles(files: readonly CertificateFile[]): void {
    this.#files = indexFiles(files, this.#files);
  }

  /** @param ticketKeys shared by the processes of the node */
  portOptions(ticketKeys: Buffer | undefined): TlsPortOptions {
    return {
      certificates: this.#certificates,
      clients: () => this.#configured().clientVerification,
      ticketKeys,
      onHandshake: (outcome, reason) => this.#note(outcome, reason),
    };
  }

  /** Sets the gauge of the expiry of each certificate. */
  collect(): void {
    const { certificateExpiry } = this.#metrics;
    certificateExpiry.clear();
    let certificates = [...this.#certificates.all()];
    if (certificates.length > maxExpirySeries)
      certificates = certificates
        .sort((a, b) => a.pair.notAfterMs - b.pair.notAfterMs)
        .slice(0, maxExpirySeries);
    for (const { label, pair } of certificates)
      certificateExpiry.set(pair.notAfterMs / 1_000, label);
  }

  #note(outcome: HandshakeOutcome, reason: string): void {
    this.#metrics.tlsHandshakes[outcome].add(1);
    if (outcome === 'no_server_certificate')
      this.#refused.write(
        { reason },
        'a TLS handshake was refused, because this node has no certificate: create one for its gateway with POST /v1/certificates, or set SLUICE_TLS_CERT_FILE and SLUICE_TLS_KEY_FILE',
      );
    else if (reason !== '') this.#logger.debug({ outcome, reason }, 'a TLS handshake failed');
  }
}
