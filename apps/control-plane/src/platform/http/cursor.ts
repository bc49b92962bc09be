import { GatewayError } from '@sluice/errors';

/** What the keys of a list look like. A cursor is written by a caller, so it may hold anything. */
export const cursorKeys = Object.freeze({
  /** Names of resources, policies and tokens, and ids of nodes. */
  name: /^[A-Za-z0-9._-]{1,64}$/,
  /** Numbers of revisions. */
  revision: /^[1-9]\d{0,14}$/,
});

/** Makes the opaque `after` of a list from the last key on the page. */
export function encodeCursor(key: string): string {
  return Buffer.from(JSON.stringify([1, key])).toString('base64url');
}

/**
 * Gives the key in a cursor.
 * @throws GatewayError validation_failed for a text that {@link encodeCursor} did not make, or a key of another form.
 */
export function decodeCursor(cursor: string, form: RegExp): string {
  try {
    const decoded: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    const key: unknown = Array.isArray(decoded) && decoded[0] === 1 ? decoded[1] : undefined;
    if (typeof key === 'string' && form.test(key) && encodeCursor(key) === cursor) return key;
  } catch {
    // Falls through: it is not JSON.
  }
  throw new GatewayError('validation_failed', { detail: 'query parameter after: use the "next" of the page before, unchanged' });
}
