import { createSecureContext, type SecureContext } from 'node:tls';
import { minTlsVersion, type KeyPair } from '../net/key-pair.ts';
import { verifyingOptions, type ClientVerification } from './client-verification.ts';

/** Each takes about 30 KB outside of the heap. */
const defaultMaxContexts = 1_024;

/**
 * The TLS contexts of certificates. A context takes 0.5 ms to create, so it is created with the
 * first handshake that needs it: a change of many certificates costs nothing at once. The contexts
 * used last are kept.
 */
export class TlsContexts {
  readonly #max: number;
  readonly #contexts = new Map<KeyPair, SecureContext>();
  #digest = '';

  constructor(max = defaultMaxContexts) {
    this.#max = max;
  }

  get size(): number {
    return this.#contexts.size;
  }

  /** @throws Error when OpenSSL does not accept the certificate, which `readKeyPair` has checked */
  get(pair: KeyPair, clients: ClientVerification): SecureContext {
    if (clients.digest !== this.#digest) {
      this.#contexts.clear();
      this.#digest = clients.digest;
    }
    let context = this.#contexts.get(pair);
    if (context === undefined) {
      const { cert, key } = pair;
      context = createSecureContext({
        cert,
        key,
        minVersion: minTlsVersion,
        ...verifyingOptions(clients),
      });
      if (this.#contexts.size >= this.#max) this.#dropOldest();
    } else {
      this.#contexts.delete(pair);
    }
    this.#contexts.set(pair, context);
    return context;
  }

  #dropOldest(): void {
    for (const pair of this.#contexts.keys()) {
      this.#contexts.delete(pair);
      return;
    }
  }
}
