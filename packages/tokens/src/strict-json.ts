const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;

/** A JSON object. */
export type JsonObject = Readonly<Record<string, unknown>>;

/**
 * Parses a JSON object more strictly than `JSON.parse`: UTF-8 without faults, no member twice in
 * one object (readers disagree which one counts, RFC 8259, section 4), no lone surrogates, and
 * bounded nesting.
 * @param bytes the text
 * @param maxDepth objects and arrays within each other, the outer object included
 * @returns undefined when the text is not such an object
 */
export function parseStrictObject(bytes: Uint8Array, maxDepth: number): JsonObject | undefined {
  let text: string;
  let value: unknown;
  try {
    text = decoder.decode(bytes);
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isObject(value) || !isStrict(text, maxDepth)) return undefined;
  return value;
}

/** Whether a value is an object, and neither null nor an array. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Checks text that is valid JSON for duplicate members, lone surrogates and nesting. */
function isStrict(text: string, maxDepth: number): boolean {
  // The names of each open object; undefined for an open array.
  const open: (Set<string> | undefined)[] = [];
  let isNameNext = false;
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case openBrace:
      case openBracket:
        if (open.length >= maxDepth) return false;
        isNameNext = text.charCodeAt(at) === openBrace;
        open.push(isNameNext ? new Set() : undefined);
        break;
      case closeBrace:
      case closeBracket:
        open.pop();
        isNameNext = false;
        break;
      case comma:
        isNameNext = open.at(-1) !== undefined;
        break;
      case quote: {
        const end = endOfString(text, at);
        const content = contentOf(text, at, end);
        if (!content.isWellFormed()) return false;
        if (isNameNext) {
          const names = open.at(-1) as Set<string>;
          if (names.has(content)) return false;
          names.add(content);
          isNameNext = false;
        }
        at = end;
        break;
      }
      default:
    }
  }
  return true;
}

/** The index of the closing quotation mark of the string that begins at `start`. */
function endOfString(text: string, start: number): number {
  let at = start + 1;
  for (; text.charCodeAt(at) !== quote; at++) if (text.charCodeAt(at) === backslash) at++;
  return at;
}

function contentOf(text: string, start: number, end: number): string {
  const raw = text.slice(start + 1, end);
  return raw.includes('\\') ? (JSON.parse(text.slice(start, end + 1)) as string) : raw;
}
