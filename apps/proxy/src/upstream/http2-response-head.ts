import { removeHopByHop, type HeaderList } from '@sluice/http1';
import { fieldsOf } from '../net/http2-fields.ts';

/** The same limit as in HTTP/1.1. */
const MAX_FIELDS = 100;

export interface Http2ResponseHead {
  readonly status: number;
  readonly headers: HeaderList;
  /** Bytes of content announced in Content-Length, -1 when there is none. */
  readonly length: number;
}

/**
 * Reads the head of a response from alternating names and values.
 * @returns the head, or the fault as text for the log
 */
export function readHttp2ResponseHead(raw: readonly string[]): Http2ResponseHead | string {
  const status = Number(raw[raw.indexOf(':status') + 1]);
  if (!Number.isInteger(status) || status < 200 || status > 599)
    return 'the status code is outside 200 to 599';
  const headers = fieldsOf(raw);
  if (headers === undefined) return 'a header field is invalid';
  if (headers.size > MAX_FIELDS) return `there are more than ${MAX_FIELDS} header fields`;
  const announced = headers.get('content-length');
  removeHopByHop(headers, { keepTrailers: true });
  // nghttp2 checks that there is at most one Content-Length and that the content matches it.
  if (announced === undefined) return { status, headers, length: -1 };
  const length = Number(announced);
  // As in HTTP/1.1: no leading zeros, and below 2^53.
  return String(length) === announced
    ? { status, headers, length }
    : 'Content-Length is not a decimal number below 2^53';
}
