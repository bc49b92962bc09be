import type { Clock } from '@sluice/policy-sdk';
import type { VerifiedToken } from './token-authority.ts';

/** How long a signature is not verified again. */
const ttlMs = 300_000;
const maxBytesPerPolicy = 32 * 1_048_576;
const maxBytesOfProcess = 64 * 1_048_576;

/** The bytes that the caches of all attachments hold. */
let bytesOfProcess = 0;

interface Entry {
  readonly token: VerifiedToken;
  readonly endsAtMs: number;
  /** When it was moved to the end of the entries, which happens once in a while only. */
  movedAtMs: number;
}

const moveMs = 1_000;

/**
 * The verified tokens of one attachment, by the hash of the whole token. Bounded in bytes, together
 * with those of all other attachments; the least recently used ones leave first.
 */
export class VerifiedTokens {
  readonly #clock: Clock;
  readonly #entries = new Map<string, Entry>();
  #bytes = 0;
  #isClosed = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Returns the token; undefined when its signature has to be verified. */
  get(hash: string): VerifiedToken | undefined {
    const entry = this.#entries.get(hash);
    if (entry === undefined) return undefined;
    const now = this.#clock.now();
    // A clock that was set back must not keep a token for longer.
    const restMs = entry.endsAtMs - now;
    if (restMs <= 0 || restMs > ttlMs) {
      this.delete(hash);
      return undefined;
    }
    if (now - entry.movedAtMs > moveMs) {
      entry.movedAtMs = now;
      this.#entries.delete(hash);
      this.#entries.set(hash, entry);
    }
    return entry.token;
  }

  /** Keeps a token for five minutes at most. */
  set(hash: string, token: VerifiedToken): void {
    this.delete(hash);
    const { bytes } = token;
    if (this.#isClosed || bytes > maxBytesPerPolicy) return;
    // A cache makes room among its own entries only, so that one attachment cannot empty another's.
    while (this.#bytes + bytes > maxBytesPerPolicy || bytesOfProcess + bytes > maxBytesOfProcess) {
      const oldest = this.#entries.keys().next();
      if (oldest.done === true) return;
      this.delete(oldest.value);
    }
    const now = this.#clock.now();
    this.#entries.set(hash, { token, endsAtMs: now + ttlMs, movedAtMs: now });
    this.#bytes += bytes;
    bytesOfProcess += bytes;
  }

  delete(hash: string): void {
    const entry = this.#entries.get(hash);
    if (entry === undefined) return;
    this.#entries.delete(hash);
    this.#free(entry);
  }

  /** Empties the cache for good. */
  close(): void {
    this.#isClosed = true;
    for (const entry of this.#entries.values()) this.#free(entry);
    this.#entries.clear();
  }

  #free({ token: { bytes } }: Entry): void {
    this.#bytes -= bytes;
    bytesOfProcess -= bytes;
  }
}
