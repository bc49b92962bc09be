import type { PathPattern } from './path-pattern.ts';
import { segmentFaults } from './path-segment.ts';

const maxSegments = 64;
const nameInTemplate = /\{([A-Za-z_][A-Za-z0-9_]{0,63})\}/g;

/**
 * Checks a path that is configured to be stripped or sent. It must be in normal form, like the
 * literal text of path patterns (RFC 3986 section 6.2.2).
 *
 * @param options.mayHoldNames whether `{name}` stands for a captured parameter; otherwise braces
 * are faults
 * @returns all faults, each with the text to write instead; empty when the path is valid
 */
export function configuredPathFaults(
  text: string,
  { mayHoldNames }: { readonly mayHoldNames: boolean },
): string[] {
  if (!text.startsWith('/')) return ['begin with "/"'];
  const segments = text.slice(1).split('/');
  if (segments.length > maxSegments)
    return [`the path has ${segments.length} segments: at most ${maxSegments} are allowed`];
  return segments.flatMap((segment, index) =>
    faultsOfSegment(segment, mayHoldNames, index === segments.length - 1),
  );
}

function faultsOfSegment(written: string, mayHoldNames: boolean, isLast: boolean): string[] {
  const segment = mayHoldNames ? written.replace(nameInTemplate, 'x') : written;
  if (/[{}]/.test(segment)) {
    return [
      mayHoldNames
        ? `write {name} with letters, digits and "_", not beginning with a digit, and no brace elsewhere (found "${written}")`
        : `"${written}" is no name here: write the part that is the same in every request`,
    ];
  }
  if (segment.includes('*'))
    return [
      `"*" is no wildcard here: leave it out, or write %2A for the character itself (found "${written}")`,
    ];
  if (segment.includes('?'))
    return ['"?" begins the query, which is passed on as it came: leave it out'];
  return segmentFaults(segment, { mayBeEmpty: isLast });
}

/** Returns the names in a template, without repetitions, in order. */
export function namesInPath(template: string): string[] {
  return [...new Set([...template.matchAll(nameInTemplate)].map(([, name]) => name as string))];
}

/**
 * Whether a path that the pattern matches can equal the prefix or be below it, by whole segments.
 * Returns true when this is unknown: of a regular expression, only the literal text with which each
 * match starts is considered.
 *
 * @param prefix in normal form; a trailing slash has no effect
 */
export function canLieBelow(pattern: PathPattern, prefix: string): boolean {
  const wanted = prefix.endsWith('/') ? prefix.slice(0, -1) : prefix;
  if (pattern.kind === 'any' || wanted === '') return true;
  if (pattern.kind === 'regex') {
    const { literalPrefix } = pattern;
    return literalPrefix.length > wanted.length
      ? literalPrefix.startsWith(wanted)
      : wanted.startsWith(literalPrefix);
  }
  const segments = wanted.slice(1).split('/');
  const own = pattern.shape === '' ? [] : pattern.shape.slice(1).split('/');
  return segments.every((segment, index) => {
    const other = own[index];
    if (other === undefined) return pattern.kind === 'prefix';
    return other === '{}' || other === segment;
  });
}
