import { createHash } from 'node:crypto';
import type { SharedStore } from '@sluice/policy-sdk';
import { isObject } from '@sluice/tokens';
import type { KeyRing } from './key-ring.ts';
import { packSession, unpackSession, type Session } from './session.ts';

/** What the nodes share about a session. */
export interface SessionRecord {
  /** The newest session: that of the last refresh. */
  readonly session: Session;
  readonly refreshToken: string | undefined;
  readonly idToken: string | undefined;
  /** When older generations were replaced, milliseconds since the epoch. */
  readonly replaced: Readonly<Record<string, number>>;
}

/**
 * Sessions that end: one by its `id`, all of a person (`subject`), all of a session of the provider
 * (`provider`, by `sid`), or those of a person whose `sid` is not known (`unnamed`).
 */
export interface EndOfSessions {
  readonly of: 'id' | 'subject' | 'provider' | 'unnamed';
  readonly value: string;
  /** Sessions that began later go on, milliseconds since the epoch. */
  readonly atMs: number;
}

/** A value in the store has at most 65,536 characters. */
const maxSealedLength = 60_000;

/** Sessions in the shared store, sealed, by the policy and the client that they belong to. */
export class SessionStore {
  readonly #store: SharedStore;
  readonly #ring: KeyRing;
  readonly #prefix: string;

  /** @param context what the sessions belong to; the same on all nodes */
  constructor(store: SharedStore, ring: KeyRing, context: string) {
    this.#store = store;
    this.#ring = ring;
    this.#prefix = digest(context).slice(0, 16);
  }

  /** The channel on which the end of sessions is published. */
  get channel(): string {
    return this.#prefix;
  }

  async find(id: string): Promise<SessionRecord | undefined> {
    const sealed = await this.#store.get(this.#key('session', id));
    const value = sealed === undefined ? undefined : this.#ring.open('record', sealed);
    if (!isObject(value)) return undefined;
    const { s, r, t, p } = value;
    const session = unpackSession(s);
    if (session === undefined) return undefined;
    return {
      session,
      refreshToken: r as string | undefined,
      idToken: t as string | undefined,
      replaced: p as Record<string, number>,
    };
  }

  /**
   * Stores a record until its session ends. Tokens that are too large are left out: first the ID
   * token, then the refresh token. Returns the session, which is not refreshed without its token.
   */
  async store(record: SessionRecord, nowMs: number): Promise<Session> {
    const bare = { ...record, idToken: undefined };
    const sealed =
      this.#sealed(record) ??
      this.#sealed(bare) ??
      this.#sealed({
        ...bare,
        refreshToken: undefined,
        session: { ...record.session, refreshAtMs: undefined },
      });
    if (sealed === undefined) throw new Error('the session is too large for the shared store');
    const { session, text } = sealed;
    const ttlMs = Math.max(1, session.expiresAtMs - nowMs);
    await this.#store.set(this.#key('session', session.id), text, { ttlMs });
    return session;
  }

  async remove(id: string): Promise<void> {
    await this.#store.delete(this.#key('session', id));
  }

  /** Ends the sessions that the value names and that began up to a time. */
  async end({ of, value, atMs }: EndOfSessions, ttlMs: number): Promise<void> {
    await this.#store.set(this.#key(`ended ${of}`, value), String(atMs), { ttlMs });
  }

  /** The newest time of {@link end}; undefined when there is none. */
  async endedAt(of: EndOfSessions['of'], value: string): Promise<number | undefined> {
    const text = await this.#store.get(this.#key(`ended ${of}`, value));
    return text === undefined ? undefined : Number(text);
  }

  /** Notes that a login is used. Resolves to false when it was before. */
  async useLogin(id: string, ttlMs: number): Promise<boolean> {
    return await this.#store.set(this.#key('login', id), '1', { ttlMs, ifAbsent: true });
  }

  /** Forgets that a login is used, because it did not succeed. */
  async releaseLogin(id: string): Promise<void> {
    await this.#store.delete(this.#key('login', id));
  }

  /** Notes that a logout token was used. Resolves to false when it was before. */
  async useLogoutToken(jti: string, ttlMs: number): Promise<boolean> {
    return await this.#store.set(this.#key('jti', jti), '1', { ttlMs, ifAbsent: true });
  }

  /** Forgets that a logout token was used, because it had no effect. */
  async releaseLogoutToken(jti: string): Promise<void> {
    await this.#store.delete(this.#key('jti', jti));
  }

  /** Resolves to true for one of all callers until the time is over or the lock is replaced. */
  async lock(name: string, ttlMs: number): Promise<boolean> {
    return await this.#store.set(this.#key('lock', name), 'busy', { ttlMs, ifAbsent: true });
  }

  /** Replaces a lock with a note that the work has failed, which ends by itself. */
  async failLock(name: string, ttlMs: number): Promise<void> {
    await this.#store.set(this.#key('lock', name), 'failed', { ttlMs });
  }

  async hasFailed(name: string): Promise<boolean> {
    return (await this.#store.get(this.#key('lock', name))) === 'failed';
  }

  #sealed(record: SessionRecord): { session: Session; text: string } | undefined {
    const { session, refreshToken, idToken, replaced } = record;
    const value = { s: packSession(session), r: refreshToken, t: idToken, p: replaced };
    const text = this.#ring.seal('record', value);
    return text.length <= maxSealedLength ? { session, text } : undefined;
  }

  /** Hashed, because ids of providers may be of any length. */
  #key(kind: string, id: string): string {
    return `${this.#prefix}:${kind}:${digest(id)}`;
  }
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}
