import { deny, type Credential, type HeaderPair, type Reply } from '@sluice/policy-sdk';

/** The refusals of a credential that was verified and must not be used now. */
export interface StateRefusals {
  readonly disabled: Reply;
  readonly expired: Reply;
}

/**
 * Prepares the refusals of disabled and expired credentials.
 * @param challenge the `WWW-Authenticate` fields of the policy
 * @param renewal tells the client of an expired credential what to do, in one sentence
 */
export function stateRefusals(challenge: readonly HeaderPair[], renewal: string): StateRefusals {
  return {
    disabled: deny(
      'credential_disabled',
      'This credential is disabled. Ask the operator of the API to enable it again.',
      challenge,
      'disabled',
    ),
    expired: deny('credential_expired', renewal, challenge, 'expired'),
  };
}

/**
 * Returns the refusal of a credential that is disabled or has expired; undefined when it can be
 * used. Ask only after the credential was verified: the answer reveals that it exists.
 * @param nowMs milliseconds since the epoch
 */
export function stateRefusal(
  { isDisabled, expiresAtMs }: Credential,
  nowMs: number,
  { disabled, expired }: StateRefusals,
): Reply | undefined {
  if (isDisabled === true) return disabled;
  return expiresAtMs !== undefined && expiresAtMs <= nowMs ? expired : undefined;
}
