import type { ParsedJwt } from '@sluice/tokens';
import type { TokenAuthority, VerifiedToken } from './token-authority.ts';

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
