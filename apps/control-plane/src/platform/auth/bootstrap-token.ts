import { timingSafeEqual } from 'node:crypto';
import type { Caller } from './role.ts';
import { hashSecret } from './secret.ts';

/**
 * The admin token that the operator sets in the environment or reads from a file. It is not stored
 * in the database, so it works with a new database, and it is changed where it is set.
 */
export class BootstrapToken {
  static readonly identity: Caller = Object.freeze({
    tokenId: '00000000-0000-0000-0000-000000000000',
    name: 'bootstrap',
    role: 'admin',
  });
  private readonly hash: Buffer;

  constructor(secret: string) {
    this.hash = Buffer.from(hashSecret(secret));
  }

  /** Compares with a hash from {@link hashSecret}, in constant time. */
  matches(hash: string): boolean {
    return timingSafeEqual(this.hash, Buffer.from(hash));
  }
}
