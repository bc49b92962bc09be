import { algorithmNamed, type Algorithm } from './algorithms.ts';
import { decodeBase64Url } from './base64url.ts';
import { parseStrictObject, type JsonObject } from './strict-json.ts';
import { TokenFault } from './token-fault.ts';

/** A token whose form is valid. Nothing of it is trustworthy before its signature is verified. */
export interface ParsedJwt {
  readonly header: JsonObject;
  readonly claims: JsonObject;
  readonly algorithm: Algorithm;
  /** The algorithm as the token names it: differs for `Ed25519` and `Ed448`. */
  readonly algorithmName: string;
  readonly kid: string | undefined;
  readonly typ: string | undefined;
  /** Header and payload as they are signed. */
  readonly signingInput: string;
  readonly signature: Uint8Array;
}

export interface ParseBounds {
  /** Longest token in characters. Default 8,192. */
  readonly maxLength?: number;
  /** Deepest nesting of header and claims. Default 16. */
  readonly maxDepth?: number;
}

const maxKidLength = 512;
/** Members of the header that bring a key or lead to one: the key never comes from the token. */
const keysInToken = ['jwk', 'jku', 'x5u'];

/**
 * Parses a JWT in the compact serialisation (RFC 7519, RFC 7515) and applies the rules of RFC 8725
 * that need no key. It accepts only canonical base64url and strict JSON, and refuses `none`, unknown
 * algorithms, `crit`, `b64` and `zip`, and a header that brings a key.
 */
export function parseJwt(
  text: string,
  { maxLength = 8_192, maxDepth = 16 }: ParseBounds = {},
): ParsedJwt | TokenFault {
  if (text.length > maxLength) return malformed(`is longer than ${maxLength} characters`);
  const first = text.indexOf('.');
  const second = text.indexOf('.', first + 1);
  if (first < 1 || second < 0 || text.indexOf('.', second + 1) >= 0)
    return malformed('does not have three parts');
  const header = objectOf(text.slice(0, first), maxDepth);
  if (header === undefined) return malformed('has a header that is not valid');
  const signer = signerOf(header);
  if (signer instanceof TokenFault) return signer;
  const claims = objectOf(text.slice(first + 1, second), maxDepth);
  if (claims === undefined) return malformed('has a payload that is not valid');
  const signature = decodeBase64Url(text.slice(second + 1));
  if (signature === undefined) return malformed('has a signature that is not base64url');
  return { header, claims, ...signer, signingInput: text.slice(0, second), signature };
}

function objectOf(part: string, maxDepth: number): JsonObject | undefined {
  const bytes = decodeBase64Url(part);
  return bytes === undefined ? undefined : parseStrictObject(bytes, maxDepth);
}

type Signer = Pick<ParsedJwt, 'algorithm' | 'algorithmName' | 'kid' | 'typ'>;

function signerOf(header: JsonObject): Signer | TokenFault {
  const { alg, kid, typ } = header;
  if (typeof alg !== 'string') return malformed('names no algorithm');
  const algorithm = algorithmNamed(alg);
  if (algorithm === undefined)
    return new TokenFault(
      'bad_algorithm',
      'The token is signed with an algorithm that is not allowed.',
    );
  if (Object.hasOwn(header, 'crit') || Object.hasOwn(header, 'b64') || Object.hasOwn(header, 'zip'))
    return malformed('uses an extension (crit, b64, zip) that is not supported');
  if (keysInToken.some((name) => Object.hasOwn(header, name)))
    return malformed('brings its own key (jwk, jku, x5u), which is not allowed');
  if (kid !== undefined && (typeof kid !== 'string' || kid.length > maxKidLength))
    return malformed('has a "kid" that is not valid');
  if (typ !== undefined && typeof typ !== 'string') return malformed('has a "typ" that is no text');
  return { algorithm, algorithmName: alg, kid, typ };
}

function malformed(what: string): TokenFault {
  return new TokenFault('malformed', `The token ${what}.`);
}
