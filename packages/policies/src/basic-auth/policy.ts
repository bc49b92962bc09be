import {
  definePolicy,
  deny,
  FieldName,
  principal,
  type Exchange,
  type FoundCredential,
  type HeaderPair,
  type Principal,
  type Reply,
} from '@sluice/policy-sdk';
import { clientNetwork } from '@sluice/schema';
import { stateRefusal, stateRefusals } from '../authentication/credential-state.ts';
import { basicCredentialsOf, type BasicCredentials } from './basic-credentials.ts';
import { HashQueueFull } from './hash-queue.ts';
import { dummyHash, PasswordCheck } from './password-check.ts';
import { basicAuthSchema } from './schema.ts';

export const basicAuth = definePolicy({
  schema: basicAuthSchema,
  compile({ realm, hideCredentials, optional, required = false, cacheSeconds }, host) {
    const authorization = new FieldName('authorization');
    const hidden = [authorization];
    const challenge = `Basic realm="${realm}", charset="UTF-8"`;
    const fields: readonly HeaderPair[] = [['WWW-Authenticate', challenge]];
    const malformed = deny(
      'invalid_credential',
      'Send one user name and password, with the scheme Basic.',
      fields,
      'malformed',
    );
    // One reason for both, as for clients: which users exist is in no log and no metric.
    const wrong = deny(
      'invalid_credential',
      'User name or password is not valid.',
      fields,
      'unknown',
    );
    const refusals = stateRefusals(fields, 'Ask for a new password.');
    const soon: readonly HeaderPair[] = [['Retry-After', '1']];
    const tooMany = deny(
      'rate_limited',
      'Too many passwords at the same time.',
      soon,
      'too_many_failures',
    );
    const busy = deny(
      'overloaded',
      'Too many passwords are being verified.',
      soon,
      'dependency_failed',
    );
    const check = new PasswordCheck(host.cache, cacheSeconds * 1_000, host.credentials);
    // Hashed now, so that the first unknown user costs no more than a known one.
    dummyHash().catch(() => undefined);

    const verify = async (
      exchange: Exchange,
      { username, password }: BasicCredentials,
      found: FoundCredential | undefined,
    ): Promise<Principal | Reply> => {
      const caller = clientNetwork(exchange.clientAddress);
      try {
        const isMatch = await check.matches(found, password, caller);
        if (isMatch && found !== undefined) return accept(exchange, username, found);
      } catch (fault) {
        if (!(fault instanceof HashQueueFull)) throw fault;
        return fault.refusal === 'caller' ? tooMany : busy;
      }
      host.failures.failed(exchange, username);
      return wrong;
    };

    const accept = (
      exchange: Exchange,
      username: string,
      { consumer, credential }: FoundCredential,
    ): Principal | Reply => {
      host.failures.succeeded(exchange, username);
      const refusal = stateRefusal(credential, host.clock.now(), refusals);
      return refusal ?? principal({ consumer, credential });
    };

    return {
      challenges: [challenge],
      hint: 'Send user name and password with the scheme Basic.',
      optional,
      required,
      authenticate(exchange) {
        const credentials = basicCredentialsOf(exchange.headers, authorization);
        if (credentials === undefined) return undefined;
        if (hideCredentials) exchange.hideOnForward(hidden);
        if (credentials === 'invalid') return malformed;
        const { username, password } = credentials;
        const found = host.credentials.find('basic', username);
        if (found !== undefined && check.remembers(found.secret, password))
          return accept(exchange, username, found);
        return host.failures.refusal(exchange, username) ?? verify(exchange, credentials, found);
      },
    };
  },
});
