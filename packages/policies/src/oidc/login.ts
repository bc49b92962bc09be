import {
  deny,
  FieldName,
  type AuthReason,
  type Exchange,
  type HeaderPair,
  type Reply,
} from '@sluice/policy-sdk';
import type { OwnCookies } from './cookies.ts';
import { beginLogin, loginMs } from './logins.ts';
import { isTopLevelNavigation } from './navigation.ts';
import { redirect, withLogin } from './pages.ts';
import type { RelyingParty } from './relying-party.ts';

/** A login that begins. */
export interface LoginStart {
  readonly origin: string;
  /** Where the login leads: a checked target. */
  readonly target: string;
  /** See `LoginState`. */
  readonly attempt: 0 | 1;
  readonly own: OwnCookies | undefined;
  /** Further fields of the response. */
  readonly headers: readonly HeaderPair[];
}

const originField = new FieldName('origin');

/** Sends browsers to the provider, and tells all other clients where the login is. */
export class Login {
  readonly #party: RelyingParty;
  readonly challenge: string;
  readonly hint: string;

  constructor(party: RelyingParty) {
    this.#party = party;
    const uri = `${party.config.path}/login`;
    this.challenge = `OpenIDConnect login_uri="${uri}"`;
    this.hint = `Log in with a browser at ${uri}.`;
  }

  /**
   * The redirect to the provider.
   * @throws Error when the provider cannot be reached
   */
  async begin(exchange: Exchange, start: LoginStart): Promise<Reply> {
    const { provider, ring, cookies, host, config } = this.#party;
    const { origin, target, attempt, own, headers } = start;
    const startedAtMs = host.clock.now();
    const login = beginLogin(ring, { target, host: exchange.host, attempt, startedAtMs });
    const to = await provider.authorizationUrl(`${origin}${config.path}/callback`, login);
    return redirect(302, to, [
      ...headers,
      ...cookies.storeLogin(login.id, login.cookie, loginMs / 1_000, own?.logins),
    ]);
  }

  /**
   * What a request without a session is answered with: a redirect to the provider for a top-level
   * navigation, otherwise the 401 of all alternatives.
   */
  async ask(exchange: Exchange): Promise<Reply | undefined> {
    const origin = this.#party.originOf(exchange.host);
    if (origin === undefined) return undefined;
    const own = this.#party.cookies.read(exchange);
    return isTopLevelNavigation(exchange)
      ? await this.#beginHere(exchange, origin, own, [])
      : this.refuse(exchange, origin, exchange.unauthorized);
  }

  /**
   * What a request with a session that is not valid is answered with. The cookies of the session
   * are removed from the browser.
   */
  async askAgain(exchange: Exchange, own: OwnCookies, reason: AuthReason): Promise<Reply> {
    const { cookies, config } = this.#party;
    const origin = this.#party.originOf(exchange.host);
    const removed = cookies.remove(own.pieces);
    const isBearer = exchange.headers.has('authorization');
    const isSent =
      !config.optional && origin !== undefined && !isBearer && isTopLevelNavigation(exchange);
    if (isSent) return { ...(await this.#beginHere(exchange, origin, own, removed)), reason };
    const isOver = reason === 'expired' || reason === 'revoked';
    const challenge: HeaderPair = ['WWW-Authenticate', this.challenge];
    const denial = isOver
      ? deny('credential_expired', `The session has ended. ${this.hint}`, [challenge], reason)
      : deny('invalid_credential', `The session is not valid. ${this.hint}`, [challenge], reason);
    const cleared = { ...denial, headers: [...denial.headers, ...removed] };
    return origin === undefined ? cleared : this.refuse(exchange, origin, cleared);
  }

  /** Completes a 401: with the URL of the login, and so that scripts of listed origins read it. */
  refuse(exchange: Exchange, origin: string, denial: Reply): Reply {
    const caller = exchange.headers.get(originField);
    const cors: readonly HeaderPair[] =
      caller !== undefined && this.#party.isCaller(caller)
        ? [
            ['Access-Control-Allow-Origin', caller],
            ['Access-Control-Allow-Credentials', 'true'],
            ['Access-Control-Expose-Headers', 'WWW-Authenticate'],
          ]
        : [];
    const headers: readonly HeaderPair[] = [...denial.headers, ...cors, ['Vary', 'Origin']];
    const url = `${origin}${this.#party.config.path}/login`;
    return withLogin(exchange, { ...denial, headers }, { url, text: 'Log in' });
  }

  async #beginHere(
    exchange: Exchange,
    origin: string,
    own: OwnCookies | undefined,
    headers: readonly HeaderPair[],
  ): Promise<Reply> {
    const { targets } = this.#party;
    const { path, hasQuery, query } = exchange;
    const target =
      targets.checked(hasQuery ? `${path}?${query}` : path, origin) ??
      targets.checked(path, origin) ??
      '/';
    return await this.begin(exchange, { origin, target, attempt: 0, own, headers });
  }
}
