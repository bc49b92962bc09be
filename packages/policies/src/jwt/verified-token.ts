import type { FieldName, Principal } from '@sluice/policy-sdk';
import type { JsonObject, ParsedJwt } from '@sluice/tokens';
import type { TokenAuthority } from './token-authority.ts';

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
  fields: readonly (readonly [FieldName, string])[] | undefined;
}

/** What the objects of a parsed token take, compared with its text. */
const bytesPerCharacter = 4;
const bytesPerToken = 1_024;

/** Creates the record of a token that a key has verified. */
export function verifiedToken(
  { claims, typ, signingInput }: ParsedJwt,
  authority: TokenAuthority,
  keyId: string,
): VerifiedToken {
  const bytes = bytesPerToken + bytesPerCharacter * signingInput.length;
  freeze(claims);
  return { authority, keyId, claims, typ, bytes, principal: undefined, fields: undefined };
}

function freeze(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  Object.freeze(value);
  for (const inner of Object.values(value)) freeze(inner);
}
