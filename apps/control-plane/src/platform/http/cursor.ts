import { GatewayError } from '@sluice/errors';

/** Makes the opaque `after` of a list from the last key on the page. */
export function encodeCursor(key: string): string {
  return Buffer.from(JSON.stringify([1, key])).toString('base64url');
}

/** @throws GatewayError validation_failed for a text that {@link encodeCursor} did not make. */
export function decodeCursor(cursor: string): string {
  try {
    const decoded: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    if (Array.isArray(decoded) && decoded[0] === 1 && typeof decoded[1] === 'string' && encodeCursor(decoded[1]) === cursor) return decoded[1];
  } catch {
    // Falls through: not ours.
  }
  throw new GatewayError('validation_failed', { detail: 'query parameter after: use the "next" of the page before, unchanged' });
}
