import type { Clock, SharedStore, SharedSubscription } from '@sluice/policy-sdk';
import { isObject } from '@sluice/tokens';
import type { Session } from './session.ts';
import type { EndOfSessions, SessionStore } from './session-store.ts';

/** After so long without news, messages are not relied on, and the store is asked. */
const maxStaleMs = 5_000;
const maxKnown = 50_000;
const maxEnded = 100_000;

/**
 * Which sessions have ended before their time. The store has the answer, messages on a channel
 * carry it to all nodes, and each process remembers both: a session is looked up when the process
 * first sees it, and again after messages may have been lost.
 */
export class EndedSessions {
  readonly #store: SharedStore;
  readonly #sessions: SessionStore;
  readonly #clock: Clock;
  readonly #lifeMs: number;
  readonly #subscription: SharedSubscription;
  /** Times of ends, by what they end and its value. */
  readonly #ended = new Map<string, number>();
  /** Sessions that the store had. */
  readonly #known = new Set<string>();
  #gaps = 0;

  /** @param lifeMs the longest life of a session: after it, an end need not be remembered */
  constructor(store: SharedStore, sessions: SessionStore, clock: Clock, lifeMs: number) {
    this.#store = store;
    this.#sessions = sessions;
    this.#clock = clock;
    this.#lifeMs = lifeMs;
    this.#subscription = store.subscribe(sessions.channel, (text) => this.#hear(text));
  }

  /**
   * Whether a session has ended, as far as this process knows; undefined when the store has to be
   * asked with {@link ask}.
   */
  has(session: Session): boolean | undefined {
    if (this.#hasEnded(session)) return true;
    if (!this.#store.isShared) return false;
    const { gaps, staleMs } = this.#subscription;
    if (gaps !== this.#gaps) {
      this.#gaps = gaps;
      this.#known.clear();
    }
    return staleMs <= maxStaleMs && this.#known.has(session.id) ? false : undefined;
  }

  /** Asks the store whether a session has ended. */
  async ask(session: Session): Promise<boolean> {
    const [record, ...ends] = await Promise.all([
      this.#sessions.find(session.id),
      ...namesOf(session).map(([of, value]) => this.#sessions.endedAt(of, value)),
    ]);
    if (record === undefined || ends.some((atMs) => session.loginAtMs <= (atMs ?? -1))) return true;
    this.know(session.id);
    return this.#hasEnded(session);
  }

  /** Remembers that the store has a session. */
  know(id: string): void {
    if (this.#known.size >= maxKnown) this.#known.clear();
    this.#known.add(id);
  }

  /** Ends sessions on all nodes. */
  async end(ended: EndOfSessions): Promise<void> {
    this.#note(ended);
    await this.#sessions.end(ended, this.#lifeMs);
    await this.#store.publish(this.#sessions.channel, JSON.stringify(ended));
    if (ended.of === 'id') await this.#sessions.remove(ended.value);
  }

  #hasEnded(session: Session): boolean {
    return (
      this.#ended.size > 0 &&
      namesOf(session).some(
        ([of, value]) => session.loginAtMs <= (this.#ended.get(`${of} ${value}`) ?? -1),
      )
    );
  }

  #hear(text: string): void {
    const ended: unknown = JSON.parse(text);
    if (isObject(ended)) this.#note(ended as unknown as EndOfSessions);
  }

  #note({ of, value, atMs }: EndOfSessions): void {
    if (this.#ended.size >= maxEnded) {
      const nowMs = this.#clock.now();
      for (const [key, eachMs] of this.#ended)
        if (eachMs + this.#lifeMs <= nowMs || this.#ended.size >= maxEnded) this.#ended.delete(key);
      // What was forgotten is found in the store.
      this.#known.clear();
    }
    this.#ended.set(`${of} ${value}`, atMs);
  }
}

function namesOf({ id, subject, providerSession }: Session): [EndOfSessions['of'], string][] {
  const names: [EndOfSessions['of'], string][] = [
    ['id', id],
    ['subject', subject],
  ];
  names.push(providerSession === undefined ? ['unnamed', subject] : ['provider', providerSession]);
  return names;
}
