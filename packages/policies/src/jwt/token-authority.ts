import type { Principal, Reply } from '@sluice/policy-sdk';
import type { Algorithm, ClaimRules, KeySet, ParsedJwt } from '@sluice/tokens';
import type { ClaimFields } from './claim-fields.ts';
import type { VerifiedToken } from './verified-token.ts';

/** The claims that a token must have, apart from the time. */
export type TokenRules = Omit<ClaimRules, 'nowMs' | 'typ' | 'types'> & {
  readonly leewaySeconds: number;
};

/** Keys for a token; undefined when they cannot be obtained now. */
export type MaybeKeys = KeySet | undefined;

/** Whose tokens these are: an issuer of the configuration, or the credential of a consumer. */
export interface TokenAuthority {
  readonly algorithms: readonly Algorithm[];
  readonly rules: TokenRules;
  /** The accepted values of `typ`; undefined for the usual ones. */
  readonly types: readonly string[] | undefined;
  /** Writes claims into fields for the upstream. */
  readonly fields: ClaimFields;
  /** The keys for a token. A promise when they have to be fetched first. */
  keysFor(token: ParsedJwt): MaybeKeys | Promise<MaybeKeys>;
  /** Fetches keys again for a token that none fits; undefined when that is of no use now. */
  refetched(): Promise<MaybeKeys> | undefined;
  /** Whether the keys are as old as they are because the last attempt to fetch them failed. */
  readonly isFailing: boolean;
  /** Whether a key still verifies tokens. Must be cheap: it is asked for every request. */
  accepts(keyId: string): boolean;
  /** The caller that a token names, or a refusal. */
  callerOf(token: VerifiedToken): Principal | Reply;
}

/** The values of `typ` that are accepted unless the configuration lists others, besides none. */
export const usualTypes: readonly string[] = Object.freeze(['JWT', 'at+jwt']);
