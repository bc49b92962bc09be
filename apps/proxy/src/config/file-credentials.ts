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
  if (!isObject(written) || typeof written['key'] !== 'string') return written;
  const { key, ...others } = written;
  return {
    ...others,
    hash: createHash('sha256').update(key).digest('hex'),
    prefix: key.slice(0, 8),
  };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> & { key?: string } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
