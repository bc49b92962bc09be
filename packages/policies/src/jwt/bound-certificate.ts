import type { Exchange } from '@sluice/policy-sdk';
import { claimAt, TokenFault, type JsonObject } from '@sluice/tokens';

const otherCertificate = new TokenFault(
  'bad_signature',
  'The token is bound to a client certificate: present that certificate.',
);
const unknownBinding = new TokenFault(
  'malformed',
  'The token is bound to a key of the client (cnf) in a way that is not supported here.',
);

/**
 * Checks a token that is bound to a key of the client (`cnf`, RFC 7800): the client has to present
 * the certificate (RFC 8705, section 3). Other bindings cannot be checked, and such a token is more
 * than a bearer token, so it is refused.
 */
export function bindingFault(
  claims: JsonObject,
  { peerCertificate }: Pick<Exchange, 'peerCertificate'>,
): TokenFault | undefined {
  const binding = claimAt(claims, ['cnf']);
  if (binding === undefined) return undefined;
  const thumbprint = claimAt(binding, ['x5t#S256']);
  if (typeof thumbprint !== 'string') return unknownBinding;
  const presented = peerCertificate?.fingerprint256.replaceAll(':', '');
  return presented !== undefined &&
    Buffer.from(presented, 'hex').toString('base64url') === thumbprint
    ? undefined
    : otherCertificate;
}
