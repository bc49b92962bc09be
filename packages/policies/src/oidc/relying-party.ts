import type { HeaderPair, PolicyCounter, PolicyHost } from '@sluice/policy-sdk';
import { OidcCookies } from './cookies.ts';
import { EndedSessions } from './ended-sessions.ts';
import { KeyRing } from './key-ring.ts';
import { Provider } from './provider.ts';
import { Refresh } from './refresh.ts';
import type { OidcConfig } from './schema.ts';
import { renewedSession } from './session-of.ts';
import { SessionStore } from './session-store.ts';
import { packSession, unpackSession, type Session } from './session.ts';
import { Targets } from './targets.ts';

/** What the parts of one compiled policy share. */
export class RelyingParty {
  readonly config: OidcConfig;
  readonly host: PolicyHost;
  readonly ring: KeyRing;
  readonly cookies: OidcCookies;
  readonly targets: Targets;
  readonly provider: Provider;
  readonly sessions: SessionStore;
  readonly ended: EndedSessions;
  readonly refresh: Refresh;
  /** Counts logins by outcome: `completed`, `failed`, `repeated` because the state was lost. */
  readonly logins: PolicyCounter;
  /** The public origin of each host. */
  readonly #origins: ReadonlyMap<string, string>;
  /** Origins whose scripts may read refusals. */
  readonly #callers: ReadonlySet<string>;

  constructor(config: OidcConfig, host: PolicyHost) {
    this.config = config;
    this.host = host;
    const { issuer, clientId, sessionKeys, sessionSeconds, publicUrls, returnTo, path } = config;
    // The same on all nodes, and different for each gateway, provider and client.
    const context = JSON.stringify([host.policyId, issuer, clientId]);
    const { clock, shared } = host;
    const hostKeys = () => host.keys.all('session');
    this.ring = new KeyRing({ secrets: sessionKeys, hostKeys }, context);
    this.cookies = new OidcCookies(config.cookieName);
    this.targets = new Targets(returnTo, path);
    this.provider = new Provider(config, host);
    this.sessions = new SessionStore(shared, this.ring, context);
    this.ended = new EndedSessions(shared, this.sessions, clock, sessionSeconds * 1_000);
    this.logins = host.metrics.counter('logins_total', 'Logins, by outcome', ['outcome']);
    const refreshes = host.metrics.counter('refreshes_total', 'Refreshes of tokens, by outcome', [
      'outcome',
    ]);
    for (const outcome of ['completed', 'failed', 'repeated']) this.logins.add(0, outcome);
    for (const outcome of ['refreshed', 'ended', 'failed']) refreshes.add(0, outcome);
    this.refresh = new Refresh({
      sessions: this.sessions,
      provider: this.provider,
      clock,
      renewed: (session, tokens) => renewedSession(session, tokens, config, clock.now()),
      count: (outcome) => refreshes.add(1, outcome),
      end: (session) => this.end(session),
      timeoutMs: config.timeoutMs,
    });
    this.#origins = new Map(publicUrls.map((url) => [new URL(url).hostname, url]));
    this.#callers = new Set([...publicUrls, ...returnTo]);
  }

  get isShared(): boolean {
    return this.host.shared.isShared;
  }

  /** The public origin of a host; undefined when browsers do not use this host. */
  originOf(host: string): string | undefined {
    return this.#origins.get(host);
  }

  /** Whether scripts of this origin may read refusals. */
  isCaller(origin: string): boolean {
    return this.#callers.has(origin);
  }

  /** Whether the session is over by its time, or its tokens cannot be refreshed any more. */
  isExpired({ expiresAtMs }: Session): boolean {
    return expiresAtMs <= this.host.clock.now();
  }

  /** Whether the tokens of the session have to be refreshed. */
  isDue({ refreshAtMs }: Session): boolean {
    return this.isShared && refreshAtMs !== undefined && refreshAtMs <= this.host.clock.now();
  }

  /** Returns the session in a cookie; undefined when the cookie is not valid. */
  openSession(sealed: string): Session | undefined {
    return unpackSession(this.ring.open('session', sealed));
  }

  /**
   * The fields that store a session in the browser.
   * @param pieces the cookies of the session that it has
   * @returns undefined when the session does not fit into cookies
   */
  storing(session: Session, pieces: readonly string[]): HeaderPair[] | undefined {
    const leftMs = session.expiresAtMs - this.host.clock.now();
    const sealed = this.ring.seal('session', packSession(session));
    return this.cookies.store(sealed, Math.max(1, leftMs / 1_000), pieces);
  }

  /** Ends a session on all nodes. */
  async end(session: Session): Promise<void> {
    await this.ended.end({ of: 'id', value: session.id, atMs: this.host.clock.now() });
  }
}
