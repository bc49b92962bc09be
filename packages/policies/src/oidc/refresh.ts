import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '@sluice/policy-sdk';
import { LoginFault } from './provider-fault.ts';
import type { Provider, Tokens } from './provider.ts';
import type { Session } from './session.ts';
import type { SessionRecord, SessionStore } from './session-store.ts';

/** How long a cookie is good for after its session was refreshed: for requests in flight. */
const graceMs = 30_000;
/** After a refresh that failed, no node tries again for so long. */
const pauseMs = 2_000;

interface RefreshOptions {
  readonly sessions: SessionStore;
  readonly provider: Pick<Provider, 'refresh'>;
  readonly clock: Clock;
  /** The session with the claims of new tokens. */
  readonly renewed: (session: Session, tokens: Tokens) => Session;
  /** Counts a refresh of this process. */
  readonly count: (outcome: 'refreshed' | 'ended' | 'failed') => void;
  /** Ends a session on all nodes. */
  readonly end: (session: Session) => Promise<void>;
  /** Longest time of a call to the provider, milliseconds. */
  readonly timeoutMs: number;
}

/**
 * Refreshes the tokens of sessions, once for all nodes: the node that gets the lock in the shared
 * store calls the provider, and the others wait for the result in the store.
 */
export class Refresh {
  readonly #options: RefreshOptions;
  readonly #pending = new Map<string, Promise<Session | undefined>>();

  constructor(options: RefreshOptions) {
    this.#options = options;
  }

  /**
   * The session after its refresh; undefined when it has ended, because the provider refuses, or
   * because the cookie is that of an earlier refresh.
   * @throws Error when the provider or the store fails
   */
  async of(session: Session): Promise<Session | undefined> {
    const name = `${session.id} ${session.generation}`;
    let pending = this.#pending.get(name);
    if (pending === undefined) {
      pending = this.#refresh(session, name).finally(() => this.#pending.delete(name));
      this.#pending.set(name, pending);
    }
    return await pending;
  }

  async #refresh(session: Session, name: string): Promise<Session | undefined> {
    const { sessions, timeoutMs } = this.#options;
    const deadlineMs = performance.now() + timeoutMs + 1_000;
    for (let waitMs = 25; ; waitMs = Math.min(200, waitMs * 2)) {
      const record = await sessions.find(session.id);
      if (record === undefined) return undefined;
      if (record.session.generation !== session.generation)
        return this.#isRecent(record, session) ? record.session : undefined;
      if (record.refreshToken === undefined) return record.session;
      // The lock outlives all who wait for it: it is not taken twice for one generation.
      if (await sessions.lock(name, 4 * timeoutMs + 10_000))
        return await this.#renew(record, record.refreshToken, name);
      if (await sessions.hasFailed(name))
        throw new Error('the tokens of the session could not be refreshed a moment ago');
      if (performance.now() > deadlineMs)
        throw new Error('another node did not refresh the tokens of the session in time');
      await sleep(waitMs);
    }
  }

  #isRecent({ replaced }: SessionRecord, { generation }: Session): boolean {
    const atMs = replaced[generation];
    return atMs !== undefined && this.#options.clock.now() - atMs <= graceMs;
  }

  async #renew(
    record: SessionRecord,
    refreshToken: string,
    name: string,
  ): Promise<Session | undefined> {
    const { sessions, provider, clock, renewed, count } = this.#options;
    const { session } = record;
    try {
      const tokens = await provider.refresh(refreshToken);
      if (tokens.claims !== undefined && tokens.claims.sub !== session.subject)
        throw new LoginFault('invalid', 'the provider refreshed the tokens of another person');
      const nowMs = clock.now();
      const recent = Object.entries(record.replaced).filter(([, atMs]) => nowMs - atMs <= graceMs);
      const stored = await sessions.store(
        {
          session: { ...renewed(session, tokens), generation: session.generation + 1 },
          refreshToken: tokens.refreshToken ?? refreshToken,
          idToken: tokens.idToken ?? record.idToken,
          replaced: { ...Object.fromEntries(recent), [session.generation]: nowMs },
        },
        nowMs,
      );
      count('refreshed');
      return stored;
    } catch (fault) {
      count(fault instanceof LoginFault ? 'ended' : 'failed');
      if (!(fault instanceof LoginFault)) {
        await sessions.failLock(name, pauseMs);
        throw fault;
      }
      await this.#options.end(session);
      return undefined;
    }
  }
}
