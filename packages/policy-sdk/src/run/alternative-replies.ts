import { reasonOf, type AuthReason } from '../auth-reason.ts';
import { deny, type HeaderPair, type Reply } from '../reply.ts';
import type { Alternative } from './alternative.ts';

/** The 401 for a request without a credential of these alternatives: one challenge for each. */
export function missingReply(alternatives: readonly Alternative[]): Reply {
  const hints = alternatives.flatMap(({ hint }) => hint ?? []);
  const detail = hints.join(' ') || undefined;
  return deny('unauthorized', detail, alternatives.flatMap(challengeFields), 'missing');
}

/** The 401 for credentials of different callers. */
export function conflictReply(alternatives: readonly Alternative[]): Reply {
  return deny(
    'invalid_credential',
    'The request carries credentials of different callers: send one.',
    alternatives.flatMap(challengeFields),
    'conflict',
  );
}

function challengeFields({ challenges }: Alternative): HeaderPair[] {
  return challenges.map((challenge) => ['WWW-Authenticate', challenge]);
}

/** A refusal that stands when no other alternative recognises the caller, and whose it is. */
export class Doubt {
  readonly member: Alternative;
  readonly reply: Reply;

  constructor(member: Alternative, reply: Reply) {
    this.member = member;
    this.reply = reply;
  }

  /** Returns the more specific of two: the one that says more about the credential. */
  static moreSpecific(one: Doubt | undefined, two: Doubt): Doubt {
    return one === undefined || rankOf(two) > rankOf(one) ? two : one;
  }
}

/** Reasons that say little: the credential may be of another kind, or of another issuer. */
const vague: Readonly<Partial<Record<AuthReason, number>>> = {
  missing: 0,
  malformed: 1,
  unknown: 2,
  wrong_issuer: 3,
  unknown_key: 4,
};

function rankOf({ reply }: Doubt): number {
  return vague[reasonOf(reply)] ?? 5;
}
