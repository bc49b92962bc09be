import type { CertificateFile } from '../../net/key-pair.ts';
import { readKeyPair } from '../../net/key-pair.ts';
import { CertificateIndex } from '../certificate-index.ts';
import { noClientVerification, type ClientVerification } from '../client-verification.ts';
import { indexFiles } from '../file-certificates.ts';
import { ServerCertificates } from '../server-certificates.ts';
import type { HandshakeOutcome, TlsPortOptions } from '../tls-port-options.ts';

/** The TLS settings of a listener that a test changes while it runs. Tests only. */
export class TestTls implements TlsPortOptions {
  files = new CertificateIndex();
  resources = new CertificateIndex();
  verification: ClientVerification = noClientVerification;
  readonly outcomes: HandshakeOutcome[] = [];
  readonly certificates: ServerCertificates;
  readonly ticketKeys: Buffer | undefined;

  constructor(files: readonly CertificateFile[] = [], ticketKeys?: Buffer) {
    this.files = indexFiles(files);
    this.ticketKeys = ticketKeys;
    this.certificates = new ServerCertificates({
      files: () => this.files,
      resources: () => this.resources,
    });
  }

  readonly clients = (): ClientVerification => this.verification;

  readonly onHandshake = (outcome: HandshakeOutcome): void => void this.outcomes.push(outcome);

  /** Adds a certificate as a resource does. Returns what takes it away. */
  add(label: string, { cert, key }: CertificateFile, names?: readonly string[]): () => void {
    const pair = readKeyPair({ cert, key });
    const added = { pair, names: names ?? pair.dnsNames, label };
    this.resources.add(added);
    return () => this.resources.remove(added);
  }
}
