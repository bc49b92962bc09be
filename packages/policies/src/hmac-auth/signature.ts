import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { AuthReason, FoundCredential } from '@sluice/policy-sdk';

/** A signature as a request presents it, in either form. Nothing of it is verified. */
export interface PresentedSignature {
  readonly keyId: string;
  /** The algorithm that the request names; undefined when the credential alone decides. */
  readonly algorithm: string | undefined;
  /** The time of the signature, milliseconds since the epoch. */
  readonly createdMs: number;
  readonly expiresMs: number | undefined;
  /** Unique for the key, when the request states one. */
  readonly nonce: string | undefined;
  readonly signature: Buffer;
  /** The octets that are signed. */
  readonly base: string | Uint8Array;
  /**
   * What the signature covers: `@method`, `@target`, `@authority` and lower-case names of headers.
   */
  readonly covered: ReadonlySet<string>;
}

/** Why a signature cannot be verified, with what the client has to change. */
export interface SignatureFault {
  readonly reason: AuthReason;
  readonly detail: string;
}

export function isFault(result: object): result is SignatureFault {
  return 'reason' in result;
}

export const malformed = (detail: string): SignatureFault => ({ reason: 'malformed', detail });

const hashes: Readonly<Record<string, string>> = Object.freeze({
  'hmac-sha1': 'sha1',
  'hmac-sha256': 'sha256',
  'hmac-sha384': 'sha384',
  'hmac-sha512': 'sha512',
});

/** The names of all algorithms. A credential is used for one of them. */
export const algorithms: readonly string[] = Object.freeze(Object.keys(hashes));

/** The HMAC (RFC 2104) of a signature base. The octets of a text secret are its UTF-8. */
export function macOf(
  algorithm: string,
  secret: string | Uint8Array,
  base: string | Uint8Array,
): Buffer {
  const hmac = createHmac(hashes[algorithm] ?? 'sha256', secret);
  // Values of fields have one character for each octet.
  return (typeof base === 'string' ? hmac.update(base, 'latin1') : hmac.update(base)).digest();
}

/** No caller knows it, so no signature of an unknown key is valid. */
const noSecret = randomBytes(32);

/**
 * Verifies a signature with the secret and the algorithm of a credential. A signature for an
 * unknown key costs the same and is never valid.
 * @returns why the signature is refused; undefined when it is valid
 */
export function signatureFault(
  { algorithm: claimed, base, signature }: PresentedSignature,
  found: FoundCredential | undefined,
): AuthReason | undefined {
  const bound = found?.algorithm ?? 'hmac-sha256';
  const mac = macOf(bound, found?.secret ?? noSecret, base);
  // Both have the length of a hash, which is public.
  const isEqual = mac.length === signature.length && timingSafeEqual(mac, signature);
  if (found?.secret === undefined) return 'unknown';
  if (claimed !== undefined && claimed !== bound) return 'bad_algorithm';
  return isEqual ? undefined : 'bad_signature';
}

/** Decodes base64. Returns undefined for text that is not the usual encoding of any octets. */
export function strictBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : undefined;
}
