/**
 * Why a request was not authenticated or not authorised. A bounded list, because each is a value of
 * the label `reason` of `sluice_auth_total` and of `authReason` in the access log.
 */
export const authReasons = Object.freeze([
  'missing',
  'malformed',
  'unknown',
  'conflict',
  'expired',
  'not_yet_valid',
  'revoked',
  'disabled',
  'bad_signature',
  'bad_algorithm',
  'unknown_key',
  'wrong_issuer',
  'wrong_audience',
  'insufficient_scope',
  'not_in_group',
  'groups_overage',
  'replayed',
  'too_many_failures',
  'dependency_failed',
  'denied',
] as const);

/** One of {@link authReasons}. */
export type AuthReason = (typeof authReasons)[number];

/** The reasons of the gateway's own codes, for replies that state none. */
const reasonOfCode: Readonly<Record<string, AuthReason>> = Object.freeze({
  unauthorized: 'missing',
  invalid_credential: 'unknown',
  credential_expired: 'expired',
  credential_disabled: 'disabled',
  too_many_failures: 'too_many_failures',
});

/**
 * Returns the reason of a refusal: the one that it states, or else the usual one of its code and
 * status.
 */
export function reasonOf(reply: {
  readonly status: number;
  readonly code: string | undefined;
  readonly reason: AuthReason | undefined;
}): AuthReason {
  const { status, code, reason } = reply;
  if (reason !== undefined) return reason;
  const known = code === undefined ? undefined : reasonOfCode[code];
  if (known !== undefined) return known;
  return status >= 500 ? 'dependency_failed' : status === 429 ? 'too_many_failures' : 'denied';
}

/** Whether a value is one of the reasons. Custom policies may be plain JavaScript. */
export function isAuthReason(value: unknown): value is AuthReason {
  return (authReasons as readonly unknown[]).includes(value);
}
