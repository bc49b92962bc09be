import { isObject } from '@sluice/tokens';

/** Who has logged in: the content of the session cookie. It contains no tokens. */
export interface Session {
  /** Random; identifies the session on all nodes. */
  readonly id: string;
  readonly subject: string;
  /** The host that it was created on. */
  readonly host: string;
  readonly loginAtMs: number;
  /** The end of the session, however often its tokens are refreshed. */
  readonly expiresAtMs: number;
  /** When the tokens have to be refreshed; undefined when they are not. */
  readonly refreshAtMs: number | undefined;
  /** Counts refreshes. */
  readonly generation: number;
  /** The provider's id of its session (`sid`), for its logout tokens. */
  readonly providerSession: string | undefined;
  readonly claims: Readonly<Record<string, unknown>>;
  /** The value of the claim that names the consumer; undefined when there is none. */
  readonly consumerName: string | undefined;
  readonly groups: readonly string[] | undefined;
}

/** Short names, because cookies are sent with every request. */
export function packSession(session: Session): unknown {
  const { id, subject, host, loginAtMs, expiresAtMs, refreshAtMs, generation } = session;
  const { providerSession, claims, consumerName, groups } = session;
  return {
    i: id,
    s: subject,
    h: host,
    l: loginAtMs,
    e: expiresAtMs,
    r: refreshAtMs,
    n: generation,
    p: providerSession,
    c: claims,
    u: consumerName,
    g: groups,
  };
}

/** Returns a session that was packed; undefined for anything else. */
export function unpackSession(value: unknown): Session | undefined {
  if (!isObject(value)) return undefined;
  const { i, s, h, l, e, r, n, p, c, u, g } = value;
  const isSession =
    [i, s, h].every((each) => typeof each === 'string') &&
    [l, e, n].every((each) => typeof each === 'number') &&
    isObject(c);
  if (!isSession) return undefined;
  return {
    id: i as string,
    subject: s as string,
    host: h as string,
    loginAtMs: l as number,
    expiresAtMs: e as number,
    refreshAtMs: r as number | undefined,
    generation: n as number,
    providerSession: p as string | undefined,
    claims: c as Record<string, unknown>,
    consumerName: u as string | undefined,
    groups: g as string[] | undefined,
  };
}
