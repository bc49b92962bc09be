import { parameterSegment } from './path-pattern.ts';
import type { PathPattern } from './path-pattern.ts';

/** The end of the segment that begins after the slash at `slash`: the next slash, or the end of the path. */
export function segmentEnd(path: string, slash: number): number {
  const next = path.indexOf('/', slash + 1);
  return next === -1 ? path.length : next;
}

/** Whether a pattern matches a normalised path. The index answers this for many patterns at once; this is for one. */
export function matchesPath(pattern: PathPattern, path: string): boolean {
  switch (pattern.kind) {
    case 'any':
      return true;
    case 'exact':
      return path === pattern.text;
    case 'regex':
      return matchesRegex(pattern, path);
    case 'template':
    case 'prefix':
      return matchesSegments(pattern, path);
  }
}

/** For patterns of kind `regex`. */
export function matchesRegex({ literalPrefix, expression }: PathPattern, path: string): boolean {
  return path.startsWith(literalPrefix) && expression?.test(path) === true;
}

function matchesSegments({ kind, segments }: PathPattern, path: string): boolean {
  let slash = 0;
  for (const wanted of segments) {
    if (path[slash] !== '/') return false;
    const end = segmentEnd(path, slash);
    const found = path.slice(slash + 1, end);
    if (wanted === parameterSegment ? found === '' : found !== wanted) return false;
    slash = end;
  }
  return kind === 'template' ? slash === path.length : path.startsWith('/');
}

/**
 * The parameters of a path that the pattern matches, as they stand in the path. A named group that took no part in the
 * match gives the empty text.
 */
export function captureParameters(pattern: PathPattern, path: string): Record<string, string> {
  const captured: Record<string, string> = {};
  if (pattern.expression !== undefined) {
    const groups = pattern.expression.exec(path)?.groups;
    for (const name of pattern.parameters) captured[name] = groups?.[name] ?? '';
    return captured;
  }
  let slash = 0;
  let index = 0;
  for (const wanted of pattern.segments) {
    const end = segmentEnd(path, slash);
    if (wanted === parameterSegment) captured[pattern.parameters[index++] ?? ''] = path.slice(slash + 1, end);
    slash = end;
  }
  return captured;
}
