import { deny, reply, type Exchange, type HeaderPair, type Reply } from '@sluice/policy-sdk';
import {
  checkClaims,
  claimAt,
  findSignerLater,
  isObject,
  parseJwt,
  publicAlgorithms,
  sharedKeys,
  TokenFault,
  type JsonObject,
  type KeyFetcher,
  type SharedKeys,
} from '@sluice/tokens';
import type { RelyingParty } from './relying-party.ts';
import { oidcSchema } from './schema.ts';

const event = 'http://schemas.openid.net/event/backchannel-logout';
const maxBytes = 16_384;
const leewaySeconds = 60;
/** A logout token is used at once: older ones are refused. */
const maxAgeMs = 600_000;
/** Longer than any logout token is accepted. */
const replayMs = maxAgeMs + 3 * leewaySeconds * 1_000;
const noStore: readonly HeaderPair[] = [['Cache-Control', 'no-store']];

/** Which sessions a logout token ends. */
interface LogoutToken {
  readonly jti: string;
  readonly subject: string | undefined;
  readonly providerSession: string | undefined;
}

/** Ends sessions when the provider says so (OpenID Connect Back-Channel Logout 1.0). */
export class BackChannelLogout {
  readonly #party: RelyingParty;
  readonly #shared: SharedKeys;
  readonly #fetcher: KeyFetcher;

  constructor(party: RelyingParty) {
    this.#party = party;
    const { config, host } = party;
    const { issuer, allowPrivateAddresses, timeoutMs } = config;
    this.#fetcher = {
      client: host.http({ allowPrivateAddresses, timeoutMs, maxBytes: 262_144, maxConnections: 2 }),
      onFetch: ({ outcome, detail }) => {
        if (outcome === 'failed')
          host.logger.warn('the keys of the provider cannot be fetched', { issuer, detail });
      },
    };
    const group = allowPrivateAddresses ? 'any' : 'public';
    this.#shared = sharedKeys({ issuer }, group, host.clock);
  }

  close(): void {
    this.#shared.release();
  }

  /**
   * Answers a request of the provider: 200 when the sessions have ended on all nodes.
   * @throws Error when keys or the store are not available
   */
  async answer(exchange: Exchange): Promise<Reply> {
    const { failures, clock } = this.#party.host;
    const refused = failures.refusal(exchange);
    if (refused !== undefined) return refused;
    const token = await this.#tokenIn(exchange);
    if (token instanceof TokenFault) {
      failures.failed(exchange);
      return deny(oidcSchema.errors.logout_token_invalid, token.detail, noStore, token.reason);
    }
    const { sessions, ended } = this.#party;
    const { jti, subject, providerSession } = token;
    if (!(await sessions.useLogoutToken(jti, replayMs)))
      return deny(
        oidcSchema.errors.logout_token_invalid,
        'The logout token was used before.',
        noStore,
        'replayed',
      );
    const atMs = clock.now();
    try {
      if (providerSession === undefined) {
        await ended.end({ of: 'subject', value: subject ?? '', atMs });
      } else {
        await ended.end({ of: 'provider', value: providerSession, atMs });
        if (subject !== undefined) await ended.end({ of: 'unnamed', value: subject, atMs });
      }
    } catch (fault) {
      // The provider may send it again.
      await sessions.releaseLogoutToken(jti).catch(() => undefined);
      throw fault;
    }
    return reply(200, noStore);
  }

  async #tokenIn(exchange: Exchange): Promise<LogoutToken | TokenFault> {
    const type = exchange.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase();
    if (type !== 'application/x-www-form-urlencoded')
      return malformed('The content is not a form (application/x-www-form-urlencoded).');
    const { bytes } = await exchange.requestBody.read({ maxBytes });
    const texts = new URLSearchParams(Buffer.from(bytes).toString()).getAll('logout_token');
    const [text] = texts;
    if (text === undefined || texts.length > 1)
      return malformed('The form has not exactly one logout_token.');
    const token = parseJwt(text);
    if (token instanceof TokenFault) return token;
    const keys = await this.#shared.keys.keysFor(token, this.#fetcher);
    if (keys === undefined) throw new Error('the keys of the provider are not available');
    const signer = await findSignerLater(token, keys, publicAlgorithms);
    if (signer instanceof TokenFault) return signer;
    return this.#checked(token.claims, token.typ);
  }

  /** Checks the claims (section 2.6 of the specification). */
  #checked(claims: JsonObject, typ: string | undefined): LogoutToken | TokenFault {
    const { issuer, clientId } = this.#party.config;
    const nowMs = this.#party.host.clock.now();
    const fault = checkClaims(claims, {
      nowMs,
      leewaySeconds,
      issuer,
      audience: clientId,
      requireExp: false,
      typ: typ ?? 'logout+jwt',
      types: ['logout+jwt', 'JWT'],
    });
    if (fault !== undefined) return fault;
    const [iat, jti, sub, sid] = ['iat', 'jti', 'sub', 'sid'].map((name) =>
      claimAt(claims, [name]),
    );
    if (typeof iat !== 'number') return malformed('The logout token has no "iat".');
    if (iat * 1_000 + maxAgeMs < nowMs)
      return new TokenFault('expired', 'The logout token is too old.');
    if (!isObject(claimAt(claims, ['events', event])))
      return malformed('The logout token has not the event of a back-channel logout.');
    if (claimAt(claims, ['nonce']) !== undefined)
      return malformed('A logout token has no "nonce".');
    if (typeof jti !== 'string' || jti === '') return malformed('The logout token has no "jti".');
    if (sid !== undefined && typeof sid !== 'string')
      return malformed('The "sid" of the logout token is no text.');
    const subject = typeof sub === 'string' ? sub : undefined;
    return subject === undefined && sid === undefined
      ? malformed('The logout token has neither "sub" nor "sid".')
      : { jti, subject, providerSession: sid };
  }
}

function malformed(detail: string): TokenFault {
  return new TokenFault('malformed', detail);
}
