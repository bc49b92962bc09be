import { createHash } from 'node:crypto';
import {
  definePolicy,
  deny,
  FieldName,
  listItems,
  principal,
  unrecognised,
  type Exchange,
  type HeaderPair,
  type Principal,
  type Reply,
  type Unrecognised,
} from '@sluice/policy-sdk';
import { stateRefusal, stateRefusals } from '../authentication/credential-state.ts';
import { authorizationSignature } from './authorization-form.ts';
import { contentFault } from './content-check.ts';
import { hasMessageSignature, messageSignature } from './message-form.ts';
import { hmacAuthSchema } from './schema.ts';
import {
  isFault,
  signatureFault,
  type PresentedSignature,
  type SignatureFault,
} from './signature.ts';

/** Clocks of nodes may differ: another one may accept the signature for longer. */
const maxClockSkewMs = 60_000;

type Result = Principal | Reply | Unrecognised;

export const hmacAuth = definePolicy({
  schema: hmacAuthSchema,
  compile(config, host) {
    const { forms, label, content, realm, hideCredentials, optional, required } = config;
    const windowMs = config.windowSeconds * 1_000;
    const needed = ['@method', '@target', ...config.components.map((name) => name.toLowerCase())];
    const authorization = new FieldName('authorization');
    const hiddenAuthorization = [authorization];
    const hiddenMessage = [new FieldName('signature'), new FieldName('signature-input')];
    const acceptsAuthorization = forms.includes('authorization');
    const library = forms.includes('message') ? import('http-message-sig') : undefined;
    // A request that needs the library reports why it could not be loaded.
    library?.catch(() => undefined);
    const schemes = acceptsAuthorization ? ['hmac', 'Signature'] : ['Signature'];
    const challenges = schemes.map((scheme) => `${scheme} realm="${realm}"`);
    const fields: readonly HeaderPair[] = challenges.map((value) => ['WWW-Authenticate', value]);
    const nonces = config.replay === 'refuse' ? host.shared : undefined;

    const refuse = ({ reason, detail }: SignatureFault): Reply =>
      deny('invalid_credential', detail, fields, reason);
    const wrongDetail = 'The signature is not valid for this key, request and algorithm.';
    const wrong = (reason: SignatureFault['reason']): Reply =>
      refuse({ reason, detail: wrongDetail });
    const ofUnknown = wrong('unknown');
    const otherScheme = unrecognised(ofUnknown);
    const replayed = refuse({
      reason: 'replayed',
      detail: 'This signature or its nonce was used before: sign each request again.',
    });
    const conflict = refuse({
      reason: 'conflict',
      detail: 'The request carries two signatures: send one.',
    });
    const refusals = stateRefusals(fields, 'Ask for a new secret.');

    /** Why the signature cannot be accepted, whatever its key is. */
    const faultOf = (presented: PresentedSignature): SignatureFault | undefined => {
      const { createdMs, expiresMs, covered } = presented;
      const missing = needed.filter((name) => !covered.has(name));
      if (missing.length > 0)
        return {
          reason: 'malformed',
          detail: `The signature has to cover ${missing.map(nameOf).join(', ')}.`,
        };
      const nowMs = host.clock.now();
      const isOver = createdMs < nowMs - windowMs || (expiresMs !== undefined && expiresMs < nowMs);
      if (isOver) return { reason: 'expired', detail: 'Sign again: the signature is too old.' };
      return createdMs > nowMs + windowMs
        ? { reason: 'not_yet_valid', detail: 'Set the clock: the signature is of the future.' }
        : undefined;
    };

    const isReplay = async (
      exchange: Exchange,
      { keyId, nonce, signature, createdMs }: PresentedSignature,
    ): Promise<boolean> => {
      if (nonces === undefined) return false;
      const { isShadow = false } = exchange as { readonly isShadow?: boolean };
      const once =
        nonce === undefined ? ['signature', signature.toString('base64')] : ['nonce', nonce];
      const key = createHash('sha256')
        .update(JSON.stringify([isShadow, keyId, ...once]))
        .digest('base64url');
      const ttlMs = Math.max(1, createdMs + windowMs - host.clock.now()) + maxClockSkewMs;
      return !(await nonces.set(key, '1', { ttlMs, ifAbsent: true }));
    };

    const verify = async (
      exchange: Exchange,
      presented: PresentedSignature | SignatureFault,
      isMessage: boolean,
    ): Promise<Result> => {
      if (isFault(presented)) return refuse(presented);
      const fault = faultOf(presented) ?? removalOf(exchange, presented);
      if (fault !== undefined) return refuse(fault);
      const { keyId } = presented;
      const found = host.credentials.find('hmac', keyId);
      // Other services sign messages as well, such as crawlers: those are not counted as failures.
      const isForeign = found === undefined && isMessage;
      const limited = isForeign ? undefined : host.failures.refusal(exchange, keyId);
      if (limited !== undefined) return limited;
      const invalid = signatureFault(presented, found);
      if (isForeign) return otherScheme;
      if (found === undefined || invalid !== undefined) {
        host.failures.failed(exchange, keyId);
        return invalid === undefined || invalid === 'unknown' ? ofUnknown : wrong(invalid);
      }
      host.failures.succeeded(exchange, keyId);
      const refusal = stateRefusal(found.credential, host.clock.now(), refusals);
      if (refusal !== undefined) return refusal;
      const changed =
        content && (await contentFault(exchange, presented.covered, content.maxBytes));
      if (changed !== undefined) return refuse(changed);
      if (await isReplay(exchange, presented)) return replayed;
      return principal(found);
    };

    const verifyMessage = async (exchange: Exchange): Promise<Result> =>
      verify(
        exchange,
        await messageSignature(await (library as NonNullable<typeof library>), exchange, label),
        true,
      );

    return {
      challenges,
      hint: 'Sign the request with your secret.',
      optional,
      required,
      authenticate(exchange) {
        const { headers } = exchange;
        const value = acceptsAuthorization ? headers.get(authorization) : undefined;
        const signed = value === undefined ? undefined : authorizationSignature(value, exchange);
        const isMessage = library !== undefined && hasMessageSignature(exchange);
        if (hideCredentials && signed !== undefined) exchange.hideOnForward(hiddenAuthorization);
        if (!isMessage) return signed && verify(exchange, signed, false);
        if (hideCredentials) exchange.hideOnForward(hiddenMessage);
        return signed === undefined ? verifyMessage(exchange) : conflict;
      },
    };
  },
});

/**
 * The gateway removes the fields that Connection names (RFC 9110 section 7.6.1). A proxy before it
 * could add Connection, so that the upstream does not receive a field that was signed.
 */
function removalOf(
  { headers }: Pick<Exchange, 'headers'>,
  { covered }: PresentedSignature,
): SignatureFault | undefined {
  if (!headers.has('connection')) return undefined;
  const options = listItems(headers.getAll('connection'));
  const removed = options.find((name) => covered.has(name.toLowerCase()));
  return removed === undefined
    ? undefined
    : { reason: 'malformed', detail: `Connection must not name the signed header ${removed}.` };
}

/** The name of a component for the client. */
function nameOf(component: string): string {
  return component === '@target' ? 'the target' : component;
}
