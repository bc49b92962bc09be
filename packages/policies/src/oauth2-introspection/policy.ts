import { X509Certificate, createPrivateKey } from 'node:crypto';
import {
  definePolicy,
  unrecognised,
  type ClientCertificate,
  type Exchange,
  type Principal,
  type Reply,
  type Unrecognised,
} from '@sluice/policy-sdk';
import { expiryOf, type JsonObject } from '@sluice/tokens';
import { BearerReplies } from '../authentication/bearer-replies.ts';
import { TokenIdentity } from '../authentication/token-identity.ts';
import { TokenSources } from '../authentication/token-sources.ts';
import { clientAuthentication } from './client-authentication.ts';
import { Introspector } from './introspector.ts';
import { oauth2IntrospectionSchema } from './schema.ts';
import { TokenChecks } from './token-checks.ts';

/** The compact form of a JWT: three parts, the first of which is a JSON object. */
const jwtForm = /^e[wy][\w-]*\.[\w-]+\.[\w-]*$/;

export const oauth2Introspection = definePolicy({
  schema: oauth2IntrospectionSchema,
  compile(config, host) {
    const { optional, required, upstreamToken, leewaySeconds, clientCertificate } = config;
    const replies = new BearerReplies(config.realm, config.scopes);
    const sources = new TokenSources(config, replies);
    const checks = new TokenChecks(config, replies);
    const identity = new TokenIdentity(config, host.consumers);
    if (clientCertificate !== undefined) checkCertificate(clientCertificate);
    const introspector = new Introspector(
      host.http({
        allowPrivateAddresses: config.allowPrivateAddresses,
        timeoutMs: config.timeoutMs,
        connectTimeoutMs: config.timeoutMs,
        maxBytes: 65_536,
        maxConnections: config.maxConnections,
        maxQueued: config.maxConnections * 4,
        clientCertificate,
        certificateAuthorities: config.certificateAuthorities,
      }),
      host,
      {
        endpoint: config.endpoint,
        headers: [
          ...Object.entries(config.headers),
          ['Content-Type', 'application/x-www-form-urlencoded'],
          ['Accept', 'application/json'],
        ],
        cacheMs: config.cacheSeconds * 1_000,
        negativeCacheMs: config.negativeCacheSeconds * 1_000,
        proof: clientAuthentication(config),
      },
    );
    // Both may be tokens of another alternative.
    const inactive = unrecognised(
      replies.refusal('unknown', 'The token is not active: it is unknown, expired or revoked.'),
    );
    const otherForm = unrecognised(
      replies.refusal('unknown', 'A token of this form is not accepted here.'),
    );
    const results = host.metrics.counter('tokens_total', 'Tokens, by what was known about them.', [
      'result',
    ]);

    const decide = (
      exchange: Exchange,
      token: string,
      key: string,
      claims: JsonObject,
    ): Principal | Reply =>
      checks.refusal(claims, exchange, host.clock.now()) ??
      identity.of(exchange, claims, {
        expiresAtMs: expiryOf(claims, leewaySeconds),
        isLive: introspector.liveCheck(token, key),
      });

    const ask = async (
      exchange: Exchange,
      token: string,
      key: string,
    ): Promise<Principal | Reply | Unrecognised> => {
      const isFamiliar = introspector.isFamiliar(key);
      let claims: JsonObject | undefined;
      try {
        claims = await introspector.ask(token, key);
      } catch (fault) {
        results.add(1, 'failed');
        throw fault;
      }
      results.add(1, claims === undefined ? 'inactive' : 'active');
      if (claims !== undefined) return decide(exchange, token, key, claims);
      // A token that has ended since is no guess.
      if (!isFamiliar) host.failures.failed(exchange);
      return inactive;
    };

    return {
      challenges: [replies.challenge],
      hint: 'Send an access token with the scheme Bearer.',
      optional,
      required,
      upstreamFields: identity.fields,
      authenticate(exchange) {
        const token = sources.read(exchange);
        if (token === undefined || typeof token === 'object') return token;
        if (config.tokens === 'opaque' && jwtForm.test(token)) return otherForm;
        if (upstreamToken === 'none') exchange.hideOnForward(sources.parts);
        const key = Introspector.keyOf(token);
        const known = introspector.known(key);
        if (known === 'inactive') {
          results.add(1, 'cached_inactive');
          return inactive;
        }
        if (known !== undefined) {
          results.add(1, 'cached_active');
          return decide(exchange, token, key, known);
        }
        // A token that was active before is never refused for the failures of its network.
        const refusal = introspector.isFamiliar(key) ? undefined : host.failures.refusal(exchange);
        return refusal ?? ask(exchange, token, key);
      },
    };
  },
});

/** @throws Error when the certificate cannot be presented; the message contains nothing of it */
function checkCertificate({ certificates, privateKey }: ClientCertificate): void {
  let isPair: boolean;
  try {
    isPair = new X509Certificate(certificates).checkPrivateKey(createPrivateKey(privateKey));
  } catch {
    throw new Error('clientCertificate is not a certificate and its private key in PEM');
  }
  if (!isPair)
    throw new Error('the private key of clientCertificate is that of another certificate');
}
