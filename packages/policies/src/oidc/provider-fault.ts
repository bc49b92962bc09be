import { HttpFault } from '@sluice/policy-sdk';
import type * as OpenIdClient from 'openid-client';

type Library = typeof OpenIdClient;

/** Why the provider, or its answer, did not lead to a login. */
export type LoginFaultKind =
  /** The code or refresh token is used, expired or revoked (`invalid_grant`). */
  | 'grant'
  /** The provider says that the person has not logged in, such as `access_denied`. */
  | 'denied'
  /** The answer is not valid: issuer, signature, nonce, audience, time. */
  | 'invalid';

/** A refusal that the person, or the answer of the provider, causes. It is no fault of ours. */
export class LoginFault extends Error {
  override readonly name = 'LoginFault';
  readonly kind: LoginFaultKind;

  constructor(kind: LoginFaultKind, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.kind = kind;
  }
}

/** Codes of openid-client for an answer that does not pass its checks. */
const invalidAnswer = new Set([
  'OAUTH_INVALID_RESPONSE',
  'OAUTH_JWT_CLAIM_COMPARISON_FAILED',
  'OAUTH_JWT_TIMESTAMP_CHECK_FAILED',
  'OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED',
  'OAUTH_KEY_SELECTION_FAILED',
  'OAUTH_UNSUPPORTED_OPERATION',
]);

/**
 * Returns the fault of a call: a {@link LoginFault} when the provider refuses or its answer is not
 * valid, otherwise an Error, for which the gateway answers 503. Messages contain nothing that the
 * provider or the client sent, except codes.
 */
export function faultOfProvider(fault: unknown, library: Library): Error {
  if (fault instanceof LoginFault || fault instanceof HttpFault) return fault;
  if (fault instanceof library.AuthorizationResponseError)
    return new LoginFault('denied', `the provider answered ${codeOf(fault.error)}`, fault);
  if (fault instanceof library.ResponseBodyError) {
    const message = `the provider answered ${fault.status} ${codeOf(fault.error)}`;
    return fault.error === 'invalid_grant'
      ? new LoginFault('grant', message, fault)
      : new Error(message, { cause: fault });
  }
  if (fault instanceof library.ClientError) {
    const http = causeOf(fault);
    if (http !== undefined) return http;
    const { code } = fault;
    if (code !== undefined && invalidAnswer.has(code))
      return new LoginFault('invalid', `the answer of the provider is not valid: ${code}`, fault);
  }
  const { code } = fault as { readonly code?: unknown };
  const known = typeof code === 'string' && /^[A-Z_]{1,64}$/.test(code) ? `: ${code}` : '';
  return new Error(`the answer of the provider cannot be used${known}`, { cause: fault });
}

function causeOf(fault: Error): HttpFault | undefined {
  for (let cause: unknown = fault.cause; cause instanceof Error; cause = cause.cause)
    if (cause instanceof HttpFault) return cause;
  return undefined;
}

/** An error code of RFC 6749 (section 4.1.2.1), which is safe in logs. */
function codeOf(error: string): string {
  return /^[a-z_]{1,64}$/.test(error) ? error : 'an unknown error';
}
