import type { PeerCertificate } from '@sluice/policy-sdk';
import { certificateIdentity, identityTypes } from '@sluice/schema';

/** More names are not looked up: each is a look-up per request and CA. */
const maxNames = 64;
const control = /\p{Cc}/u;
const known = new WeakMap<PeerCertificate, readonly string[] | 'invalid'>();

/**
 * Everything that may identify the holder of a certificate, in the form in which it is compared:
 * the alternative names in their order, the subject, and the SHA-256. Names of other types are left
 * out.
 * @returns `'invalid'` when a name has control characters, such as NUL, which two readers could
 *   read as two names, or when there are too many
 */
export function identitiesOf(certificate: PeerCertificate): readonly string[] | 'invalid' {
  let identities = known.get(certificate);
  if (identities === undefined) known.set(certificate, (identities = read(certificate)));
  return identities;
}

function read({ sans, subject, fingerprint256 }: PeerCertificate): readonly string[] | 'invalid' {
  if (sans.length > maxNames || [subject, ...sans].some((name) => hasControl(name)))
    return 'invalid';
  const written = [
    ...sans.filter((name) => isKnownType(name.slice(0, name.indexOf(':')))),
    ...(subject === '' ? [] : [`subject:${subject}`]),
    `sha256:${fingerprint256}`,
  ];
  const identities = written.map((text) => certificateIdentity(text));
  return [...new Set(identities.filter((identity) => identity !== undefined))];
}

/** An alternative name may not pass for a subject or a hash. */
function isKnownType(type: string): boolean {
  return (
    type !== 'subject' && type !== 'sha256' && (identityTypes as readonly string[]).includes(type)
  );
}

/** In distinguished names, control characters are escaped (RFC 4514 section 2.4). */
function hasControl(name: string): boolean {
  return control.test(name) || /\\[01][0-9A-Fa-f]|\\7[Ff]/.test(name);
}
