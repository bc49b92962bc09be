import {
  createHash,
  createHmac,
  timingSafeEqual,
  verify,
  type KeyObject,
  type VerifyKeyObjectInput,
} from 'node:crypto';
import { traitsOf, type Algorithm } from './algorithms.ts';
import type { ParsedJwt } from './parse-jwt.ts';

/** A key with the algorithms that it may verify. They are a property of the key, not of a token. */
export class VerificationKey {
  /** Name of the key in its set; undefined when it has none. */
  readonly kid: string | undefined;
  readonly algorithms: readonly Algorithm[];
  /** Identifies key, name and algorithms, also when the same key is imported again. */
  readonly id: string;
  readonly #key: KeyObject;
  readonly #inputs = new Map<Algorithm, VerifyKeyObjectInput>();
  /** Curve of an EdDSA key: `Ed25519` or `Ed448`. */
  readonly #edwards: string | undefined;
  readonly #signatureLength: number | undefined;

  /** Takes a key that `import-key.ts` has checked. */
  constructor(key: KeyObject, algorithms: readonly Algorithm[], kid: string | undefined) {
    this.#key = key;
    this.kid = kid;
    this.algorithms = algorithms;
    const content =
      key.type === 'secret' ? key.export() : key.export({ type: 'spki', format: 'der' });
    this.id = createHash('sha256')
      .update(JSON.stringify([kid ?? null, algorithms]))
      .update(content)
      .digest('base64');
    for (const name of algorithms) this.#inputs.set(name, { key, ...traitsOf(name).options });
    const type = key.asymmetricKeyType;
    this.#edwards = type === 'ed25519' ? 'Ed25519' : type === 'ed448' ? 'Ed448' : undefined;
    this.#signatureLength = type === 'ed25519' ? 64 : type === 'ed448' ? 114 : undefined;
  }

  /** Whether the key may have signed the token, by the algorithm that the token names. */
  isFor({ algorithm, algorithmName }: ParsedJwt): boolean {
    if (!this.#inputs.has(algorithm)) return false;
    return algorithm !== 'EdDSA' || algorithmName === 'EdDSA' || algorithmName === this.#edwards;
  }

  /** Whether the signature of the token is this key's. False also for algorithms of other keys. */
  verifies(token: ParsedJwt): boolean {
    const input = this.#inputFor(token);
    if (input === undefined) return false;
    const { signingInput, signature, algorithm } = token;
    const { hash } = traitsOf(algorithm);
    const data = Buffer.from(signingInput, 'latin1');
    if (this.#key.type === 'secret') {
      const expected = createHmac(hash as string, this.#key)
        .update(data)
        .digest();
      return expected.length === signature.length && timingSafeEqual(expected, signature);
    }
    try {
      return verify(hash, data, input, signature);
    } catch {
      // OpenSSL refuses some pairs of key and signature with an error of its own.
      return false;
    }
  }

  /** Like {@link verifies}, on the thread pool: for algorithms that are slow. */
  verifiesLater(token: ParsedJwt): Promise<boolean> {
    const input = this.#inputFor(token);
    if (input === undefined || this.#key.type === 'secret')
      return Promise.resolve(this.verifies(token));
    const { hash } = traitsOf(token.algorithm);
    const data = Buffer.from(token.signingInput, 'latin1');
    return new Promise((resolve) => {
      try {
        verify(hash, data, input, token.signature, (fault, isValid) =>
          resolve(fault === null && isValid),
        );
      } catch {
        resolve(false);
      }
    });
  }

  /** What `node:crypto` needs; undefined when the signature cannot be this key's. */
  #inputFor(token: ParsedJwt): VerifyKeyObjectInput | undefined {
    if (!this.isFor(token)) return undefined;
    const length = this.#signatureLength ?? traitsOf(token.algorithm).signatureLength;
    // DER and padded forms of a signature would make one token many.
    if (length !== undefined && token.signature.length !== length) return undefined;
    return this.#inputs.get(token.algorithm);
  }
}
