import { formatIpAddress, parseIpAddress } from './ip-address.ts';

/** Kinds of identities in certificates, as they are written before the colon. */
export const identityTypes = ['DNS', 'URI', 'email', 'IP', 'subject', 'sha256'] as const;

export type IdentityType = (typeof identityTypes)[number];

const visible = /^[\x21-\x7e]+$/;
const control = /\p{Cc}/u;

/**
 * Brings one identity of a certificate into the form in which it is compared: an alternative name
 * (`DNS:orders.internal`, `URI:spiffe://acme/orders`, `email:ops@acme.test`, `IP:10.0.0.1`), the
 * subject in the form of RFC 4514 (`subject:CN=orders,O=Acme`), or the SHA-256 of the certificate
 * (`sha256:` and 64 hexadecimal digits, with or without colons).
 *
 * DNS names and the domain of an email address are compared without regard to case (RFC 5280
 * section 7), IP addresses by their value, everything else exactly. Wildcards have no meaning.
 * @returns undefined for another type, and for a value that has control characters, NUL among them
 */
export function certificateIdentity(text: string): string | undefined {
  const colon = text.indexOf(':');
  const type = text.slice(0, colon);
  const value = text.slice(colon + 1);
  switch (type) {
    case 'DNS':
      return visible.test(value) ? `DNS:${value.toLowerCase()}` : undefined;
    case 'URI':
      return visible.test(value) ? text : undefined;
    case 'email':
      return emailIdentity(value);
    case 'IP': {
      const address = parseIpAddress(value);
      return address === undefined || value.includes('%')
        ? undefined
        : `IP:${formatIpAddress(address)}`;
    }
    case 'subject':
      // NUL is written as \00 in this form.
      return value === '' || control.test(value) || value.includes('\\00') ? undefined : text;
    case 'sha256': {
      const digits = value.replaceAll(':', '').toLowerCase();
      return /^[0-9a-f]{64}$/.test(digits) ? `sha256:${digits}` : undefined;
    }
    default:
      return undefined;
  }
}

function emailIdentity(value: string): string | undefined {
  const at = value.lastIndexOf('@');
  if (at < 1 || at === value.length - 1 || !visible.test(value)) return undefined;
  return `email:${value.slice(0, at)}${value.slice(at).toLowerCase()}`;
}
