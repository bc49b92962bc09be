import { emptySet, overlaps, setOf } from './character-set.ts';
import type { CharacterSet } from './character-set.ts';
import { RegexFault, flatten, parseRegex } from './regex-syntax.ts';
import type { ParsedRegex, RegexNode } from './regex-syntax.ts';

/** Longer expressions are refused. */
export const maxRegexLength = 256;
/** One part may be ambiguous when everything after it matches at most this many characters. */
const maxTailLength = 64;

/**
 * Checks that a regular expression is safe to run on paths that clients choose: in time linear in
 * their length.
 *
 * A backtracking engine is slow where the same text can be matched in more than one way. So the
 * expression must be strongly deterministic (Brüggemann-Klein and Wood, "One-unambiguous regular
 * languages", 1998): at each choice between continuing or ending, entering a group or skipping it,
 * the next character alone decides, and a wrong choice fails at once. Two exceptions accept common
 * expressions and keep the time linear: alternatives may begin with the same literal characters
 * (`orders|offers`), and one repetition outside groups may overlap with what follows, if that has a
 * bounded length (`.*\.png$`).
 *
 * @param source the expression without delimiters; it must begin with `^`
 * @returns the faults, each with what to write instead; empty when the expression is safe
 */
export function checkRegex(source: string): string[] {
  try {
    analyseRegex(source);
    return [];
  } catch (error) {
    if (error instanceof RegexFault) return [error.message];
    throw error;
  }
}

/**
 * Parses and checks; see {@link checkRegex}.
 * @throws {RegexFault} on the first fault.
 */
export function analyseRegex(source: string): ParsedRegex {
  if (source.length > maxRegexLength)
    throw new RegexFault(
      `the expression is ${source.length} characters long: at most ${maxRegexLength} are allowed`,
    );
  const parsed = parseRegex(source);
  const { first, nullable } = shapeOfSequence(parsed.items, { ambiguitiesAllowed: 1 });
  const matchesFromSlash = overlaps(first, setOf(0x2f)) || (nullable && !parsed.anchoredAtEnd);
  if (!matchesFromSlash)
    throw new RegexFault('it never matches: every path begins with "/", so begin with "^/"');
  return parsed;
}

/** The properties of a part that tell whether it can be confused with what follows it. */
interface Shape {
  /** Characters a match may begin with. */
  readonly first: CharacterSet;
  /** Characters that may follow a complete, non-empty match and still belong to the part. */
  readonly goesOn: CharacterSet;
  readonly nullable: boolean;
  /** Length of the longest match. */
  readonly longest: number;
}

const nothing: Shape = { first: emptySet, goesOn: emptySet, nullable: true, longest: 0 };

function shapeOf(node: RegexNode): Shape {
  switch (node.kind) {
    case 'character':
      return { first: node.set, goesOn: emptySet, nullable: false, longest: 1 };
    case 'sequence':
      return shapeOfSequence(flatten(node), { ambiguitiesAllowed: 0 });
    case 'choice':
      return shapeOfChoice(node.options.map(flatten), node.text);
    case 'repeat':
      return shapeOfRepeat(node);
  }
}

function shapeOfRepeat({ item, min, max, text }: RegexNode & { kind: 'repeat' }): Shape {
  const one = shapeOf(item);
  if (one.nullable)
    throw new RegexFault(
      `"${text}" repeats something that can match nothing: remove the inner "?" or "*", or the outer repetition`,
    );
  if (max > 1 && overlaps(one.goesOn, one.first)) {
    throw new RegexFault(
      `"${text}" is a repetition within a repetition that can divide the same text in many ways: keep one of them, or put a separator between, as in (?:/[a-z]+)*`,
    );
  }
  const goesOn = min === max ? one.goesOn : one.goesOn | one.first;
  return { first: one.first, goesOn, nullable: min === 0, longest: one.longest * max };
}

function shapeOfSequence(
  items: readonly RegexNode[],
  budget: { ambiguitiesAllowed: number },
): Shape {
  let rest = nothing;
  let restText = '';
  for (const item of items.toReversed()) {
    const head = shapeOf(item);
    const clash =
      overlaps(head.goesOn, rest.first) || (head.nullable && overlaps(head.first, rest.first));
    if (clash && (rest.longest > maxTailLength || budget.ambiguitiesAllowed === 0)) {
      throw new RegexFault(
        `"${item.text}" and the "${restText}" after it can match the same characters, so a long path can take very long: make one exclude the other, as in [^/]+/ instead of .*/`,
      );
    }
    if (clash) budget.ambiguitiesAllowed -= 1;
    rest = joined(head, rest);
    restText = item.text + restText;
  }
  return rest;
}

function joined(head: Shape, rest: Shape): Shape {
  return {
    first: head.nullable ? head.first | rest.first : head.first,
    goesOn: rest.nullable ? rest.goesOn | rest.first | head.goesOn : rest.goesOn,
    nullable: head.nullable && rest.nullable,
    longest: head.longest + rest.longest,
  };
}

/**
 * Alternatives that begin with the same literal character are merged, `ab|ac` as `a(?:b|c)`, at
 * every level.
 */
function shapeOfChoice(options: readonly (readonly RegexNode[])[], text: string): Shape {
  const byHead = new Map<CharacterSet, (readonly RegexNode[])[]>();
  const shapes: Shape[] = [];
  for (const option of options) {
    const head = option[0];
    if (head?.kind === 'character') byHead.set(head.set, [...(byHead.get(head.set) ?? []), option]);
    else shapes.push(shapeOfSequence(option, { ambiguitiesAllowed: 0 }));
  }
  for (const [set, sharing] of byHead) {
    const head: Shape = { first: set, goesOn: emptySet, nullable: false, longest: 1 };
    const [only] = sharing;
    if (only !== undefined && sharing.length === 1)
      shapes.push(shapeOfSequence(only, { ambiguitiesAllowed: 0 }));
    else
      shapes.push(
        joined(
          head,
          shapeOfChoice(
            sharing.map((option) => option.slice(1)),
            text,
          ),
        ),
      );
  }
  return shapes.reduce((all, shape) => either(all, shape, text));
}

function either(one: Shape, other: Shape, text: string): Shape {
  if ((one.nullable && other.nullable) || overlaps(one.first, other.first)) {
    throw new RegexFault(
      `two alternatives of "${text}" can match the same text: make them begin with different characters, or merge them`,
    );
  }
  return {
    first: one.first | other.first,
    goesOn: one.goesOn | other.goesOn,
    nullable: one.nullable || other.nullable,
    longest: Math.max(one.longest, other.longest),
  };
}
