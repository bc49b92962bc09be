/** Property and header names whose values are secrets, or may be. */
const secretName =
  /secret|passw|passphrase|token|credential|authorization|cookie|signature|private[-_]?key|api[-_]?key|^(?:key|hash|pass|pwd)$|[-_](?:key|pass|pwd)$/i;

const placeholder = '[redacted]';

/**
 * A copy of plain data in which the values of properties that hold secrets are replaced. It judges by the name of the
 * property, so that the configuration of a policy nobody here has seen is covered as well; flags are left as they are.
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
