/**
 * A text that is not acceptable JSON. The message gives the position and what was expected there.
 */
export class JsonFault extends Error {
  override readonly name = 'JsonFault';
  readonly line: number;
  /** Counted in UTF-16 code units from 1. */
  readonly column: number;

  constructor(text: string, at: number, expectation: string) {
    const before = text.slice(0, at).split('\n');
    const line = before.length;
    const column = (before.at(-1)?.length ?? 0) + 1;
    super(`line ${line}, column ${column}: ${expectation}`);
    this.line = line;
    this.column = column;
  }
}

const maxDepth = 64;
const space = /[ \t\n\r]*/y;
const stringLiteral = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const numberLiteral = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const wordLiteral = /true|false|null/y;

/**
 * Parses JSON (RFC 8259) and refuses input that parsers treat differently: duplicate names in one
 * object (RFC 7493 section 2.3), the name `__proto__`, lone surrogates, NUL characters, numbers
 * beyond the range of a double, and more than 64 levels.
 * @throws JsonFault that gives the position and what was expected there.
 */
export function parseStrictJson(text: string): unknown {
  return new StrictJsonParser(text).parse();
}

class StrictJsonParser {
  private at = 0;

  constructor(private readonly text: string) {}

  parse(): unknown {
    const value = this.value(0);
    this.skipSpace();
    if (this.at < this.text.length) throw this.fault('expected the end of the text');
    return value;
  }

  private value(depth: number): unknown {
    this.skipSpace();
    const sign = this.text[this.at];
    if (depth > maxDepth) throw this.fault(`nested deeper than ${maxDepth} levels`);
    if (sign === '{') return this.object(depth);
    if (sign === '[') return this.array(depth);
    if (sign === '"')
      return this.string(
        'a string without line breaks, with escapes as in JSON, closed by a double quote',
      );
    return this.literal();
  }

  private object(depth: number): Record<string, unknown> {
    const members: Record<string, unknown> = {};
    this.at += 1;
    if (this.accept('}')) return members;
    do {
      this.skipSpace();
      const nameAt = this.at;
      const name = this.string('a property name in double quotes');
      if (name === '__proto__')
        throw new JsonFault(this.text, nameAt, 'the name "__proto__" is not allowed');
      if (Object.hasOwn(members, name))
        throw new JsonFault(
          this.text,
          nameAt,
          `the name ${JSON.stringify(name)} occurs twice in this object`,
        );
      if (!this.accept(':')) throw this.fault('expected ":" after the property name');
      members[name] = this.value(depth + 1);
    } while (this.accept(','));
    if (!this.accept('}')) throw this.fault('expected "," or "}"');
    return members;
  }

  private array(depth: number): unknown[] {
    const elements: unknown[] = [];
    this.at += 1;
    if (this.accept(']')) return elements;
    do elements.push(this.value(depth + 1));
    while (this.accept(','));
    if (!this.accept(']')) throw this.fault('expected "," or "]"');
    return elements;
  }

  private string(expectation: string): string {
    const start = this.at;
    const literal = this.take(stringLiteral);
    if (literal === undefined) throw this.fault(`expected ${expectation}`);
    const text = JSON.parse(literal) as string;
    // Postgres cannot store NUL, and UTF-8 cannot encode a lone surrogate.
    if (!text.isWellFormed() || text.includes('\u0000'))
      throw new JsonFault(
        this.text,
        start,
        'the string contains a lone surrogate or a NUL character',
      );
    return text;
  }

  private literal(): unknown {
    const start = this.at;
    const literal = this.take(wordLiteral) ?? this.take(numberLiteral);
    if (literal === undefined)
      throw this.fault(
        this.at < this.text.length
          ? 'expected a JSON value'
          : 'expected a JSON value, but the text ends',
      );
    const value: unknown = JSON.parse(literal);
    if (value === Infinity || value === -Infinity)
      throw new JsonFault(this.text, start, 'the number is too large');
    return value;
  }

  private accept(sign: string): boolean {
    this.skipSpace();
    if (this.text[this.at] !== sign) return false;
    this.at += 1;
    return true;
  }

  private take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0];
    if (found === undefined || found === '') return undefined;
    this.at += found.length;
    return found;
  }

  private skipSpace(): void {
    space.lastIndex = this.at;
    this.at += space.exec(this.text)?.[0].length ?? 0;
  }

  private fault(expectation: string): JsonFault {
    return new JsonFault(this.text, this.at, expectation);
  }
}
