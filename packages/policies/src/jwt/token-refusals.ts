import { deny, unrecognised, type Reply, type Unrecognised } from '@sluice/policy-sdk';
import type { TokenFault } from '@sluice/tokens';
import type { BearerReplies } from '../authentication/bearer-replies.ts';

/** The refusals of tokens, each created once: the texts of faults contain nothing of a token. */
export class TokenRefusals {
  readonly #replies: BearerReplies;
  readonly #refusals = new Map<string, Reply>();
  readonly #doubts = new Map<string, Unrecognised>();
  /** For a token whose keys cannot be fetched. */
  readonly unavailable: Reply = deny(
    'policy_failed',
    'The keys of the token cannot be fetched now. Try again later.',
    [['Retry-After', '5']],
    'dependency_failed',
  );

  constructor(replies: BearerReplies) {
    this.#replies = replies;
  }

  /** The 401 for a token that is certainly meant for this policy. */
  of({ reason, detail }: TokenFault): Reply {
    let reply = this.#refusals.get(detail);
    if (reply === undefined) {
      reply = this.#replies.refusal(reason, detail);
      this.#refusals.set(detail, reply);
    }
    return reply;
  }

  /** The 401 for a token that may be meant for another policy. */
  doubtOf(fault: TokenFault): Unrecognised {
    let doubt = this.#doubts.get(fault.detail);
    if (doubt === undefined) {
      doubt = unrecognised(this.of(fault));
      this.#doubts.set(fault.detail, doubt);
    }
    return doubt;
  }
}
