import {
  anyCharacter,
  classEscapes,
  complement,
  emptySet,
  setOf,
  setOfRange,
} from './character-set.ts';
import type { CharacterSet } from './character-set.ts';

/**
 * A part of a regular expression. `text` is the part as configured, for messages. Groups are not
 * represented.
 */
export type RegexNode =
  | {
      readonly kind: 'character';
      readonly text: string;
      readonly set: CharacterSet;
      readonly literal: string | undefined;
    }
  | { readonly kind: 'sequence'; readonly text: string; readonly items: readonly RegexNode[] }
  | { readonly kind: 'choice'; readonly text: string; readonly options: readonly RegexNode[] }
  | {
      readonly kind: 'repeat';
      readonly text: string;
      readonly item: RegexNode;
      readonly min: number;
      readonly max: number;
    };

export interface ParsedRegex {
  /** The part between `^` and `$`, with nested sequences flattened. */
  readonly items: readonly RegexNode[];
  /** Whether it ends in `$`. */
  readonly anchoredAtEnd: boolean;
  /** Names of `(?<name>…)` groups, from left to right. */
  readonly names: readonly string[];
}

/** Why a regular expression is refused; the message says what to write instead. */
export class RegexFault extends Error {
  override readonly name = 'RegexFault';
}

/** Larger counts of repetition are refused, because engines unroll them. */
const maxCount = 256;
const syntaxCharacters = '^$\\.*+?()[]{}|/';

/**
 * Parses the subset of ECMAScript's regular expressions that a path pattern may use: literals, `.`,
 * classes, `\d \w \s` and their opposites, groups, alternatives, repetition (greedy or lazy), `^`
 * as the first character and `$` as the last. Everything else (lookaround, backreferences, word
 * boundaries, property escapes, flags) is refused with a message. Throws a RegexFault for the first
 * fault.
 */
export function parseRegex(source: string): ParsedRegex {
  if (!source.startsWith('^')) {
    throw new RegexFault(
      'begin with "^": an expression that may start anywhere has to be tried at every position of the path',
    );
  }
  const parser = new RegexParser(source);
  const body = parser.parse();
  return { items: flatten(body), anchoredAtEnd: parser.anchoredAtEnd, names: parser.names };
}

/** The items of a node seen as a sequence, with sequences inside sequences dissolved. */
export function flatten(node: RegexNode): readonly RegexNode[] {
  return node.kind === 'sequence' ? node.items.flatMap(flatten) : [node];
}

class RegexParser {
  readonly names: string[] = [];
  anchoredAtEnd = false;
  private readonly source: string;
  private at = 1;

  constructor(source: string) {
    this.source = source;
  }

  parse(): RegexNode {
    const body = this.choice();
    if (this.peek() === '$') {
      this.at += 1;
      this.anchoredAtEnd = true;
    }
    if (body.kind === 'choice' || this.peek() === '|') {
      throw new RegexFault(
        'put the alternatives into a group, ^(?:…|…)$: as it stands, "^" and "$" each belong to one alternative only',
      );
    }
    if (this.peek() === ')')
      throw new RegexFault('")" closes no group: write "\\)" for the character itself');
    if (this.at < this.source.length)
      throw new RegexFault(
        '"$" may only be the last character: write "\\$" for the character itself',
      );
    return body;
  }

  private choice(): RegexNode {
    const start = this.at;
    const options = [this.sequence()];
    while (this.peek() === '|') {
      this.at += 1;
      options.push(this.sequence());
    }
    const [only] = options;
    if (only !== undefined && options.length === 1) return only;
    return { kind: 'choice', text: this.since(start), options };
  }

  private sequence(): RegexNode {
    const start = this.at;
    const items: RegexNode[] = [];
    for (
      let next = this.peek();
      next !== '' && next !== '|' && next !== ')' && next !== '$';
      next = this.peek()
    )
      items.push(this.quantified());
    return { kind: 'sequence', text: this.since(start), items };
  }

  private quantified(): RegexNode {
    const start = this.at;
    const item = this.atom();
    const count = this.quantifier();
    if (count === undefined) return item;
    if (this.peek() === '?') this.at += 1; // Lazy: another order of trying, the same worst case.
    if (this.quantifier() !== undefined)
      throw new RegexFault(`"${this.since(start)}" has a quantifier too many`);
    return { kind: 'repeat', text: this.since(start), item, ...count };
  }

  private quantifier(): { readonly min: number; readonly max: number } | undefined {
    const sign = this.peek();
    if (sign === '*' || sign === '+' || sign === '?') {
      this.at += 1;
      return { min: sign === '+' ? 1 : 0, max: sign === '?' ? 1 : Infinity };
    }
    if (sign !== '{') return undefined;
    const counted = /^\{(\d{1,4})(,(\d{0,4}))?\}/.exec(this.source.slice(this.at));
    if (counted === null)
      throw new RegexFault(
        '"{" begins a count such as {2} or {1,3}: write "\\{" for the character itself',
      );
    const [text, lower = '', range, upper = ''] = counted;
    const min = Number(lower);
    const max = range === undefined ? min : upper === '' ? Infinity : Number(upper);
    if (min > max) throw new RegexFault(`"${text}" counts down: write the smaller number first`);
    if (max === 0) throw new RegexFault(`"${text}" never matches anything: remove it`);
    if (min > maxCount || (max !== Infinity && max > maxCount))
      throw new RegexFault(`"${text}" counts beyond ${maxCount}`);
    this.at += text.length;
    return { min, max };
  }

  private atom(): RegexNode {
    const start = this.at;
    const sign = this.next();
    switch (sign) {
      case '(':
        return this.group();
      case '[':
        return {
          kind: 'character',
          set: this.characterClass(),
          text: this.since(start),
          literal: undefined,
        };
      case '.':
        return { kind: 'character', set: anyCharacter, text: sign, literal: undefined };
      case '\\':
        return this.escape(start);
      case '^':
        throw new RegexFault(
          '"^" may only be the first character: write "\\^" for the character itself',
        );
      case '*':
      case '+':
      case '?':
      case '{':
        throw new RegexFault(
          `"${sign}" repeats nothing: write "\\${sign}" for the character itself`,
        );
      case ']':
      case '}':
        throw new RegexFault(`write "\\${sign}" for the character itself`);
      default:
        return { kind: 'character', set: setOf(asciiCode(sign)), text: sign, literal: sign };
    }
  }

  private group(): RegexNode {
    if (this.peek() === '?') this.groupKind();
    const body = this.choice();
    if (this.peek() === '$')
      throw new RegexFault(
        '"$" may only be the last character, outside of groups: write "\\$" for the character itself',
      );
    if (this.next() !== ')') throw new RegexFault('a group is not closed: add ")"');
    return body;
  }

  /** After `(`: `?:` or `?<name>`. */
  private groupKind(): void {
    const rest = this.source.slice(this.at);
    if (rest.startsWith('?:')) {
      this.at += 2;
      return;
    }
    if (/^\?<?[=!]/.test(rest))
      throw new RegexFault(
        'lookahead and lookbehind are not supported: they make matching time unpredictable',
      );
    const named = /^\?<([A-Za-z_][A-Za-z0-9_]{0,63})>/.exec(rest);
    if (named?.[1] === undefined)
      throw new RegexFault(
        'a group is written (…), (?:…) or (?<name>…), its name made of letters, digits and "_"',
      );
    if (named[1] === '__proto__') throw new RegexFault('"__proto__" cannot be the name of a group');
    if (this.names.includes(named[1])) throw new RegexFault(`the name "${named[1]}" is used twice`);
    this.names.push(named[1]);
    this.at += named[0].length;
  }

  private escape(start: number): RegexNode {
    const letter = this.next();
    const set = classEscapes.get(letter);
    if (set !== undefined)
      return { kind: 'character', set, text: this.since(start), literal: undefined };
    if (letter !== '' && syntaxCharacters.includes(letter)) {
      return {
        kind: 'character',
        set: setOf(asciiCode(letter)),
        text: this.since(start),
        literal: letter,
      };
    }
    if (/^[1-9k]$/.test(letter))
      throw new RegexFault(
        `"\\${letter}" is a backreference, which makes matching time unpredictable: repeat the expression itself`,
      );
    if (/^[bB]$/.test(letter))
      throw new RegexFault(
        `"\\${letter}" (word boundary) is not supported: name the characters, for example [^/]`,
      );
    throw new RegexFault(
      `the escape "\\${letter}" is not supported: use \\d \\D \\w \\W \\s \\S, or "\\" before one of ${syntaxCharacters}`,
    );
  }

  private characterClass(): CharacterSet {
    const negated = this.peek() === '^';
    if (negated) this.at += 1;
    let set = emptySet;
    while (this.peek() !== ']') {
      const from = this.classMember();
      const isRange = this.peek() === '-' && this.source[this.at + 1] !== ']';
      if (!isRange) {
        set |= typeof from === 'number' ? setOf(from) : from;
        continue;
      }
      this.at += 1;
      const to = this.classMember();
      if (typeof from !== 'number' || typeof to !== 'number' || from > to) {
        throw new RegexFault(
          'a range in [...] goes from a lower to a higher character: write "\\-" for the hyphen itself',
        );
      }
      set |= setOfRange(from, to);
    }
    this.at += 1;
    if (set === emptySet) throw new RegexFault('[] and [^] are not supported: name the characters');
    return negated ? complement(set) : set;
  }

  /** One character (its code), or the set of a class escape. */
  private classMember(): number | CharacterSet {
    const sign = this.next();
    if (sign === '') throw new RegexFault('a character class is not closed: add "]"');
    if (sign !== '\\') return asciiCode(sign);
    const letter = this.next();
    const set = classEscapes.get(letter);
    if (set !== undefined) return set;
    if (letter !== '' && (letter === '-' || syntaxCharacters.includes(letter)))
      return asciiCode(letter);
    throw new RegexFault(`the escape "\\${letter}" is not supported in [...]`);
  }

  private peek(): string {
    return this.source.charAt(this.at);
  }

  private next(): string {
    const sign = this.source.charAt(this.at);
    this.at += 1;
    return sign;
  }

  private since(start: number): string {
    return this.source.slice(start, this.at);
  }
}

/** @throws {RegexFault} for a character that no request path contains. */
function asciiCode(sign: string): number {
  const code = sign.charCodeAt(0);
  if (code > 0x20 && code < 0x7f) return code;
  throw new RegexFault(
    'a request path is visible ASCII: write spaces and letters outside ASCII percent-encoded, for example %20',
  );
}
