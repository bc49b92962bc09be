import type { CertificateFile } from '../net/key-pair.ts';

/** Thrown when a service names a client certificate that this node does not have. */
export class MissingClientCertificate extends Error {
  /** The field of the service that names the certificate. */
  readonly pointer = '/tls/clientCertificate';

  constructor(name: string) {
    super(
      `this node has no client certificate "${name}": put ${name}.crt and ${name}.key into the folder of SLUICE_CLIENT_CERT_DIR, and send SIGHUP to the node`,
    );
  }
}

/**
 * The client certificates of this node, by the name that services use. They are local to the node:
 * neither the control plane nor the config stream contains a private key.
 */
export class ClientCertificates {
  private byName: ReadonlyMap<string, CertificateFile> = new Map();

  /** Replaces the certificates for new connections. An unchanged certificate keeps its object. */
  replace(certificates: Readonly<Record<string, CertificateFile>>): void {
    const before = this.byName;
    const isSame = (name: string, { cert, key }: CertificateFile): boolean =>
      before.get(name)?.cert === cert && before.get(name)?.key === key;
    this.byName = new Map(
      Object.entries(certificates).map(([name, given]) => [
        name,
        isSame(name, given) ? (before.get(name) as CertificateFile) : given,
      ]),
    );
  }

  /** @throws MissingClientCertificate */
  get(name: string): CertificateFile {
    const found = this.byName.get(name);
    if (found === undefined) throw new MissingClientCertificate(name);
    return found;
  }
}
