import { RequestParser } from '../src/index.ts';

/** The bytes of text whose characters are one byte each. */
export function bytes(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}

/** A request line and field lines as a complete head. */
export function head(...lines: string[]): string {
  return `${lines.join('\r\n')}\r\n\r\n`;
}

/** A parser that has consumed the first message of the text. */
export function parseRequest(text: string): RequestParser {
  const parser = new RequestParser();
  parser.consume(bytes(text), 0);
  return parser;
}
