import { errorMessage } from '@sluice/errors';
import { importJwk } from './import-key.ts';
import type { ParsedJwt } from './parse-jwt.ts';
import { isObject } from './strict-json.ts';
import type { VerificationKey } from './verification-key.ts';

/** More keys than any issuer has; each one costs memory and, without `kid`, a verification. */
const maxKeys = 100;

/** A key of a key set that is not used, and why. */
export interface SkippedKey {
  /** Its place in the set. */
  readonly index: number;
  readonly why: string;
}

const noKeys: readonly VerificationKey[] = [];

/** Keys that verify tokens, found by their `kid`. */
export class KeySet {
  readonly keys: readonly VerificationKey[];
  /** Keys of the JWKS that are not used. */
  readonly skipped: readonly SkippedKey[];
  readonly #byKid = new Map<string, VerificationKey[]>();
  readonly #unnamed: readonly VerificationKey[];
  readonly #ids: ReadonlySet<string>;

  constructor(keys: readonly VerificationKey[], skipped: readonly SkippedKey[] = []) {
    this.keys = keys;
    this.skipped = skipped;
    this.#unnamed = keys.filter(({ kid }) => kid === undefined);
    this.#ids = new Set(keys.map(({ id }) => id));
    for (const key of keys) {
      if (key.kid === undefined) continue;
      const same = this.#byKid.get(key.kid);
      if (same === undefined) this.#byKid.set(key.kid, [key]);
      else same.push(key);
    }
  }

  /**
   * Takes the usable keys of a JWK set (RFC 7517, section 5). Keys for encryption, of unknown types
   * and with faults are skipped, as the RFC asks for.
   * @throws TypeError when the value is no JWK set
   */
  static of(jwks: unknown): KeySet {
    if (!isObject(jwks) || !Array.isArray(jwks['keys']))
      throw new TypeError('is no JWK set: it has no list "keys"');
    const keys = new Map<string, VerificationKey>();
    const skipped: SkippedKey[] = [];
    for (const [index, jwk] of (jwks['keys'] as unknown[]).entries()) {
      if (keys.size >= maxKeys) {
        skipped.push({ index, why: `is one of more than ${maxKeys} keys` });
        break;
      }
      try {
        const key = importJwk(jwk);
        keys.set(key.id, key);
      } catch (fault) {
        skipped.push({ index, why: errorMessage(fault) });
      }
    }
    return new KeySet([...keys.values()], skipped);
  }

  /** Whether the set has this key, with the same name and algorithms. */
  has(id: string): boolean {
    return this.#ids.has(id);
  }

  /**
   * The keys that may have signed a token: those of its `kid`, or without one all keys. A key
   * without a name may have signed any token.
   */
  candidatesFor({ kid }: Pick<ParsedJwt, 'kid'>): readonly VerificationKey[] {
    if (kid === undefined) return this.keys;
    const named = this.#byKid.get(kid);
    if (named === undefined) return this.#unnamed;
    return this.#unnamed.length === 0 ? named : [...named, ...this.#unnamed];
  }

  /** A set without keys. */
  static readonly empty: KeySet = new KeySet(noKeys);
}
