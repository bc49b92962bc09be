import { catalogue, type ErrorCode } from '@sluice/errors';

/** One row of the table of accepted requests (docs/guides/edge.md). */
export interface EdgeRow {
  readonly name: string;
  /** What the client sends, one character per byte. */
  readonly send: string;
  readonly method: string;
  readonly status: number;
  /** The code of the problem document; undefined when the response is not a refusal. */
  readonly code?: ErrorCode;
  /** The content of a response that is not a refusal. */
  readonly body?: string;
  /**
   * Whether the connection closes after the response. Otherwise the next request must get its own
   * response.
   */
  readonly closes: boolean;
  /** What the upstream must have received, byte by byte; undefined for nothing. */
  readonly upstream?: string;
  /** The most that the upstream may have received of an incomplete request: never all of it. */
  readonly abandoned?: string;
}

const methodOf = (send: string): string => send.slice(0, Math.max(send.indexOf(' '), 0));

/** A row that is refused: the connection closes, and nothing is sent to the upstream. */
export function refused(name: string, send: string, code: ErrorCode, abandoned?: string): EdgeRow {
  return {
    name,
    send,
    method: methodOf(send),
    status: catalogue[code].status,
    code,
    closes: true,
    ...(abandoned === undefined ? {} : { abandoned }),
  };
}

/** A row that is refused: nothing is sent to the upstream, and the connection stays open. */
export function refusedAndKept(name: string, send: string, code: ErrorCode): EdgeRow {
  return { ...refused(name, send, code), closes: false };
}

/** A row that the upstream serves; it must have received exactly this. */
export function served(name: string, send: string, upstream: string): EdgeRow {
  const line = upstream.slice(0, upstream.indexOf(' HTTP/1.1\r\n'));
  const method = methodOf(send);
  return {
    name,
    send,
    method,
    status: 200,
    body: method === 'HEAD' ? '' : line,
    closes: false,
    upstream,
  };
}

/** The same for a request after which the connection closes. */
export function servedAndClosed(name: string, send: string, upstream: string): EdgeRow {
  return { ...served(name, send, upstream), closes: true };
}
