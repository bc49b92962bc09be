/** Property and header names whose values may be secrets. */
const secretName =
  /secret|passw|passphrase|token|credential|authorization|cookie|signature|private[-_]?key|api[-_]?key|^(?:key|hash|pass|pwd)$|[-_](?:key|pass|pwd)$/i;

/** Stands in place of a secret. */
export const placeholder = '[redacted]';

/**
 * Returns a copy of plain data in which secret values are replaced. It decides by the name of the
 * property, so that the configuration of custom policies is covered as well; booleans are kept.
 */
export function redacted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(redacted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([name, inner]: [string, unknown]) => {
    const isSecret = secretName.test(name) && typeof inner !== 'boolean' && inner !== null;
    return [name, isSecret ? placeholder : redacted(inner)] as const;
  });
  return Object.fromEntries(entries);
}
