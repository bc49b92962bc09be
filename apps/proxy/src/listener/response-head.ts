import { FieldName, serializeResponseHead, type Framing, type HeaderList } from '@sluice/http1';
import { HttpDate } from './http-date.ts';

/** What the head of a response depends on besides its own fields. */
export interface HeadContext {
  readonly method: string;
  readonly protocol: '1.0' | '1.1' | '2';
  /** Whether the connection stays open after this response. */
  readonly keepAlive: boolean;
}

const date = new HttpDate();
const CONNECTION = new FieldName('Connection');
const DATE = new FieldName('Date', { repeats: true });

/** True when a response has no content whatever its fields say: RFC 9110 section 6.4.1. */
export function isBodiless(method: string, status: number): boolean {
  return method === 'HEAD' || status === 204 || status === 304;
}

/**
 * How the content of a response is delimited.
 * @param length bytes of the content, -1 when that is not known beforehand
 */
export function responseFraming(context: HeadContext, status: number, length: number): Framing {
  if (status === 204) return 'none';
  // What a GET would have got may be stated, and is not when nobody knows it. A 304 without content says nothing of it.
  if (context.method === 'HEAD') return length >= 0 ? 'length' : 'none';
  if (status === 304) return length > 0 ? 'length' : 'none';
  if (length >= 0) return 'length';
  return context.protocol === '1.1' ? 'chunked' : 'close';
}

/**
 * The head of a final response as text, its empty line included. Adds Connection and, where it is missing, Date to
 * `headers`.
 * @throws TypeError when status or fields cannot stand in a head
 */
export function responseHead(context: HeadContext, status: number, headers: HeaderList, framing: Framing, length: number): string {
  if (!context.keepAlive) headers.setOwn(CONNECTION, 'close');
  else if (context.protocol === '1.0') headers.setOwn(CONNECTION, 'keep-alive');
  else if (headers.has(CONNECTION)) headers.remove(CONNECTION);
  if (!headers.has(DATE)) headers.setOwn(DATE, date.at(Date.now()));
  return serializeResponseHead(status, undefined, headers, framing, length);
}
