import {
  chooseForName,
  type CertificateIndex,
  type ServerCertificate,
} from './certificate-index.ts';

/** Gives the certificates in use; asked again for each handshake. */
export interface CertificateOrigins {
  /** Those of files. */
  readonly files: () => CertificateIndex;
  /** Those of the configuration in service. */
  readonly resources: () => CertificateIndex | undefined;
}

/**
 * Chooses the certificate of a handshake from those of files and those of resources.
 *
 * The server name decides: the exact name, then a wildcard for its parent domain, then the default.
 * Of several certificates for one name, a valid one is chosen, then the one that expires last; then
 * a file precedes a resource. The default is the first certificate of the files, if there are any,
 * otherwise the first resource by name that is valid.
 */
export class ServerCertificates {
  readonly #origins: CertificateOrigins;

  constructor(origins: CertificateOrigins) {
    this.#origins = origins;
  }

  /**
   * @param serverName as the client sent it; undefined when it sent none
   * @returns undefined only while there is no certificate at all
   */
  select(serverName: string | undefined, nowMs: number): ServerCertificate | undefined {
    if (serverName === undefined || serverName === '') return this.#default(nowMs);
    const name = serverName.toLowerCase();
    const dot = name.indexOf('.');
    return (
      this.#named(name, nowMs) ??
      (dot < 0 ? undefined : this.#named(`*${name.slice(dot)}`, nowMs)) ??
      this.#default(nowMs)
    );
  }

  /** All certificates, those of files first. */
  *all(): Generator<ServerCertificate> {
    yield* this.#origins.files().all();
    yield* this.#origins.resources()?.all() ?? [];
  }

  #named(name: string, nowMs: number): ServerCertificate | undefined {
    const { files, resources } = this.#origins;
    return chooseForName(files().named(name), resources()?.named(name), nowMs);
  }

  #default(nowMs: number): ServerCertificate | undefined {
    const { files, resources } = this.#origins;
    for (const first of files().all()) return first;
    return resources()?.defaultAt(nowMs);
  }
}
