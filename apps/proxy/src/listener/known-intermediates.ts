import type { X509Certificate } from 'node:crypto';

const maxKnown = 256;

/**
 * Intermediate certificates that clients of this process have presented and that lead to a trusted
 * CA. A resumed session carries the certificate of the client without them (OpenSSL's tickets have
 * only that), so they are remembered; they are not secret, and trusted by themselves they are not.
 */
class KnownIntermediates {
  readonly #byFingerprint = new Map<string, X509Certificate>();

  /** Remembers a certificate; those used last are kept. */
  add(x509: X509Certificate): void {
    this.#byFingerprint.delete(x509.fingerprint256);
    this.#byFingerprint.set(x509.fingerprint256, x509);
    if (this.#byFingerprint.size <= maxKnown) return;
    const [oldest] = this.#byFingerprint.keys();
    this.#byFingerprint.delete(oldest as string);
  }

  all(): Iterable<X509Certificate> {
    return this.#byFingerprint.values();
  }
}

export const intermediates = new KnownIntermediates();
