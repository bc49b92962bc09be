/**
 * Returns the decoded value of a parameter's first occurrence in a query; undefined when there is
 * none. A name without `=` has an empty value. Decodes `application/x-www-form-urlencoded` (`+` is
 * a space); a name or value whose escapes are malformed or not UTF-8 is used undecoded.
 *
 * @param query without the `?`
 */
export function firstQueryValue(query: string, name: string): string | undefined {
  let start = 0;
  while (start < query.length) {
    const ampersand = query.indexOf('&', start);
    const end = ampersand === -1 ? query.length : ampersand;
    const pair = query.slice(start, end);
    const equals = pair.indexOf('=');
    const written = equals === -1 ? pair : pair.slice(0, equals);
    if (pair !== '' && decoded(written) === name)
      return equals === -1 ? '' : decoded(pair.slice(equals + 1));
    start = end + 1;
  }
  return undefined;
}

function decoded(text: string): string {
  if (!text.includes('%') && !text.includes('+')) return text;
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}
