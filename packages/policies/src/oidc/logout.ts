import { errorMessage } from '@sluice/errors';
import { deny, type Exchange, type Reply } from '@sluice/policy-sdk';
import type { OwnCookies } from './cookies.ts';
import { logoutQuestion, redirect, refusal } from './pages.ts';
import type { RelyingParty } from './relying-party.ts';
import type { Session } from './session.ts';

type FindSession = (
  exchange: Exchange,
  own: OwnCookies | undefined,
) => Promise<Session | undefined>;

/** Logs out here and at the provider (OpenID Connect RP-Initiated Logout 1.0). */
export class Logout {
  readonly #party: RelyingParty;
  readonly #sessionIn: FindSession;

  constructor(party: RelyingParty, sessionIn: FindSession) {
    this.#party = party;
    this.#sessionIn = sessionIn;
  }

  /**
   * Ends the session, removes its cookies, and sends the browser to the provider. A link of another
   * site must not log out by itself, so that a person is asked.
   */
  async answer(exchange: Exchange, origin: string): Promise<Reply> {
    const { cookies, config, host } = this.#party;
    const site = exchange.headers.get('sec-fetch-site');
    const from = exchange.headers.get('origin');
    const isForeign =
      site === undefined
        ? from !== undefined && from !== origin
        : site === 'cross-site' || site === 'same-site';
    if (isForeign && exchange.method === 'GET') return logoutQuestion(exchange.path);
    if (isForeign) return deny('forbidden', 'Another site cannot log out here.');
    const own = cookies.read(exchange);
    const removed = cookies.remove(own?.pieces ?? []);
    const returnTo = config.logoutUrl ?? `${origin}/`;
    let idToken: string | undefined;
    try {
      const session = await this.#sessionIn(exchange, own);
      if (session !== undefined) idToken = await this.#end(session);
    } catch (fault) {
      host.logger.warn('a session could not be ended on all nodes', { fault: errorMessage(fault) });
      const detail =
        'You are logged out in this browser. The session could not be ended elsewhere.';
      return refusal(exchange, 'policy_failed', detail, removed);
    }
    return redirect(303, await this.#next(returnTo, idToken), removed);
  }

  /** Ends a session on all nodes, and the others of the same session of the provider. */
  async #end(session: Session): Promise<string | undefined> {
    const { sessions, ended, host, isShared } = this.#party;
    const record = isShared ? await sessions.find(session.id) : undefined;
    await this.#party.end(session);
    if (session.providerSession !== undefined)
      await ended.end({
        of: 'provider',
        value: session.providerSession,
        atMs: host.clock.now(),
      });
    return record?.idToken;
  }

  /** The logout of the provider; when it cannot be reached, the session is over here all the same. */
  async #next(returnTo: string, idToken: string | undefined): Promise<string> {
    try {
      return (await this.#party.provider.endSessionUrl(returnTo, idToken)) ?? returnTo;
    } catch {
      return returnTo;
    }
  }
}
