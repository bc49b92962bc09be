/**
 * Returns the faults of one segment of a path pattern, the text between two slashes; empty when it
 * is valid. Each message says what to write instead.
 */
export function segmentFaults(
  segment: string,
  { mayBeEmpty }: { readonly mayBeEmpty: boolean },
): string[] {
  if (segment === '')
    return mayBeEmpty
      ? []
      : ['"//" never occurs in a path, which has its slashes merged: write a single "/"'];
  if (segment === '.' || segment === '..')
    return [`"${segment}" never occurs in a path, which has dot segments resolved: leave it out`];
  if (/[{}]/.test(segment)) return parameterFaults(segment);
  const faults: string[] = [];
  if (segment.includes('?')) faults.push('"?" begins the query: put parameters under "query"');
  if (segment.includes('#'))
    faults.push('"#" begins a fragment, which is never sent: leave it out');
  if (segment.includes('*'))
    faults.push(
      `"*" stands only at the end, as "/*": write {name} for one segment (found "${segment}")`,
    );
  if (/^\.\.?;/.test(segment))
    faults.push(
      `"${segment}" is refused at the edge, because some servers read it as a dot segment`,
    );
  const unwritable = /[^\x21-\x7e]|[\\"<>^`|]/u.exec(segment)?.[0];
  if (unwritable !== undefined)
    faults.push(
      `write "${unwritable}" percent-encoded: ${encodeURIComponent(unwritable.toWellFormed())}`,
    );
  return [...faults, ...escapeFaults(segment)];
}

function parameterFaults(segment: string): string[] {
  const name = /^\{([^{}]*)\}$/.exec(segment)?.[1];
  if (name === undefined)
    return [`braces hold a whole segment: write {name} between two slashes (found "${segment}")`];
  if (!/^[A-Za-z_][A-Za-z0-9_]{0,63}$/.test(name))
    return [
      `"${segment}" is not a name: use letters, digits and "_", at most 64, not beginning with a digit`,
    ];
  return name === '__proto__' ? ['"__proto__" cannot be a name: choose another'] : [];
}

/**
 * A percent-escape has one normal form (RFC 3986 section 6.2.2): upper-case digits, and no escapes
 * of unreserved characters.
 */
function escapeFaults(segment: string): string[] {
  const faults: string[] = [];
  for (const [escape] of segment.matchAll(/%.{0,2}/g)) {
    if (!/^%[0-9A-Fa-f]{2}$/.test(escape)) {
      faults.push(`"${escape}" is not a percent-escape: write %25 for "%" itself`);
      continue;
    }
    if (escape === '%00') {
      faults.push('"%00" is refused at the edge: leave it out');
      continue;
    }
    const character = String.fromCharCode(Number.parseInt(escape.slice(1), 16));
    if (/[A-Za-z0-9._~-]/.test(character))
      faults.push(`write "${character}" instead of "${escape}": a path has such escapes resolved`);
    else if (escape !== escape.toUpperCase())
      faults.push(
        `write "${escape.toUpperCase()}" instead of "${escape}": a path has its escapes in upper case`,
      );
  }
  return faults;
}
