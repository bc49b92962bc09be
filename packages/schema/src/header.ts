import { z } from 'zod';

/** A field name, RFC 9110 section 5.1: a token. Stored as written; compared case-insensitively. */
export const HeaderName = z
  .string()
  .min(1)
  .max(128)
  .regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, 'not a header name (RFC 9110 token)');

/**
 * A field value, RFC 9110 section 5.5, restricted to visible ASCII, space and tab, without leading
 * or trailing space.
 */
export const HeaderValue = z
  .string()
  .max(4096)
  .regex(
    /^(?:[\x21-\x7e](?:[\x20-\x7e\t]*[\x21-\x7e])?)?$/,
    'not a header value: visible ASCII without line breaks, not beginning or ending with a space',
  );

/** A method, RFC 9110 section 9.1, upper-case as registered. CONNECT and TRACE are never served. */
export const Method = z
  .enum(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])
  .describe('HTTP method.');
export type Method = z.infer<typeof Method>;
