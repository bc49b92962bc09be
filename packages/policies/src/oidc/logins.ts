import { randomBytes } from 'node:crypto';
import { isObject } from '@sluice/tokens';
import type { KeyRing } from './key-ring.ts';

/** How long a person may take to log in at the provider. */
export const loginMs = 3_600_000;

/**
 * The content of `state`: where the login leads. It is encrypted, and no secret of the browser, so
 * that a login whose cookie is lost can begin again.
 */
export interface LoginState {
  /** Joins state and cookie. Sorts by time, and ends with the attempt. */
  readonly id: string;
  readonly target: string;
  /** The host that the login began on. */
  readonly host: string;
  /** 1 when it began because the state or cookie of an earlier login was lost. */
  readonly attempt: 0 | 1;
  readonly startedAtMs: number;
}

/** The content of the cookie of a login: what only the browser that began it has. */
export interface LoginSecrets {
  readonly nonce: string;
  /** The code verifier of PKCE (RFC 7636). */
  readonly verifier: string;
}

/** A login that begins. */
export interface BegunLogin extends LoginSecrets {
  readonly id: string;
  readonly state: string;
  readonly cookie: string;
}

/** Seals the state and the cookie of a login. */
export function beginLogin(ring: KeyRing, about: Omit<LoginState, 'id'>): BegunLogin {
  const { target, host, attempt, startedAtMs } = about;
  const time = startedAtMs.toString(36).padStart(9, '0');
  const id = `${time}${randomBytes(12).toString('hex')}${attempt}`;
  const nonce = randomBytes(16).toString('base64url');
  const verifier = randomBytes(32).toString('base64url');
  return {
    id,
    nonce,
    verifier,
    state: ring.seal('state', { i: id, t: target, h: host, a: attempt, l: startedAtMs }),
    cookie: ring.seal('login', { i: id, n: nonce, v: verifier }),
  };
}

/** Whether the login began because an earlier one was lost, by its id. */
export function isRepeated(id: string): boolean {
  return id.endsWith('1');
}

/** Opens the `state` of a callback, of any age; undefined when it is not of this policy. */
export function openState(ring: KeyRing, state: string): LoginState | undefined {
  const value = ring.open('state', state);
  if (!isObject(value)) return undefined;
  const { i, t, h, a, l } = value as { i: string; t: string; h: string; a: 0 | 1; l: number };
  return { id: i, target: t, host: h, attempt: a, startedAtMs: l };
}

/** Opens the cookie of a login; undefined when it is not that of this state. */
export function openSecrets(ring: KeyRing, id: string, cookie: string): LoginSecrets | undefined {
  const value = ring.open('login', cookie);
  if (!isObject(value)) return undefined;
  const { i, n, v } = value as { i: string; n: string; v: string };
  return i === id ? { nonce: n, verifier: v } : undefined;
}
