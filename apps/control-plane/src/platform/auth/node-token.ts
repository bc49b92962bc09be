import { timingSafeEqual } from 'node:crypto';
import { hashSecret } from './secret.ts';

/** The token that nodes present when they open the config stream. */
export class NodeToken {
  private readonly hash: Buffer;

  constructor(secret: string) {
    this.hash = Buffer.from(hashSecret(secret));
  }

  /** Compares in constant time. */
  matches(presented: string): boolean {
    return timingSafeEqual(this.hash, Buffer.from(hashSecret(presented)));
  }
}
