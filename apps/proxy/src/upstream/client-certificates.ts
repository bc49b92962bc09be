/** A certificate chain with its key, both PEM, that this node shows to targets. */
export interface ClientCertificate {
  readonly cert: string;
  readonly key: string;
  /** Where it is from, for errors. */
  readonly source?: string;
}

/** A service names a client certificate that this node does not have. */
export class MissingClientCertificate extends Error {
  /** Where in the service it is named. */
  readonly pointer = '/tls/clientCertificate';

  constructor(name: string) {
    super(`this node has no client certificate "${name}": put ${name}.crt and ${name}.key into the folder of SLUICE_CLIENT_CERT_DIR, and send SIGHUP to the node`);
  }
}

/**
 * The client certificates of this node, by the name that services call them. They are the node's own: neither the control
 * plane nor the config stream ever holds a private key.
 */
export class ClientCertificates {
  private byName: ReadonlyMap<string, ClientCertificate> = new Map();

  /** Uses others for the connections that are opened from now on. One that did not change stays the same object. */
  replace(certificates: Readonly<Record<string, ClientCertificate>>): void {
    const before = this.byName;
    const isSame = (name: string, { cert, key }: ClientCertificate): boolean => before.get(name)?.cert === cert && before.get(name)?.key === key;
    this.byName = new Map(Object.entries(certificates).map(([name, given]) => [name, isSame(name, given) ? (before.get(name) as ClientCertificate) : given]));
  }

  /** @throws MissingClientCertificate */
  get(name: string): ClientCertificate {
    const found = this.byName.get(name);
    if (found === undefined) throw new MissingClientCertificate(name);
    return found;
  }
}
