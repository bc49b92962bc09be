import { FieldName, serializeResponseHead, type Framing, type HeaderList } from '@sluice/http1';
import { HttpDate } from './http-date.ts';

/** The request and connection properties that a response head depends on. */
export interface HeadContext {
  readonly method: string;
  readonly protocol: '1.0' | '1.1' | '2';
  /** Whether the connection stays open after this response. */
  readonly keepAlive: boolean;
}

const date = new HttpDate();
const CONNECTION = new FieldName('Connection');
const DATE = new FieldName('Date', { repeats: true });

/**
 * Chooses how the content of a response is delimited.
 * @param length bytes of the content, -1 when it is unknown
 */
export function responseFraming(context: HeadContext, status: number, length: number): Framing {
  if (status === 204) return 'none';
  // A 304 states the length of the 200 response, if the upstream stated it; 0 is the length of a
  // 304 for which no length is known (RFC 9110 section 8.6).
  if (status === 304) return length > 0 ? 'length' : 'none';
  // A response to HEAD states the length of the GET response when it is known.
  if (context.method === 'HEAD') return length >= 0 ? 'length' : 'none';
  if (length >= 0) return 'length';
  return context.protocol === '1.1' ? 'chunked' : 'close';
}

/**
 * Serializes the head of a final response, including the empty line. Sets Connection and, when it
 * is missing, Date in `headers`.
 * @throws TypeError when the status is not that of a final response, or a field is invalid
 */
export function responseHead(
  context: HeadContext,
  status: number,
  headers: HeaderList,
  framing: Framing,
  length: number,
): string {
  // A client reads the content after a head of 1xx as the next response.
  if (status < 200) throw new TypeError(`${status} is not the status of a final response`);
  if (!context.keepAlive) headers.setOwn(CONNECTION, 'close');
  else if (context.protocol === '1.0') headers.setOwn(CONNECTION, 'keep-alive');
  else if (headers.has(CONNECTION)) headers.remove(CONNECTION);
  if (!headers.has(DATE)) headers.setOwn(DATE, date.at(Date.now()));
  return serializeResponseHead(status, undefined, headers, framing, length);
}

/**
 * Serializes the 101 response that confirms the upgrade to a WebSocket.
 * @param headers of the upstream; changed here
 */
export function upgradeResponse(headers: HeaderList): string {
  headers.set('Connection', 'Upgrade');
  headers.set('Upgrade', 'websocket');
  return serializeResponseHead(101, undefined, headers, 'none', 0);
}
