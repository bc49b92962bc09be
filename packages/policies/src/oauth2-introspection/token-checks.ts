import { createHash } from 'node:crypto';
import type { Exchange, Reply } from '@sluice/policy-sdk';
import { checkClaims, claimAt, isObject, type JsonObject } from '@sluice/tokens';
import type { BearerReplies } from '../authentication/bearer-replies.ts';

/** What an active token has to be; see the schema. */
export interface TokenRules {
  readonly requireTokenType: boolean;
  readonly issuer?: string | undefined;
  readonly audience: 'any' | readonly string[];
  readonly scopes: readonly string[];
  readonly leewaySeconds: number;
}

/** Tokens that are not for APIs. Some servers call them active as well. */
const otherKinds = /^(?:refresh|offline|id|logout)(?:[_ -]?token)?$/i;

/** The claims that issuers use: RFC 8693, section 4.2, Entra ID, others. The first one counts. */
const scopeClaims = ['scope', 'scp', 'scopes'];

/** Checks what an authorization server states about an active token, for each request. */
export class TokenChecks {
  readonly #rules: TokenRules;
  readonly #replies: BearerReplies;
  readonly #otherKind: Reply;
  readonly #otherHolder: Reply;
  readonly #insufficient: Reply;

  constructor(rules: TokenRules, replies: BearerReplies) {
    this.#rules = rules;
    this.#replies = replies;
    this.#otherKind = replies.refusal('malformed', 'The token is no access token to bear.');
    this.#otherHolder = replies.refusal(
      'unknown_key',
      'The token belongs to the holder of another key than this connection has proven.',
    );
    this.#insufficient = replies.insufficientScope();
  }

  /**
   * Returns the refusal of a token; undefined when it is valid here and now.
   * @param nowMs milliseconds since the epoch
   */
  refusal(claims: JsonObject, exchange: Exchange, nowMs: number): Reply | undefined {
    const { issuer, audience, scopes, leewaySeconds } = this.#rules;
    if (!isAccessToken(claims, this.#rules.requireTokenType)) return this.#otherKind;
    const fault = checkClaims(claims, {
      nowMs,
      leewaySeconds,
      requireExp: false,
      issuer,
      audience: audience === 'any' ? undefined : audience,
    });
    if (fault !== undefined) return this.#replies.refusal(fault.reason, fault.detail);
    if (!isHeldBy(claims, exchange)) return this.#otherHolder;
    if (scopes.length === 0) return undefined;
    const present = scopesOf(claims);
    return scopes.every((scope) => present.includes(scope)) ? undefined : this.#insufficient;
  }
}

/**
 * Whether nothing says that the token is of another kind: `token_type` is that of RFC 6750, and
 * `token_use` or `typ`, which some servers add, name no other token.
 */
function isAccessToken(claims: JsonObject, requireType: boolean): boolean {
  const type = claimAt(claims, ['token_type']);
  const isBearer =
    type === undefined
      ? !requireType
      : typeof type === 'string' && /^(?:bearer|access_token)$/i.test(type);
  if (!isBearer) return false;
  return ['token_use', 'typ'].every((name) => {
    const kind = claimAt(claims, [name]);
    return typeof kind !== 'string' || !otherKinds.test(kind);
  });
}

/**
 * Whether the client has proven the key that the token is bound to (RFC 8705, section 3.2). A token
 * that is bound in a way that the gateway does not know, such as DPoP, is not to be borne.
 */
function isHeldBy(claims: JsonObject, { peerCertificate }: Exchange): boolean {
  const confirmation = claimAt(claims, ['cnf']);
  if (confirmation === undefined) return true;
  if (!isObject(confirmation)) return false;
  const [method, ...others] = Object.keys(confirmation);
  if (method !== 'x5t#S256' || others.length > 0 || peerCertificate === undefined) return false;
  const thumbprint = createHash('sha256').update(peerCertificate.raw).digest('base64url');
  return confirmation['x5t#S256'] === thumbprint;
}

/** A text with spaces between the scopes (RFC 6749, section 3.3), or a list. */
function scopesOf(claims: JsonObject): readonly unknown[] {
  for (const name of scopeClaims) {
    const value = claimAt(claims, [name]);
    if (typeof value === 'string') return value.split(' ');
    if (Array.isArray(value)) return value;
  }
  return [];
}
