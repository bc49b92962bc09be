import type { Principal, Reply } from '@sluice/policy-sdk';
import type { Algorithm, ClaimRules, JsonObject, KeySet, ParsedJwt } from '@sluice/tokens';
import type { ClaimField, ClaimFields } from './claim-fields.ts';

/** The claims that a token must have, apart from the time. */
export type TokenRules = Omit<ClaimRules, 'nowMs' | 'typ' | 'types'> & {
  readonly leewaySeconds: number;
};

/** Keys for a token; undefined when they cannot be obtained now. */
export type MaybeKeys = KeySet | undefined;

/** A token whose signature was verified. Its claims are checked again for every request. */
export interface VerifiedToken {
  readonly authority: TokenAuthority;
  /** The key that has signed it; see `VerificationKey.id`. */
  readonly keyId: string;
  /** Frozen, because several requests share them. */
  readonly claims: JsonObject;
  readonly typ: string | undefined;
  /** Size in memory, bytes, roughly. */
  readonly bytes: number;
  /** The caller that the token was last found to name, for the next request with it. */
  principal: Principal | undefined;
  /** The fields for the upstream that follow from the claims; undefined until they are needed. */
  fields: readonly ClaimField[] | undefined;
}

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
