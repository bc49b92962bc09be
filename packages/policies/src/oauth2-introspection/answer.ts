import type { HttpResponse } from '@sluice/policy-sdk';
import { checkClaims, parseStrictObject, type JsonObject } from '@sluice/tokens';

const maxDepth = 16;

/**
 * Reads the answer of an introspection endpoint (RFC 7662, section 2.2).
 * @returns what it states about an active token; undefined when the token is not active
 * @throws Error when the answer is none: then nothing is known about the token. The message
 *   contains nothing of the answer but its status.
 */
export function activeToken({ status, body }: HttpResponse): JsonObject | undefined {
  if (status === 401 || status === 403)
    throw new Error(
      `the introspection endpoint answered with ${status}: it does not accept the client of the gateway`,
    );
  if (status !== 200) throw new Error(`the introspection endpoint answered with ${status}`);
  const answer = parseStrictObject(body, maxDepth);
  if (answer === undefined)
    throw new Error('the introspection endpoint answered with no JSON object');
  const active = Object.hasOwn(answer, 'active') ? answer['active'] : undefined;
  if (typeof active !== 'boolean')
    throw new Error('the introspection endpoint answered without a boolean "active"');
  if (!active) return undefined;
  // Claims of a wrong type are the fault of the server, and not of the token.
  const fault = checkClaims(answer, { nowMs: 0, leewaySeconds: Infinity, requireExp: false });
  if (fault?.reason === 'malformed')
    throw new Error('the introspection endpoint answered with claims that are not well-formed');
  const { active: _active, ...claims } = answer;
  return claims;
}
