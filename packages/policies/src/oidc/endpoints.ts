import { deny, type Exchange, type HeaderPair, type Reply } from '@sluice/policy-sdk';
import { errorMessage } from '@sluice/errors';
import { BackChannelLogout } from './back-channel-logout.ts';
import type { OwnCookies } from './cookies.ts';
import type { Login } from './login.ts';
import { isRepeated, loginMs, openSecrets, openState, type LoginState } from './logins.ts';
import { isTopLevelNavigation } from './navigation.ts';
import { redirect, refusal } from './pages.ts';
import { LoginFault } from './provider-fault.ts';
import type { RelyingParty } from './relying-party.ts';
import { oidcSchema } from './schema.ts';
import { Logout } from './logout.ts';
import { newSession } from './session-of.ts';
import type { Session } from './session.ts';

const { errors } = oidcSchema;

/** The URLs of the policy, which need no route. */
export class Endpoints {
  readonly #party: RelyingParty;
  readonly #login: Login;
  readonly #logout: Logout;
  /** Undefined when the configuration does not allow it. */
  readonly #backChannel: BackChannelLogout | undefined;
  readonly #prefix: string;

  constructor(party: RelyingParty, login: Login) {
    this.#party = party;
    this.#login = login;
    this.#logout = new Logout(party, (exchange, own) => this.#sessionIn(exchange, own));
    this.#backChannel = party.config.backChannelLogout ? new BackChannelLogout(party) : undefined;
    this.#prefix = `${party.config.path}/`;
  }

  /** Answers a request for a URL of the policy; undefined for all others. */
  answer(exchange: Exchange): Promise<Reply> | Reply | undefined {
    if (!exchange.path.startsWith(this.#prefix)) return undefined;
    const name = exchange.path.slice(this.#prefix.length);
    // Providers may call another host than browsers do.
    if (name === 'backchannel-logout' && this.#backChannel !== undefined)
      return exchange.method === 'POST' ? this.#backChannel.answer(exchange) : wrongMethod('POST');
    const origin = this.#party.originOf(exchange.host);
    if (origin === undefined) return undefined;
    switch (name) {
      case 'callback':
        return exchange.method === 'GET' ? this.#callback(exchange, origin) : wrongMethod('GET');
      case 'login':
        return exchange.method === 'GET' ? this.#start(exchange, origin) : wrongMethod('GET');
      case 'logout':
        return exchange.method === 'GET' || exchange.method === 'POST'
          ? this.#logout.answer(exchange, origin)
          : wrongMethod('GET, POST');
      default:
        return undefined;
    }
  }

  /** Releases what the endpoints hold. */
  close(): void {
    this.#backChannel?.close();
  }

  /** The refusal of a session that does not fit into cookies. */
  tooLarge(exchange: Exchange, headers: readonly HeaderPair[] = []): Reply {
    this.#party.host.logger.warn('a session does not fit into cookies: keep fewer claims');
    const detail =
      'The claims and groups of this account are too large for a session. Ask the operator of this site.';
    return refusal(exchange, errors.session_too_large, detail, headers);
  }

  /** Begins a login that leads to `return_to`. */
  async #start(exchange: Exchange, origin: string): Promise<Reply> {
    const { targets, cookies } = this.#party;
    const asked = new URLSearchParams(exchange.query).getAll('return_to');
    const target = asked.length > 1 ? undefined : targets.checked(asked[0] ?? '/', origin);
    if (target === undefined) {
      const detail = '"return_to" is a path of this host, or a URL of a listed origin.';
      return refusal(exchange, errors.return_to_invalid, detail, []);
    }
    const own = cookies.read(exchange);
    if ((await this.#sessionIn(exchange, own)) !== undefined) return redirect(302, target);
    const mode = exchange.headers.get('sec-fetch-mode');
    if (mode !== undefined && mode !== 'navigate') {
      const denial = deny('unauthorized', this.#login.hint, [
        ['WWW-Authenticate', this.#login.challenge],
      ]);
      return this.#login.refuse(exchange, origin, denial);
    }
    return await this.#login.begin(exchange, { origin, target, attempt: 0, own, headers: [] });
  }

  /** Completes a login: the provider has sent the browser back. */
  async #callback(exchange: Exchange, origin: string): Promise<Reply> {
    const { ring, host, config, cookies, provider, sessions, logins } = this.#party;
    const nowMs = host.clock.now();
    const own = cookies.read(exchange);
    const given = new URLSearchParams(exchange.query).getAll('state');
    const text = given.length === 1 ? given[0] : undefined;
    const opened = text === undefined ? undefined : openState(ring, text);
    const state = opened?.host === exchange.host ? opened : undefined;
    const cookie = state === undefined ? undefined : own?.logins.get(state.id);
    const secrets =
      state === undefined || cookie === undefined ? undefined : openSecrets(ring, state.id, cookie);
    const leftMs = (state?.startedAtMs ?? 0) + loginMs - nowMs;
    if (state === undefined || text === undefined || secrets === undefined || leftMs <= 0)
      return await this.#again(exchange, { origin, state, own });
    // Each attempt calls the provider.
    const refused = host.failures.refusal(exchange);
    if (refused !== undefined) return refused;
    // A code that is sent twice would end the session of the first (RFC 6749 section 4.1.2).
    if (!(await sessions.useLogin(state.id, leftMs)))
      return await this.#again(exchange, { origin, state, own });
    const removed = cookies.removeLogin(state.id);
    try {
      const callback = new URL(`${origin}${config.path}/callback?${exchange.query}`);
      const checks = { state: text, nonce: secrets.nonce, verifier: secrets.verifier };
      const tokens = await provider.exchangeCode(callback, checks);
      const isRefreshed = config.refresh && this.#party.isShared;
      const at = { host: exchange.host, nowMs, isRefreshed };
      const created = newSession(tokens, config, at);
      if (this.#party.storing(created, []) === undefined) return this.tooLarge(exchange, removed);
      const { idToken, refreshToken } = tokens;
      const record = { session: created, idToken, refreshToken, replaced: {} };
      const session = this.#party.isShared ? await sessions.store(record, at.nowMs) : created;
      const stored = this.#party.storing(session, own?.pieces ?? []) ?? [];
      if (this.#party.isShared) this.#party.ended.know(session.id);
      await this.#endOther(own, session);
      logins.add(1, 'completed');
      return redirect(302, state.target, [...stored, ...removed]);
    } catch (fault) {
      await sessions.releaseLogin(state.id);
      if (!(fault instanceof LoginFault)) throw fault;
      host.failures.failed(exchange);
      if (fault.kind === 'grant') return await this.#again(exchange, { origin, state, own });
      host.logger.warn('a login was not completed', { fault: errorMessage(fault) });
      return this.#failed(exchange, state, removed);
    }
  }

  /**
   * Answers a callback whose state was used, or whose cookie is lost: with the page that the login
   * was to lead to when there is a session, otherwise with one further login, then with an error.
   */
  async #again(
    exchange: Exchange,
    {
      origin,
      state,
      own,
    }: {
      readonly origin: string;
      readonly state: LoginState | undefined;
      readonly own: OwnCookies | undefined;
    },
  ): Promise<Reply> {
    const target = state?.target ?? '/';
    const removed = state === undefined ? [] : this.#party.cookies.removeLogin(state.id);
    if ((await this.#sessionIn(exchange, own)) !== undefined) return redirect(302, target, removed);
    // A state that cannot be read says nothing: the names of the cookies count the attempts.
    const begun = [...(own?.logins.keys() ?? [])];
    const isLast =
      state === undefined ? begun.length === 0 || begun.some(isRepeated) : state.attempt > 0;
    if (isLast || !isTopLevelNavigation(exchange)) return this.#failed(exchange, state, removed);
    this.#party.logins.add(1, 'repeated');
    return await this.#login.begin(exchange, { origin, target, attempt: 1, own, headers: removed });
  }

  #failed(
    exchange: Exchange,
    state: LoginState | undefined,
    headers: readonly HeaderPair[],
  ): Reply {
    this.#party.logins.add(1, 'failed');
    const query = new URLSearchParams({ return_to: state?.target ?? '/' });
    const url = `${this.#party.config.path}/login?${query.toString()}`;
    const detail =
      'The login was cancelled, took too long, or the browser does not keep cookies of this site.';
    return refusal(exchange, errors.login_failed, detail, headers, { url, text: 'Try again' });
  }

  /** The valid session of a request. */
  async #sessionIn(exchange: Exchange, own: OwnCookies | undefined): Promise<Session | undefined> {
    if (own?.session === undefined || own.isBroken) return undefined;
    const session = this.#party.openSession(own.session);
    if (session === undefined || session.host !== exchange.host) return undefined;
    if (this.#party.isExpired(session)) return undefined;
    const { ended } = this.#party;
    return (ended.has(session) ?? (await ended.ask(session))) ? undefined : session;
  }

  /** Ends the session of another person that the browser had before. */
  async #endOther(own: OwnCookies | undefined, session: Session): Promise<void> {
    const before = own?.session === undefined ? undefined : this.#party.openSession(own.session);
    if (before !== undefined && before.subject !== session.subject) await this.#party.end(before);
  }
}

function wrongMethod(allow: string): Reply {
  return deny('method_not_allowed', undefined, [['Allow', allow]]);
}
