import { createHash } from 'node:crypto';

/**
 * The collection in which a configuration file may list keys without their type, as before
 * credentials had types.
 */
export const keyCollection = 'keys';

/** Adds the type to an entry of {@link keyCollection}. */
export function typedKey(written: unknown): unknown {
  return isObject(written) ? { type: 'key', ...written } : written;
}

/**
 * Replaces a plain-text key in an entry of `credentials` by its hash; the node uses only the hash.
 */
export function storedCredential(written: unknown): unknown {
  if (!isObject(written) || written['type'] !== 'key') return written;
  const { key, ...others } = written;
  if (typeof key !== 'string') return imported(written);
  return {
    ...others,
    hash: createHash('sha256').update(key).digest('hex'),
    // No more than a quarter of a short one.
    prefix: key.slice(0, Math.min(8, Math.floor(key.length / 4))),
  };
}

/** A key of which only the hash is known, as the Admin API accepts it. */
function imported(written: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { hash, prefix } = written;
  if (typeof hash !== 'string') return written;
  return { ...written, hash: hash.toLowerCase(), prefix: prefix ?? '' };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> & { key?: string } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
