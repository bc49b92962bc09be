import { createHmac, randomBytes } from 'node:crypto';
import { hashPassword, isForeignHash, verifyPassword } from '@sluice/passwords';
import type { CredentialDirectory, FoundCredential, PolicyCache } from '@sluice/policy-sdk';
import { HashQueue } from './hash-queue.ts';

// One queue per process: hashes of all attachments share its cores and its memory.
const queue = new HashQueue({ maxRunning: 2, maxWaiting: 256, maxPerCaller: 8 });
// Keys of cached results are of no use outside of the process.
const secret = randomBytes(32);
let dummy: Promise<string> | undefined;

/** A hash with the default cost that no password matches. */
export function dummyHash(): Promise<string> {
  dummy ??= hashPassword(randomBytes(24).toString('base64'));
  return dummy;
}

/** Verifies passwords, each once within a time. */
export class PasswordCheck {
  readonly #cache: PolicyCache;
  readonly #ttlMs: number;
  readonly #credentials: CredentialDirectory;

  /**
   * @param ttlMs how long a verified password is not hashed again; 0 for never
   * @param credentials is told new hashes of passwords that other systems have hashed
   */
  constructor(cache: PolicyCache, ttlMs: number, credentials: CredentialDirectory) {
    this.#cache = cache;
    this.#ttlMs = ttlMs;
    this.#credentials = credentials;
  }

  /** Whether the password was verified a short time ago, so that it needs no hash. */
  remembers(phc: string | undefined, password: string): boolean {
    return phc !== undefined && this.#cache.get(keyOf(phc, password)) === match;
  }

  /**
   * Resolves to whether the password is the one that was hashed. Parallel calls with the same
   * password hash once. Only a match is stored, under a keyed hash of both.
   * @param found undefined for an unknown user, which costs the same time
   * @param caller bounds the hashes of one caller
   * @throws HashQueueFull when too many hashes wait
   */
  async matches(
    found: FoundCredential | undefined,
    password: string,
    caller: string,
  ): Promise<boolean> {
    const phc = found?.secret;
    if (found === undefined || phc === undefined) {
      const hash = await dummyHash();
      await queue.run(caller, () => verifyPassword(hash, password));
      return false;
    }
    const result = await this.#cache.getOrLoad(keyOf(phc, password), async () => {
      const isMatch = await queue.run(caller, () => this.#verify(found, phc, password));
      return { value: isMatch ? match : '0', ttlMs: isMatch ? this.#ttlMs : 0 };
    });
    return result === match;
  }

  async #verify(found: FoundCredential, phc: string, password: string): Promise<boolean> {
    const isMatch = await verifyPassword(phc, password);
    if (!isForeignHash(phc)) return isMatch;
    // Also without a match: the time of SHA-1 alone would tell that there is such a user.
    const rehash = await hashPassword(password);
    if (isMatch) this.#credentials.reportRehash?.(found, rehash);
    return isMatch;
  }
}

/** The cached value of a password that matched. */
const match = '1';

function keyOf(phc: string, password: string): string {
  return createHmac('sha256', secret).update(`${phc}\0${password}`).digest('base64');
}
