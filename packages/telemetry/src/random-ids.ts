import { randomFillSync } from 'node:crypto';
import { charCodeAt } from './char-code.ts';

const poolBytes = 4_096;
/**
 * Ids are slices, and a slice keeps the text that it was cut from in memory. The texts are short,
 * so that a kept id retains little.
 */
const textBytes = 512;

/**
 * Random identifiers in lower-case hex, cut from a pool of random bytes: one call of the random
 * generator provides about two hundred ids.
 */
export class RandomIds {
  readonly #pool = Buffer.allocUnsafeSlow(poolBytes);
  #poolPosition = poolBytes;
  #text = '';
  #textPosition = 0;

  /** 128 random bits: 32 hex digits, never all zero. For trace ids and request ids. */
  next128(): string {
    return this.#take(32);
  }

  /** 64 random bits: 16 hex digits, never all zero. For span ids. */
  next64(): string {
    return this.#take(16);
  }

  #take(digits: 16 | 32): string {
    if (this.#textPosition + digits > this.#text.length) this.#refill();
    const id = this.#text.slice(this.#textPosition, this.#textPosition + digits);
    this.#textPosition += digits;
    // W3C Trace Context, section 3.2.2: an id of zeros is not an id.
    return isAllZeros(id, digits) ? this.#take(digits) : id;
  }

  #refill(): void {
    if (this.#poolPosition === poolBytes) {
      randomFillSync(this.#pool);
      this.#poolPosition = 0;
    }
    this.#text = this.#pool.toString('hex', this.#poolPosition, this.#poolPosition + textBytes);
    this.#textPosition = 0;
    this.#poolPosition += textBytes;
  }
}

function isAllZeros(id: string, digits: number): boolean {
  for (let at = 0; at < digits; at++) if (charCodeAt(id, at) !== 0x30) return false;
  return true;
}

/** The pool of this process. */
export const randomIds = new RandomIds();

/**
 * Returns a new request id: 128 random bits as 32 hex digits. It is random and not a counter,
 * because clients see it and must not learn how many requests a node serves. It replaces the
 * `X-Request-Id` of a client.
 */
export function requestId(): string {
  return randomIds.next128();
}
