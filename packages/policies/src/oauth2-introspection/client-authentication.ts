import { createPrivateKey, createPublicKey, randomUUID, type KeyObject } from 'node:crypto';
import type { HeaderPair } from '@sluice/policy-sdk';
import { importPem, signJwt, type Algorithm } from '@sluice/tokens';

/** What a client adds to a call to authenticate itself. */
export interface ClientProof {
  readonly headers: readonly HeaderPair[];
  readonly form: readonly (readonly [name: string, value: string])[];
}

/** The settings of the client; see the schema. */
export interface ClientSettings {
  readonly endpoint: string;
  readonly clientAuthentication:
    'client_secret_basic' | 'client_secret_post' | 'private_key_jwt' | 'tls_client_auth' | 'none';
  readonly clientId?: string | undefined;
  readonly clientSecret?: string | undefined;
  readonly assertion?:
    | {
        readonly privateKey: string;
        readonly algorithm: Algorithm;
        readonly keyId?: string | undefined;
        readonly audience?: string | undefined;
      }
    | undefined;
}

/** How long the server may accept an assertion, seconds. */
const assertionSeconds = 60;
const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/**
 * Prepares the authentication of the client (RFC 6749, section 2.3.1; RFC 7523; RFC 8705).
 * @returns creates the proof for one call; the parameter is the current time in milliseconds
 * @throws Error when the private key cannot be used; the message contains nothing of it
 */
export function clientAuthentication(settings: ClientSettings): (nowMs: number) => ClientProof {
  const { clientAuthentication: method, clientId = '', clientSecret = '' } = settings;
  switch (method) {
    case 'client_secret_basic': {
      const pair = `${formEncoded(clientId)}:${formEncoded(clientSecret)}`;
      const value = `Basic ${Buffer.from(pair).toString('base64')}`;
      return constant({ headers: [['Authorization', value]], form: [] });
    }
    case 'client_secret_post':
      return constant({
        headers: [],
        form: [
          ['client_id', clientId],
          ['client_secret', clientSecret],
        ],
      });
    case 'private_key_jwt':
      return assertions(settings, clientId);
    case 'tls_client_auth':
      return constant({ headers: [], form: [['client_id', clientId]] });
    case 'none':
      return constant({
        headers: [],
        form: settings.clientId === undefined ? [] : [['client_id', clientId]],
      });
  }
}

function constant(proof: ClientProof): () => ClientProof {
  return () => proof;
}

function assertions(
  { endpoint, assertion }: ClientSettings,
  clientId: string,
): (nowMs: number) => ClientProof {
  if (assertion === undefined) throw new Error('private_key_jwt needs an assertion');
  const { algorithm, keyId, audience = endpoint } = assertion;
  const key = privateKeyOf(assertion.privateKey, algorithm);
  const create = (nowMs: number): string => {
    const iat = Math.floor(nowMs / 1_000);
    const exp = iat + assertionSeconds;
    // Servers accept each `jti` once.
    const claims = { iss: clientId, sub: clientId, aud: audience, jti: randomUUID(), iat, exp };
    return signJwt(claims, key, { alg: algorithm, kid: keyId });
  };
  return (nowMs) => ({
    headers: [],
    form: [
      ['client_id', clientId],
      ['client_assertion_type', assertionType],
      ['client_assertion', create(nowMs)],
    ],
  });
}

function privateKeyOf(pem: string, algorithm: Algorithm): KeyObject {
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch {
    throw new Error('the private key of the assertion is not a private key in PEM');
  }
  const publicPem = createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString();
  try {
    importPem(publicPem, { algorithm });
  } catch {
    throw new Error(`the private key of the assertion does not fit ${algorithm}`);
  }
  return key;
}

/** The form encoding of one value (RFC 6749, appendix B). */
function formEncoded(value: string): string {
  return new URLSearchParams([['', value]]).toString().slice(1);
}
