import { hash } from 'node:crypto';
import {
  definePolicy,
  deny,
  principal,
  type Exchange,
  type HeaderPair,
  type Reply,
} from '@sluice/policy-sdk';
import { stateRefusal, stateRefusals } from '../authentication/credential-state.ts';
import type { PartSource } from '../authentication/part-sources.ts';
import { isForeignUpgrade } from '../authentication/websocket-origin.ts';
import { keySources } from './key-sources.ts';
import { keyAuthSchema } from './schema.ts';

/**
 * No key is longer; hashing a longer value would only let a caller waste the gateway's CPU time.
 */
const maxKeyLength = 512;

export const keyAuth = definePolicy({
  schema: keyAuthSchema,
  compile({ hideCredentials, optional, required = false, webSocketOrigins = [], ...names }, host) {
    const { headers: fields, others, parts, parameter, place } = keySources(names);
    const allowedOrigins = new Set(webSocketOrigins.map((origin) => origin.toLowerCase()));
    // RFC 9110 section 11.6.1: a 401 says how to authenticate.
    const scheme = `ApiKey realm="sluice", ${parameter}`;
    const challenge: readonly HeaderPair[] = [['WWW-Authenticate', scheme]];
    const ambiguous = deny(
      'invalid_credential',
      'The request carries two different keys: send one.',
      challenge,
      'conflict',
    );
    const unknown = deny('invalid_credential', 'The key is not known here.', challenge, 'unknown');
    const foreign = deny(
      'forbidden',
      'A page of this origin may not open a WebSocket with the key of a cookie.',
      [],
      'denied',
    );
    const refusals = stateRefusals(challenge, 'Ask for a new key.');

    /** The key in other parts than headers, given the one in headers; or a refusal. */
    const readOthers = (exchange: Exchange, inHeaders: string | undefined) => {
      let key = inHeaders;
      for (const source of others) {
        const found = readOne(source, exchange, key);
        if (typeof found === 'object') return found;
        if (source.isCookie && found !== key && isForeignUpgrade(exchange, allowedOrigins))
          return foreign;
        key = found;
      }
      return key;
    };
    const readOne = (
      { read }: PartSource,
      exchange: Exchange,
      before: string | undefined,
    ): string | Reply | undefined => {
      let key = before;
      for (const value of read(exchange)) {
        if (value === '') continue;
        if (key !== undefined && key !== value) return ambiguous;
        key = value;
      }
      return key;
    };

    return {
      challenges: [scheme],
      hint: `Send your key ${place}.`,
      optional,
      required,
      authenticate(exchange) {
        const { headers } = exchange;
        let key: string | undefined;
        for (const name of fields) {
          if (!headers.has(name)) continue;
          for (const value of headers.hasOne(name) ? [headers.get(name)] : headers.getAll(name)) {
            if (value === undefined || value === '') continue;
            if (key !== undefined && key !== value) return ambiguous;
            key = value;
          }
        }
        if (hideCredentials) exchange.hideOnForward(parts);
        if (others.length > 0) {
          const found = readOthers(exchange, key);
          if (typeof found === 'object') return found;
          key = found;
        }
        if (key === undefined) return undefined;
        if (key.length > maxKeyLength) return unknown;

        const owner = host.credentials.find('key', hash('sha256', key, 'hex'));
        if (owner === undefined) return unknown;
        return stateRefusal(owner.credential, host.clock.now(), refusals) ?? principal(owner);
      },
    };
  },
});
