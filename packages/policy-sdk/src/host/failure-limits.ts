import type { Exchange } from '../exchange.ts';
import type { Reply } from '../reply.ts';

/**
 * Bounds failed attempts to authenticate, by the network of the client (IPv4 address, /64 of IPv6)
 * and by user, in each process. A success does not forgive failures, because an attacker may have
 * a credential of its own. It never spends a consumer's quota.
 *
 * A user from a network where it has succeeded recently is never refused. A user with too many
 * failures is refused only to networks that have failed for it: the first attempt of any other
 * network is verified, so that a flood cannot lock the user out.
 */
export interface FailureLimits {
  /**
   * Returns the 429 to send instead of verifying the credential; undefined when it may be verified.
   * Ask it before anything costly: a password hash, a signature, a call. Where the look-up is
   * cheap, look up first and ask only when it has failed, so that valid callers are never refused.
   * @param user the name that the request claims, when it claims one
   */
  refusal(exchange: Exchange, user?: string): Reply | undefined;
  /** Counts a failed attempt. Do not count expired or disabled credentials that are right. */
  failed(exchange: Exchange, user?: string): void;
  /** Remembers that the user has authenticated from this network. */
  succeeded(exchange: Exchange, user: string): void;
}
