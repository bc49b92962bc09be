type Claims = Readonly<Record<string, unknown>>;

/** The claims that issuers use: RFC 8693 section 4.2, Entra ID, others. The first present counts. */
const usual: readonly (readonly string[])[] = [['scope'], ['scp'], ['scopes']];

/**
 * Returns the scopes of a caller: a text with spaces between them (RFC 6749 section 3.3), or a
 * list. Empty when there are none, and when the claim is neither.
 * @param path of the claim; undefined for the usual ones
 */
export function scopesOf(
  claims: Claims | undefined,
  path: readonly string[] | undefined,
): ReadonlySet<string> {
  if (claims === undefined) return none;
  for (const each of path === undefined ? usual : [path]) {
    const value = memberAt(claims, each);
    if (typeof value === 'string') return new Set(value.split(' '));
    if (Array.isArray(value))
      return new Set(value.filter((scope): scope is string => typeof scope === 'string'));
  }
  return none;
}

const none: ReadonlySet<string> = new Set();

/** Own members only: a path must not reach what objects inherit. */
function memberAt(claims: Claims, path: readonly string[]): unknown {
  let value: unknown = claims;
  for (const name of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name))
      return undefined;
    value = (value as Claims)[name];
  }
  return value;
}
