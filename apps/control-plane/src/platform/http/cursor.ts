import { GatewayError } from '@sluice/errors';

/** The formats of list keys. Callers send cursors, so the decoded key must be checked. */
export const cursorKeys = Object.freeze({
  /** Names of resources, policies and tokens, and ids of nodes. */
  name: /^[A-Za-z0-9._-]{1,64}$/,
  /** Ids of resources. */
  id: /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
  /** Numbers of revisions. */
  revision: /^[1-9]\d{0,14}$/,
});

/** Encodes the last key of a page as the opaque `after` parameter of the next page. */
export function encodeCursor(key: string): string {
  return Buffer.from(JSON.stringify([1, key])).toString('base64url');
}

/**
 * Decodes the key in a cursor.
 * @throws GatewayError validation_failed when {@link encodeCursor} did not create the cursor, or
 * the key does not match `form`.
 */
export function decodeCursor(cursor: string, form: RegExp): string {
  try {
    const decoded: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    const key: unknown = Array.isArray(decoded) && decoded[0] === 1 ? decoded[1] : undefined;
    if (typeof key === 'string' && form.test(key) && encodeCursor(key) === cursor) return key;
  } catch {
    // Not JSON: falls through to the error.
  }
  throw new GatewayError('validation_failed', {
    detail: 'query parameter after: must be the unchanged "next" of the previous page',
  });
}
