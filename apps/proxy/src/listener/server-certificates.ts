import { X509Certificate } from 'node:crypto';
import { createSecureContext, type SecureContext } from 'node:tls';
import { errorMessage } from '@sluice/errors';

/** A certificate chain and its private key, both PEM. */
export interface ServerCertificate {
  readonly cert: string;
  readonly key: string;
  /** The origin of the certificate, such as its file, for error messages. */
  readonly source?: string;
}

/** The minimum TLS version: RFC 8996 deprecates older ones. */
export const minTlsVersion = 'TLSv1.2';

/**
 * Chooses a certificate by the server name that the client sends (SNI, RFC 6066): the exact name,
 * then a wildcard for its parent domain, then the first certificate. The names are the DNS names in
 * the certificates.
 */
export class ServerCertificates {
  /** Used when the client sends no server name or an unknown one. */
  readonly first: ServerCertificate;
  private readonly firstContext: SecureContext;
  private readonly contexts = new Map<string, SecureContext>();

  /** @throws Error that names the unusable certificate and the reason */
  constructor(certificates: readonly ServerCertificate[]) {
    const made = certificates.map((certificate, index) => {
      try {
        const { cert, key } = certificate;
        const context = createSecureContext({ cert, key, minVersion: minTlsVersion });
        for (const name of namesOf(certificate.cert))
          if (!this.contexts.has(name)) this.contexts.set(name, context);
        return context;
      } catch (error) {
        throw new Error(
          `${certificate.source ?? `certificate ${index + 1}`} is not usable: ${errorMessage(error)}`,
          { cause: error },
        );
      }
    });
    const [first] = certificates;
    const [firstContext] = made;
    if (first === undefined || firstContext === undefined)
      throw new Error('TLS needs at least one certificate with its key');
    this.first = first;
    this.firstContext = firstContext;
  }

  contextFor(serverName: string): SecureContext {
    const name = serverName.toLowerCase();
    const dot = name.indexOf('.');
    return (
      this.contexts.get(name) ??
      (dot < 0 ? undefined : this.contexts.get(`*${name.slice(dot)}`)) ??
      this.firstContext
    );
  }
}

/** The DNS names of a certificate. The common name is ignored (RFC 9525 section 2). */
function namesOf(cert: string): string[] {
  const names = new X509Certificate(cert).subjectAltName ?? '';
  return names
    .split(', ')
    .flatMap((entry) => (entry.startsWith('DNS:') ? [entry.slice(4).toLowerCase()] : []));
}
