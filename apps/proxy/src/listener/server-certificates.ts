import { X509Certificate } from 'node:crypto';
import { createSecureContext, type SecureContext } from 'node:tls';

/** A certificate chain with its key, both PEM. */
export interface ServerCertificate {
  readonly cert: string;
  readonly key: string;
  /** Where it is from, for errors. */
  readonly source?: string;
}

/** The oldest version of TLS that is still spoken: RFC 8996. */
export const minTlsVersion = 'TLSv1.2';

/**
 * Chooses a certificate by the name the client asks for (SNI, RFC 6066): the exact name, then a wildcard for its parent,
 * then the first certificate. Names are those the certificates are made out to.
 */
export class ServerCertificates {
  /** For clients that name no server, or one we have no certificate for. */
  readonly first: ServerCertificate;
  private readonly firstContext: SecureContext;
  private readonly contexts = new Map<string, SecureContext>();

  /** @throws Error that says which certificate is not usable, and why */
  constructor(certificates: readonly ServerCertificate[]) {
    const made = certificates.map((certificate, index) => {
      try {
        const { cert, key } = certificate;
        const context = createSecureContext({ cert, key, minVersion: minTlsVersion });
        for (const name of namesOf(certificate.cert)) if (!this.contexts.has(name)) this.contexts.set(name, context);
        return context;
      } catch (error) {
        throw new Error(`${certificate.source ?? `certificate ${index + 1}`} is not usable: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
      }
    });
    const [first] = certificates;
    const [firstContext] = made;
    if (first === undefined || firstContext === undefined) throw new Error('TLS needs at least one certificate with its key');
    this.first = first;
    this.firstContext = firstContext;
  }

  contextFor(serverName: string): SecureContext {
    const name = serverName.toLowerCase();
    const dot = name.indexOf('.');
    return this.contexts.get(name) ?? (dot < 0 ? undefined : this.contexts.get(`*${name.slice(dot)}`)) ?? this.firstContext;
  }
}

/** DNS names a certificate is made out to; the common name counts for nothing (RFC 9525 section 2). */
function namesOf(cert: string): string[] {
  const names = new X509Certificate(cert).subjectAltName ?? '';
  return names.split(', ').flatMap((entry) => (entry.startsWith('DNS:') ? [entry.slice(4).toLowerCase()] : []));
}
