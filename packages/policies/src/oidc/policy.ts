import {
  definePolicy,
  deny,
  principal,
  unrecognised,
  type AuthReason,
  type Exchange,
  type Principal,
  type Reply,
  type Unrecognised,
} from '@sluice/policy-sdk';
import { isForeignUpgrade } from '../authentication/websocket-origin.ts';
import type { OwnCookies } from './cookies.ts';
import { Endpoints } from './endpoints.ts';
import { Login } from './login.ts';
import { refusal } from './pages.ts';
import { RelyingParty } from './relying-party.ts';
import { oidcSchema, type OidcConfig } from './schema.ts';
import type { Session } from './session.ts';

export const oidc = definePolicy({
  schema: oidcSchema,
  compile(config, host) {
    if (config.backChannelLogout && !host.shared.isShared)
      throw new Error(
        'backChannelLogout needs a Redis that all nodes share: set REDIS_URL on the nodes, or set backChannelLogout to false',
      );
    const party = new RelyingParty(config, host);
    const login = new Login(party);
    const endpoints = new Endpoints(party, login);
    const allowedOrigins = new Set([...config.publicUrls, ...config.returnTo]);
    const foreign = deny(
      'forbidden',
      'A page of this origin may not open a WebSocket with the session of this host.',
    );

    const turnAway = async (
      exchange: Exchange,
      own: OwnCookies,
      reason: AuthReason,
    ): Promise<Unrecognised> => unrecognised(await login.askAgain(exchange, own, reason));

    /** Refreshes the session, and looks it up, when that is necessary. */
    const verify = async (
      exchange: Exchange,
      own: OwnCookies,
      before: Session,
    ): Promise<Principal | Reply | Unrecognised> => {
      if (party.ended.has(before) ?? (await party.ended.ask(before)))
        return await turnAway(exchange, own, 'revoked');
      if (!party.isDue(before)) return recognise(exchange, before);
      const session = await party.refresh.of(before);
      if (session === undefined) return await turnAway(exchange, own, 'expired');
      const fields = party.storing(session, own.pieces);
      if (fields === undefined) return endpoints.tooLarge(exchange);
      for (const [name, value] of fields) exchange.addResponseHeader(name, value);
      // No cache may give this session to others.
      exchange.setResponseHeader('Cache-Control', 'no-store');
      return recognise(exchange, session);
    };

    const recognise = (exchange: Exchange, session: Session): Principal | Reply => {
      const consumer = consumerOf(config, session, host.consumers);
      if (consumer === undefined && config.consumer?.required === true) {
        const url = `${config.path}/logout`;
        const link = { url, text: 'Log out' };
        const detail = 'You are logged in, and no consumer of this API.';
        return { ...refusal(exchange, 'forbidden', detail, [], link), reason: 'unknown' };
      }
      return principal({
        consumer,
        subject: session.subject,
        claims: { ...session.claims, iss: config.issuer, sub: session.subject },
        groups: session.groups,
        expiresAtMs: session.expiresAtMs,
        isLive: () => party.ended.has(session) !== true && !party.isExpired(session),
      });
    };

    return {
      challenges: [login.challenge],
      hint: login.hint,
      optional: config.optional,
      receive: (exchange) => endpoints.answer(exchange),
      authenticate(exchange) {
        const own = party.cookies.read(exchange);
        if (own === undefined) return undefined;
        exchange.hideOnForward(own.parts);
        const { session: sealed, isBroken, pieces } = own;
        if (pieces.length === 0) return undefined;
        if (sealed === undefined || isBroken) return turnAway(exchange, own, 'malformed');
        const session = party.openSession(sealed);
        if (session === undefined)
          return turnAway(exchange, own, party.ring.whyClosed('session', sealed));
        if (session.host !== exchange.host) return turnAway(exchange, own, 'wrong_audience');
        if (party.isExpired(session)) return turnAway(exchange, own, 'expired');
        if (isForeignUpgrade(exchange, allowedOrigins)) return foreign;
        return party.ended.has(session) === false && !party.isDue(session)
          ? recognise(exchange, session)
          : verify(exchange, own, session);
      },
      close: () => endpoints.close(),
      login: (exchange) => (config.optional ? undefined : login.ask(exchange)),
    };
  },
});

function consumerOf(
  { consumer }: OidcConfig,
  { consumerName }: Session,
  consumers: Parameters<typeof oidc.compile>[1]['consumers'],
) {
  if (consumer === undefined || consumerName === undefined) return undefined;
  const { by } = consumer;
  return consumers.find({ [by]: consumerName } as Parameters<typeof consumers.find>[0]);
}
