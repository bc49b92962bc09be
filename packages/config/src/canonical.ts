/**
 * Writes canonical JSON (RFC 8785): equal values give equal bytes, so that equal resources have
 * equal hashes. Members of objects are sorted by UTF-16 code units, without white space; numbers
 * and strings are written as in ECMAScript. Members whose value is undefined are omitted, as in
 * JSON.stringify. Throws a TypeError for values outside JSON.
 */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'string')
    return JSON.stringify(value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new TypeError('canonical JSON holds finite numbers only');
    return JSON.stringify(value);
  }
  if (Array.isArray(value))
    return `[${value.map((element) => canonicalJson(element === undefined ? null : element)).join(',')}]`;
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
