/**
 * Canonical JSON: one sequence of bytes for one value, so that equal resources have equal hashes. Object members are
 * sorted by their UTF-16 code units, no white space, numbers and strings as ECMAScript writes them (RFC 8785).
 * Members whose value is undefined are left out, as in JSON.stringify. Throws a TypeError for what JSON cannot hold.
 */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new TypeError('canonical JSON holds finite numbers only');
    return JSON.stringify(value);
  }
  if (Array.isArray(value)) return `[${value.map((element) => canonicalJson(element === undefined ? null : element)).join(',')}]`;
  if (typeof value === 'object') {
    const members: string[] = [];
    for (const name of Object.keys(value).sort()) {
      const member = (value as Readonly<Record<string, unknown>>)[name];
      if (member !== undefined) members.push(`${JSON.stringify(name)}:${canonicalJson(member)}`);
    }
    return `{${members.join(',')}}`;
  }
  throw new TypeError(`canonical JSON cannot hold a ${typeof value}`);
}
