import type { PathPattern } from './path-pattern.ts';

const slash = 0x2f;
const openBrace = 0x7b;

/**
 * Returns the end of the segment that begins after the slash at `start`: the next slash, or the end
 * of the path.
 */
export function segmentEnd(path: string, start: number): number {
  const next = path.indexOf('/', start + 1);
  return next === -1 ? path.length : next;
}

/** Whether a pattern matches a normalised path. */
export function matchesPath(pattern: PathPattern, path: string): boolean {
  switch (pattern.kind) {
    case 'any':
      return true;
    case 'exact':
      return path === pattern.shape;
    case 'regex':
      return path.startsWith(pattern.literalPrefix) && pattern.expression?.test(path) === true;
    case 'template':
      return endOfShape(pattern.shape, path) === path.length;
    case 'prefix':
      return matchesPrefix(pattern, path);
  }
}

function matchesPrefix({ shape, parameters }: PathPattern, path: string): boolean {
  const end =
    parameters.length > 0 ? endOfShape(shape, path) : path.startsWith(shape) ? shape.length : -1;
  return end !== -1 && (end === path.length || path.charCodeAt(end) === slash);
}

/** How far a shape reaches into a path, or -1 when the path does not begin with it. */
function endOfShape(shape: string, path: string): number {
  let at = 0;
  for (let index = 0; index < shape.length; index += 1) {
    const wanted = shape.charCodeAt(index);
    if (wanted === openBrace) {
      const end = segmentEnd(path, at - 1);
      if (end === at) return -1; // A parameter takes at least one character.
      at = end;
      index += 1;
    } else if (path.charCodeAt(at) === wanted) {
      at += 1;
    } else {
      return -1;
    }
  }
  return at;
}

/**
 * The parameters of a path that the pattern matches, unchanged from the path. A named group that
 * did not take part in the match has an empty text.
 */
export function captureParameters(
  { expression, shape, parameters }: PathPattern,
  path: string,
): Record<string, string> {
  const captured: Record<string, string> = {};
  if (expression !== undefined) {
    const groups = expression.exec(path)?.groups;
    for (const name of parameters) captured[name] = groups?.[name] ?? '';
    return captured;
  }
  let ahead = 0; // How much further the path is than the shape.
  let brace = -1;
  for (const name of parameters) {
    brace = shape.indexOf('{', brace + 1);
    const start = brace + ahead;
    const end = segmentEnd(path, start - 1);
    captured[name] = path.slice(start, end);
    ahead = end - brace - 2;
  }
  return captured;
}
