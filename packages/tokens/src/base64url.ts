/**
 * Decodes base64url without padding (RFC 7515, section 2). Only the canonical form is accepted: two
 * texts that decode to the same bytes would be two tokens for a cache and one for its issuer.
 * @returns undefined when the text is not canonical
 */
export function decodeBase64Url(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64url');
  // Node ignores what is not base64url; the comparison finds that, padding, and stray last bits.
  return bytes.toString('base64url') === text ? bytes : undefined;
}
