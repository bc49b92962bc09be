import type { Exchange } from '@sluice/policy-sdk';
import { matchesContentDigest, matchesDigest } from './content-digest.ts';
import { malformed, type SignatureFault } from './signature.ts';

const checks = [
  ['content-digest', matchesContentDigest],
  ['digest', matchesDigest],
] as const;

/**
 * Compares the content of a request with every digest field that it carries. One of them has to be
 * covered by the signature when there is content.
 * @returns why the request is refused; undefined when the content is the signed one
 * @throws ContentFault when the content is too large or cannot be read
 */
export async function contentFault(
  exchange: Pick<Exchange, 'headers' | 'contentLength' | 'requestBody'>,
  covered: ReadonlySet<string>,
  maxBytes: number,
): Promise<SignatureFault | undefined> {
  const { headers, contentLength } = exchange;
  const stated = checks.filter(([name]) => headers.has(name));
  const isSigned = stated.some(([name]) => covered.has(name));
  if (contentLength === 0 && stated.length === 0) return undefined;
  if (!isSigned) return malformed('Send Content-Digest, with sha-256 or sha-512, and sign it.');
  const { bytes } =
    contentLength === 0
      ? { bytes: new Uint8Array() }
      : await exchange.requestBody.read({ maxBytes });
  for (const [name, matches] of stated)
    if (!matches(headers.getAll(name).join(', '), bytes))
      return { reason: 'bad_signature', detail: `${name} does not match the content.` };
  return undefined;
}
