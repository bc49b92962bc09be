import { authReasons, reasonOf, type AuthReason } from '../auth-reason.ts';
import type { Reply } from '../reply.ts';
import type { StepExchange } from './steps.ts';

/** Counts one kind of event; an addition, so it suits the request path. */
export interface EventCount {
  add(amount: number): void;
}

/** The series of `sluice_auth_total` of one policy, looked up once. */
export interface AuthCounts {
  /** It recognised the caller, or let the request pass. */
  readonly allowed: EventCount;
  /** The request carries no credential of its kind. */
  readonly absent: EventCount;
  /** It could not decide, because something that it depends on failed. */
  readonly failed: EventCount;
  /** It refused the request. */
  readonly refused: Readonly<Record<AuthReason, EventCount>>;
}

/**
 * Looks up the series of a policy, so that each exists from 0.
 * @param series returns the series of an outcome and a reason
 */
export function authCountsOf(series: (outcome: string, reason: string) => EventCount): AuthCounts {
  const refused = authReasons.map((reason) => [reason, series('refused', reason)] as const);
  return {
    allowed: series('allowed', 'none'),
    absent: series('absent', 'missing'),
    failed: series('failed', 'dependency_failed'),
    refused: Object.fromEntries(refused) as Record<AuthReason, EventCount>,
  };
}

/** For policies in shadow mode, whose decisions are not counted as such. */
export const noAuthCounts: AuthCounts = authCountsOf(() => ({ add: () => undefined }));

/**
 * Records a refusal by a policy that authenticates or authorises: in its series, and for the access
 * log. A reply of status 500 and above says that the policy could not decide.
 */
export function noteRefusal(
  exchange: Pick<StepExchange, 'authPolicy' | 'authReason'>,
  policy: string,
  reply: Reply,
  counts: AuthCounts,
): void {
  const reason = reasonOf(reply);
  exchange.authPolicy = policy;
  exchange.authReason = reason;
  (reply.status >= 500 ? counts.failed : counts.refused[reason]).add(1);
}
