import { digestOf, readKeyPair, type CertificateFile, type KeyPair } from './key-pair.ts';

/** Parsed pairs that are kept; each holds its two texts. */
const maxPairs = 2_048;

/** Parses each certificate once: an unchanged one keeps its object and so its TLS context. */
export class KeyPairCache {
  readonly #pairs = new Map<string, KeyPair>();

  /** @throws UnusableKeyPair, again for each call */
  read(file: CertificateFile): KeyPair {
    const digest = digestOf(file);
    const known = this.#pairs.get(digest);
    const pair = known ?? readKeyPair(file);
    // The pair that was used last is dropped last.
    if (known !== undefined) this.#pairs.delete(digest);
    else if (this.#pairs.size >= maxPairs) this.#dropOldest();
    this.#pairs.set(digest, pair);
    return pair;
  }

  #dropOldest(): void {
    for (const digest of this.#pairs.keys()) {
      this.#pairs.delete(digest);
      return;
    }
  }
}
