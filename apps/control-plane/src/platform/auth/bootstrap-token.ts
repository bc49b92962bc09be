import { timingSafeEqual } from 'node:crypto';
import type { Caller } from './role.ts';
import { hashSecret } from './secret.ts';

/**
 * The token that the operator has by way of the machine: the environment or a file only the operator can read. It is not in
 * the database, so it works with a new one, and it is changed where it is set.
 */
export class BootstrapToken {
  static readonly identity: Caller = Object.freeze({ tokenId: '00000000-0000-0000-0000-000000000000', name: 'bootstrap', role: 'admin' });
  private readonly hash: Buffer;

  constructor(secret: string) {
    this.hash = Buffer.from(hashSecret(secret));
  }

  /** `hash` as {@link hashSecret} gives it. */
  matches(hash: string): boolean {
    return timingSafeEqual(this.hash, Buffer.from(hash));
  }
}
