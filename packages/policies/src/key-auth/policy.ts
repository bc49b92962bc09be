import { hash } from 'node:crypto';
import { definePolicy, deny, FieldName, principal, type HeaderPair } from '@sluice/policy-sdk';
import { stateRefusal, stateRefusals } from '../authentication/credential-state.ts';
import { keyAuthSchema } from './schema.ts';

/**
 * No key is longer; hashing a longer value would only let a caller waste the gateway's CPU time.
 */
const maxKeyLength = 512;

export const keyAuth = definePolicy({
  schema: keyAuthSchema,
  compile({ headerNames, hideCredentials, optional }, host) {
    const names = headerNames.map((name) => new FieldName(name.toLowerCase()));
    const firstName = names[0]?.lower;
    // RFC 9110 section 11.6.1: a 401 says how to authenticate.
    const scheme = `ApiKey realm="sluice", header="${firstName}"`;
    const challenge: readonly HeaderPair[] = [['WWW-Authenticate', scheme]];
    const ambiguous = deny(
      'invalid_credential',
      'The request carries two different keys: send one.',
      challenge,
    );
    const unknown = deny('invalid_credential', 'The key is not known here.', challenge);
    const refusals = stateRefusals(challenge, 'Ask for a new key.');

    return {
      challenges: [scheme],
      hint: `Send your key in the header ${firstName}.`,
      optional,
      authenticate(exchange) {
        const { headers } = exchange;
        let key: string | undefined;
        for (const name of names) {
          if (!headers.has(name)) continue;
          for (const value of headers.hasOne(name) ? [headers.get(name)] : headers.getAll(name)) {
            if (value === undefined || value === '') continue;
            if (key !== undefined && key !== value) return ambiguous;
            key = value;
          }
        }
        if (hideCredentials) exchange.hideOnForward(names);
        if (key === undefined) return undefined;
        if (key.length > maxKeyLength) return unknown;

        const owner = host.credentials.find('key', hash('sha256', key, 'hex'));
        if (owner === undefined) return unknown;
        return stateRefusal(owner.credential, host.clock.now(), refusals) ?? principal(owner);
      },
    };
  },
});
