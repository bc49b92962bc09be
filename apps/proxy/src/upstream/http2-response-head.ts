import { removeHopByHop, type HeaderList } from '@sluice/http1';
import { fieldsOf } from '../net/http2-fields.ts';

/** More than a well-meaning upstream sends; the same as in HTTP/1.1. */
const MAX_FIELDS = 100;

export interface Http2ResponseHead {
  readonly status: number;
  readonly headers: HeaderList;
  /** Bytes of content announced in Content-Length, -1 when there is none. */
  readonly length: number;
}

/**
 * Reads the head of a response, given as names and values in turn.
 * @returns what is wrong with it, as text for the log
 */
export function readHttp2ResponseHead(raw: readonly string[]): Http2ResponseHead | string {
  const status = Number(raw[raw.indexOf(':status') + 1]);
  if (!Number.isInteger(status) || status < 200 || status > 599) return 'the status code is outside 200 to 599';
  const headers = fieldsOf(raw);
  if (headers === undefined) return 'a header field cannot stand in HTTP';
  if (headers.size > MAX_FIELDS) return `there are more than ${MAX_FIELDS} header fields`;
  const announced = headers.get('content-length');
  removeHopByHop(headers, { keepTrailers: true });
  // nghttp2 has checked that there is one length at most, and that the content is as long.
  if (announced === undefined) return { status, headers, length: -1 };
  const length = Number(announced);
  // As in HTTP/1.1: no leading zeros, and below 2^53.
  return String(length) === announced ? { status, headers, length } : 'Content-Length is not plain digits below 2^53';
}
