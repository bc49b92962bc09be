import { segmentFaults } from './path-segment.ts';
import { RegexFault } from './regex-syntax.ts';
import { analyseRegex } from './regex-safety.ts';

/** The kinds in order of precedence. `any` is a route without paths. */
export const pathKinds = Object.freeze(['exact', 'template', 'prefix', 'regex', 'any'] as const);
export type PathKind = (typeof pathKinds)[number];

/**
 * A path pattern, parsed and checked. Every kind has every field, so that code on the request path
 * sees one shape.
 */
export interface PathPattern {
  readonly kind: PathKind;
  /** The pattern as configured; `*` for `any`. */
  readonly text: string;
  /**
   * Equal for two patterns of a kind that match the same paths: the text with `{}` for every
   * parameter and without `/*`. For a regular expression: the complete literal segments with which
   * every match begins, each followed by a slash.
   */
  readonly shape: string;
  /** Names of template parameters, or of named groups, from left to right. */
  readonly parameters: readonly string[];
  /**
   * For templates and prefixes the number of segments, otherwise 0; deeper patterns take
   * precedence.
   */
  readonly depth: number;
  /**
   * The number of characters as configured, without parameters and `/*`. Of two patterns of equal
   * depth the longer one takes precedence.
   */
  readonly length: number;
  /**
   * For a regular expression, the literal text with which every match begins: a cheap test before
   * the expression runs. Otherwise empty.
   */
  readonly literalPrefix: string;
  /** For a regular expression, the expression. It has no state between calls. */
  readonly expression: RegExp | undefined;
}

/** The pattern of a route without paths. It matches every request target, `OPTIONS *` included. */
export const anyPath: PathPattern = makePattern({ kind: 'any', text: '*', shape: '' });

const maxPatternLength = 1024;
const maxSegments = 64;

/**
 * Parses a path pattern: `/orders` (exact), `/orders/{id}` (template: each parameter is one
 * non-empty segment), `/orders/*` (prefix by segment: `/orders`, `/orders/` and everything below;
 * may contain parameters), or `~ ^/v\d+/orders$` (regular expression). Literal text is compared
 * with the normalised path, so it must be in normal form (RFC 3986 section 6.2.2).
 *
 * @returns the pattern, or all its faults, each with the text to write instead
 */
export function parsePathPattern(text: string): PathPattern | string[] {
  if (text.length > maxPatternLength)
    return [`the path is ${text.length} characters long: at most ${maxPatternLength} are allowed`];
  if (text.startsWith('~')) return parseRegexPattern(text);
  if (!text.startsWith('/'))
    return ['begin with "/" for a path, or with "~ " for a regular expression'];
  return parseSegmentedPattern(text);
}

function parseRegexPattern(text: string): PathPattern | string[] {
  if (!text.startsWith('~ ')) return ['put a space between "~" and the regular expression'];
  const source = text.slice(2).trim();
  try {
    const { items, names } = analyseRegex(source);
    const literals = items.map((item) => (item.kind === 'character' ? item.literal : undefined));
    const end = literals.indexOf(undefined);
    const literalPrefix = literals.slice(0, end === -1 ? literals.length : end).join('');
    const shape = literalPrefix.split('/').slice(0, -1).join('/');
    return makePattern({
      kind: 'regex',
      text,
      shape,
      parameters: names,
      length: source.length,
      literalPrefix,
      expression: new RegExp(source, 'u'),
    });
  } catch (error) {
    if (error instanceof RegexFault) return [error.message];
    throw error;
  }
}

function parseSegmentedPattern(text: string): PathPattern | string[] {
  const isPrefix = text.endsWith('/*');
  const body = isPrefix ? text.slice(0, -2) : text;
  const written = body === '' ? [] : body.slice(1).split('/');
  const faults = written.flatMap((segment, index) =>
    segmentFaults(segment, { mayBeEmpty: !isPrefix && index === written.length - 1 }),
  );
  if (written.length > maxSegments)
    faults.push(`the path has ${written.length} segments: at most ${maxSegments} are allowed`);
  const parameters = written
    .filter((segment) => segment.startsWith('{'))
    .map((segment) => segment.slice(1, -1));
  const repeated = parameters.find((name, index) => parameters.indexOf(name) !== index);
  if (repeated !== undefined)
    faults.push(`the name "${repeated}" is used twice: give each segment its own`);
  if (faults.length > 0) return faults;

  if (!isPrefix && parameters.length === 0)
    return makePattern({ kind: 'exact', text, shape: text, length: text.length });
  // Joined, not sliced: V8 then stores it as a flat text of its own, which is faster to compare.
  const shape = ['', ...written.map((segment) => (segment.startsWith('{') ? '{}' : segment))].join(
    '/',
  );
  const length = shape.length - 2 * parameters.length;
  return makePattern({
    kind: isPrefix ? 'prefix' : 'template',
    text,
    shape,
    parameters,
    depth: written.length,
    length,
  });
}

function makePattern(
  given: Partial<PathPattern> & Pick<PathPattern, 'kind' | 'text' | 'shape'>,
): PathPattern {
  return Object.freeze({
    kind: given.kind,
    text: given.text,
    shape: given.shape,
    parameters: Object.freeze(given.parameters ?? []),
    depth: given.depth ?? 0,
    length: given.length ?? 0,
    literalPrefix: given.literalPrefix ?? '',
    expression: given.expression,
  });
}
