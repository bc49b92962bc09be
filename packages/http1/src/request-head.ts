/**
 * Applies the rules of the edge to requests that another parser has read: serialises the head
 * again, one field line for each received one, and parses it with the parser of the edge. So the
 * same rules apply on every port.
 */
import { http1Faults } from './faults.ts';
import type { Http1Fault } from './faults.ts';
import { RequestParser } from './request-parser.ts';
import { keepEncodedSlash } from './target.ts';

/** A head in the form of `node:http`. */
export interface ReceivedHead {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly httpVersionMinor: number;
  /** Names and values alternate, in the order received. */
  readonly rawHeaders: readonly string[];
}

const parser = new RequestParser();
const target = { path: '', query: '', hasQuery: false, hasEncodedSlash: false };

/** Returns the fault of a request by the rules of the edge; undefined when there is none. */
export function faultOfHead({
  method = '',
  url = '',
  httpVersionMinor,
  rawHeaders,
}: ReceivedHead): Http1Fault | undefined {
  let text = `${method} ${url} HTTP/1.${httpVersionMinor}\r\n`;
  for (let index = 0; index < rawHeaders.length; index += 2)
    text += `${rawHeaders[index]}: ${rawHeaders[index + 1]}\r\n`;
  parser.restart();
  const bytes = Buffer.from(`${text}\r\n`, 'latin1');
  const end = parser.consume(bytes, 0);
  if (parser.state === 'fault') return parser.fault;
  // A head that contains an empty line would be parsed differently.
  if (parser.state !== 'head' || end !== bytes.length) return http1Faults.control_character;
  return parser.readTarget(target, keepEncodedSlash);
}
