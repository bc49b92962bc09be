import { randomBytes } from 'node:crypto';
import { claimAt } from '@sluice/tokens';
import type { Tokens } from './provider.ts';
import { LoginFault } from './provider-fault.ts';
import type { OidcConfig } from './schema.ts';
import type { Session } from './session.ts';

/** Least time between two refreshes, so that short-lived tokens cause no refresh per request. */
const minRefreshMs = 1_000;

type SessionConfig = Pick<OidcConfig, 'claims' | 'consumer' | 'groupsClaim' | 'sessionSeconds'>;

/**
 * The session that tokens lead to.
 * @param isRefreshed whether the session is refreshed when its tokens end
 * @throws LoginFault when the tokens do not say what the configuration asks for
 */
export function newSession(
  tokens: Tokens,
  config: SessionConfig,
  at: { readonly host: string; readonly nowMs: number; readonly isRefreshed: boolean },
): Session {
  const { claims } = tokens;
  if (claims === undefined) throw new LoginFault('invalid', 'the provider sent no ID token');
  return {
    id: randomBytes(16).toString('base64url'),
    subject: claims.sub,
    host: at.host,
    loginAtMs: at.nowMs,
    expiresAtMs: at.nowMs + config.sessionSeconds * 1_000,
    refreshAtMs:
      at.isRefreshed && tokens.refreshToken !== undefined
        ? refreshTime(tokens, at.nowMs)
        : undefined,
    generation: 0,
    providerSession: typeof claims['sid'] === 'string' ? claims['sid'] : undefined,
    ...statedBy(claims, config),
  };
}

/** A session with new tokens: what these do not state stays as it was. */
export function renewedSession(
  session: Session,
  tokens: Tokens,
  config: SessionConfig,
  nowMs: number,
): Session {
  const stated = tokens.claims === undefined ? undefined : statedBy(tokens.claims, config);
  return { ...session, ...stated, refreshAtMs: refreshTime(tokens, nowMs) };
}

function refreshTime({ expiresAtMs }: Tokens, nowMs: number): number | undefined {
  return expiresAtMs === undefined ? undefined : Math.max(expiresAtMs, nowMs + minRefreshMs);
}

function statedBy(
  claims: Readonly<Record<string, unknown>>,
  config: SessionConfig,
): Pick<Session, 'claims' | 'consumerName' | 'groups'> {
  const kept = config.claims.filter((name) => Object.hasOwn(claims, name));
  const name = config.consumer === undefined ? undefined : claimAt(claims, config.consumer.claim);
  return {
    claims: Object.fromEntries(kept.map((name) => [name, claims[name]])),
    consumerName: typeof name === 'string' ? name : undefined,
    groups: groupsOf(claims, config.groupsClaim),
  };
}

function groupsOf(
  claims: Readonly<Record<string, unknown>>,
  path: readonly string[] | undefined,
): readonly string[] | undefined {
  if (path === undefined) return undefined;
  const groups = claimAt(claims, path);
  if (typeof groups === 'string') return [groups];
  if (Array.isArray(groups)) return groups.filter((each) => typeof each === 'string');
  // Microsoft Entra leaves the claim out when there are too many groups, and says where they are.
  if (claimAt(claims, ['_claim_names', path[0] as string]) !== undefined)
    throw new LoginFault(
      'invalid',
      'the ID token leaves the groups out, because they are too many',
    );
  return [];
}
