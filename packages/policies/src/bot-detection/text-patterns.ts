/**
 * Texts that are looked for in a value, compiled once. Each is one text or several with `*` between
 * them, which have to occur in that order. Matching takes one search for each text, and no regular
 * expression.
 */
export class TextPatterns {
  readonly #patterns: readonly (readonly string[])[];

  constructor(patterns: readonly string[]) {
    this.#patterns = patterns.map((pattern) =>
      pattern
        .toLowerCase()
        .split('*')
        .filter((part) => part !== ''),
    );
  }

  /** @param value in lower case */
  match(value: string): boolean {
    for (const parts of this.#patterns) if (occur(parts, value)) return true;
    return false;
  }
}

function occur(parts: readonly string[], value: string): boolean {
  let from = 0;
  for (const part of parts) {
    const at = value.indexOf(part, from);
    if (at < 0) return false;
    from = at + part.length;
  }
  return true;
}
