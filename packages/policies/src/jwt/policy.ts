import { hash } from 'node:crypto';
import {
  definePolicy,
  type Exchange,
  type Principal,
  type Reply,
  type Unrecognised,
} from '@sluice/policy-sdk';
import { checkClaims, TokenFault } from '@sluice/tokens';
import { BearerReplies } from '../authentication/bearer-replies.ts';
import { stateRefusals } from '../authentication/credential-state.ts';
import { TokenSources } from '../authentication/token-sources.ts';
import { bindingFault } from './bound-certificate.ts';
import { ConsumerKeys } from './consumer-keys.ts';
import { Issuers } from './issuers.ts';
import { jwtSchema } from './schema.ts';
import { usualTypes, type VerifiedToken } from './token-authority.ts';
import { TokenRefusals } from './token-refusals.ts';
import { TokenVerifier } from './token-verifier.ts';
import { VerifiedTokens } from './verified-tokens.ts';

type Finding = Principal | Reply | Unrecognised | undefined;

export const jwt = definePolicy({
  schema: jwtSchema,
  compile(config, host) {
    const { realm, optional, required, upstreamToken, consumerKeys } = config;
    const replies = new BearerReplies(realm, []);
    const sources = new TokenSources(config, replies);
    const hidden = upstreamToken === 'none' ? sources.parts : undefined;
    const refusals = new TokenRefusals(replies);
    const challenge = [['WWW-Authenticate', replies.challenge]] as const;
    const states = stateRefusals(challenge, 'Ask for a new credential.');
    const issuers = new Issuers(config, host);
    const keys =
      consumerKeys === undefined ? undefined : new ConsumerKeys(consumerKeys, host, states);
    if (consumerKeys?.requireExpiry === false)
      host.logger.warn('accepts tokens of consumers that never expire');
    const known = new VerifiedTokens(host.clock);
    const verifier = new TokenVerifier(
      (token) => issuers.of(token) ?? keys?.of(token) ?? noAuthority,
      refusals,
      host,
    );

    /** Checks what may have changed since the token was verified, and finds its caller. */
    const admit = (token: VerifiedToken, exchange: Exchange): Principal | Reply => {
      const { authority, claims } = token;
      const fault =
        checkClaims(claims, { ...authority.rules, nowMs: host.clock.now() }) ??
        (claims['cnf'] === undefined ? undefined : bindingFault(claims, exchange));
      if (fault !== undefined) return refusals.of(fault);
      const caller = authority.callerOf(token);
      if ('status' in caller) return caller;
      token.principal = caller;
      const fields = (token.fields ??= authority.fields.of(claims));
      if (fields === undefined) return refusals.of(tooLong);
      for (const [name, value] of fields) exchange.headers.set(name, value);
      return caller;
    };

    const admitNew = (token: VerifiedToken, id: string, exchange: Exchange): Principal | Reply => {
      const { typ, authority } = token;
      const types = authority.types ?? (typ === undefined ? undefined : usualTypes);
      const rules = { ...authority.rules, nowMs: host.clock.now(), typ, types };
      const fault = checkClaims(token.claims, rules);
      if (fault !== undefined) return refusals.of(fault);
      known.set(id, token);
      return admit(token, exchange);
    };

    const verify = (text: string, id: string, exchange: Exchange): Finding | Promise<Finding> => {
      const result = verifier.verify(text, exchange);
      if (result instanceof Promise)
        return result.then((later) =>
          'authority' in later ? admitNew(later, id, exchange) : later,
        );
      return 'authority' in result ? admitNew(result, id, exchange) : result;
    };

    return {
      challenges: [replies.challenge],
      hint: 'Send an access token in the header Authorization, with the scheme Bearer.',
      optional,
      required,
      upstreamFields: issuers.fieldNames,
      readFields: config.headerNames,
      authenticate(exchange) {
        const text = sources.find(exchange);
        if (text === undefined) return undefined;
        if (hidden !== undefined) exchange.hideOnForward(hidden);
        if (typeof text !== 'string') return text;
        const id = hash('sha256', text, 'base64');
        const token = known.get(id);
        if (token === undefined) return verify(text, id, exchange);
        if (token.authority.accepts(token.keyId)) return admit(token, exchange);
        known.delete(id);
        return verify(text, id, exchange);
      },
      close() {
        known.close();
        issuers.close();
      },
    };
  },
});

const noAuthority = new TokenFault(
  'wrong_issuer',
  'The issuer of the token is not accepted here. Ask for a token of another issuer.',
);
const tooLong = new TokenFault(
  'malformed',
  'The token has claims that are too long for the headers of the upstream.',
);
