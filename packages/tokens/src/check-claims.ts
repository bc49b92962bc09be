import { claimAt } from './claim-at.ts';
import type { JsonObject } from './strict-json.ts';
import { TokenFault } from './token-fault.ts';

/** What the claims of a token have to say. What is left out is not checked. */
export interface ClaimRules {
  /** Current time, milliseconds since the epoch. */
  readonly nowMs: number;
  /** How far clocks may differ, seconds. Default 60. */
  readonly leewaySeconds?: number | undefined;
  /** Whether a token needs `exp`. Default true. */
  readonly requireExp?: boolean | undefined;
  /** The issuers that are accepted, compared byte by byte. */
  readonly issuer?: string | readonly string[] | undefined;
  /** The audiences of which the token has to name one. */
  readonly audience?: string | readonly string[] | undefined;
  /** The clients (`azp`, or `client_id` of RFC 9068) that are accepted. */
  readonly authorizedParty?: readonly string[] | undefined;
  /** `typ` of the header, and the values that are accepted, without `application/`. */
  readonly typ?: string | undefined;
  readonly types?: readonly string[] | undefined;
}

/** NumericDate (RFC 7519) up to the year 9999. Later ones would be tokens without an end. */
const maxDate = 253_402_300_799;

/**
 * Checks the registered claims of a token (RFC 7519, section 4.1; RFC 9068, section 4) whose
 * signature is verified.
 * @returns the first fault; undefined when there is none
 */
export function checkClaims(claims: JsonObject, rules: ClaimRules): TokenFault | undefined {
  return (
    typeFault(rules) ?? formFault(claims) ?? partyFault(claims, rules) ?? timeFault(claims, rules)
  );
}

/**
 * When a token ends, milliseconds since the epoch, leeway included; undefined when it has no `exp`.
 * For claims that {@link checkClaims} has accepted.
 */
export function expiryOf(claims: JsonObject, leewaySeconds = 60): number | undefined {
  const exp = claimAt(claims, ['exp']);
  return typeof exp === 'number' ? (exp + leewaySeconds) * 1_000 : undefined;
}

function typeFault({ typ, types }: ClaimRules): TokenFault | undefined {
  if (types === undefined) return undefined;
  // RFC 7515, section 4.1.9: compared as a media type, whose "application/" may be left out.
  const type = typ?.toLowerCase().replace(/^application\//, '');
  return type !== undefined && types.some((each) => each.toLowerCase() === type)
    ? undefined
    : new TokenFault(
        'malformed',
        `The token is of another type: "typ" has to be ${types.join(' or ')}.`,
      );
}

function formFault(claims: JsonObject): TokenFault | undefined {
  for (const name of ['exp', 'nbf', 'iat'])
    if (!isDate(claimAt(claims, [name])))
      return malformed(`a "${name}" that is no date in seconds since 1970`);
  for (const name of ['iss', 'sub', 'jti', 'azp'])
    if (!isTextOrMissing(claimAt(claims, [name]))) return malformed(`a "${name}" that is no text`);
  return audiencesOf(claims) === undefined
    ? malformed('an "aud" that is neither a text nor a list of texts')
    : undefined;
}

function isDate(value: unknown): boolean {
  return value === undefined || (typeof value === 'number' && Math.abs(value) <= maxDate);
}

function isTextOrMissing(value: unknown): boolean {
  return value === undefined || typeof value === 'string';
}

/** The audiences of a token; undefined when the claim is not well-formed. */
function audiencesOf(claims: JsonObject): readonly string[] | undefined {
  const aud = claimAt(claims, ['aud']);
  if (aud === undefined) return [];
  if (typeof aud === 'string') return [aud];
  return Array.isArray(aud) && aud.every((each) => typeof each === 'string') ? aud : undefined;
}

function partyFault(
  claims: JsonObject,
  { issuer, audience, authorizedParty }: ClaimRules,
): TokenFault | undefined {
  if (issuer !== undefined && !isAmong(claimAt(claims, ['iss']), issuer))
    return new TokenFault('wrong_issuer', 'The issuer of the token is not accepted here.');
  const audiences = audiencesOf(claims) ?? [];
  if (audience !== undefined && !audiences.some((each) => isAmong(each, audience)))
    return new TokenFault('wrong_audience', 'The token is for another audience.');
  const client = claimAt(claims, ['azp']) ?? claimAt(claims, ['client_id']);
  if (authorizedParty !== undefined && !isAmong(client, authorizedParty))
    return new TokenFault(
      'wrong_audience',
      'The token was issued to a client that is not accepted here.',
    );
  return undefined;
}

function isAmong(value: unknown, accepted: string | readonly string[]): boolean {
  return typeof accepted === 'string'
    ? value === accepted
    : accepted.some((each) => each === value);
}

function timeFault(
  claims: JsonObject,
  { nowMs, leewaySeconds = 60, requireExp = true }: ClaimRules,
): TokenFault | undefined {
  const now = nowMs / 1_000;
  const exp = claimAt(claims, ['exp']);
  if (exp === undefined && requireExp)
    return new TokenFault('malformed', 'The token has no end: it needs an "exp".');
  if (typeof exp === 'number' && exp + leewaySeconds <= now)
    return new TokenFault('expired', 'The token has expired: ask its issuer for a new one.');
  for (const name of ['nbf', 'iat']) {
    const from = claimAt(claims, [name]);
    if (typeof from === 'number' && from - leewaySeconds > now)
      return new TokenFault('not_yet_valid', `The token is not valid yet, by its "${name}".`);
  }
  return undefined;
}

function malformed(what: string): TokenFault {
  return new TokenFault('malformed', `The token has ${what}.`);
}
