import { X509Certificate } from 'node:crypto';

/**
 * Returns the SHA-256 fingerprint of the first certificate in a PEM text: 32 bytes in hexadecimal
 * capitals, separated by colons, as `openssl x509 -fingerprint -sha256` prints it. Throws when there
 * is no certificate.
 */
export function certificateFingerprint(pem: string): string {
  return new X509Certificate(pem).fingerprint256;
}

/**
 * Reads fingerprints from a text, separated by commas or white space: 64 hexadecimal digits each, with
 * or without colons, in any case. Throws a TypeError that says what is expected.
 */
export function parseFingerprints(text: string): string[] {
  const found = text.split(/[\s,]+/).filter((each) => each !== '');
  if (found.length === 0) throw new TypeError('there is no fingerprint');
  return found.map((each) => {
    const digits = each.replaceAll(':', '').toUpperCase();
    if (!/^[0-9A-F]{64}$/.test(digits))
      throw new TypeError(
        `"${each.slice(0, 100)}" is not a SHA-256 fingerprint: expected 64 hexadecimal digits`,
      );
    return digits.match(/../g)?.join(':') ?? '';
  });
}
