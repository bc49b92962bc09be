/**
 * Heads and chunk frames as latin1 strings, ready for one `write(text, 'latin1')`. A head and a
 * small body are sent in one write when the caller appends `textOf(body)` to the head, or
 * corks the socket around both.
 *
 * Invariants
 * - Framing fields are written only from the arguments. A Content-Length or Transfer-Encoding in
 *   the HeaderList is never copied, and at most one of the two is sent.
 * - No argument can add a line to the head: method, target and reason are checked here, and header
 *   values were checked when they were added to the list.
 */
import type { Framing } from './framing.ts';
import type { HeaderList } from './header-list.ts';
import { isToken } from './byte-classes.ts';
import { charCodeAt } from './char-code.ts';
import { statusText } from './status-text.ts';

const FORBIDDEN_IN_REASON = /[^\t\x20-\x7e\x80-\xff]/;
const CRLF = '\r\n';

/** The framing line of a message: empty for `none` and `close`. */
function framingLine(framing: Framing, contentLength: number): string {
  if (framing === 'chunked') return 'Transfer-Encoding: chunked\r\n';
  if (framing !== 'length') return '';
  if (!Number.isSafeInteger(contentLength) || contentLength < 0) {
    throw new TypeError(`a content length must be a whole number of bytes, not ${contentLength}`);
  }
  return 'Content-Length: ' + contentLength + '\r\n';
}

/**
 * The head of an HTTP/1.1 request, including its empty line.
 *
 * @param target a normalised request target
 * @param contentLength bytes of the body, used with the framing `length` only
 * @throws TypeError when a head must not contain an argument; that is a programming error
 */
export function serializeRequestHead(
  method: string,
  target: string,
  headers: HeaderList,
  framing: Exclude<Framing, 'close'>,
  contentLength: number,
): string {
  requireRequestLine(method, target);
  const end = framing === 'none' ? CRLF : framingLine(framing, contentLength) + CRLF;
  return method + ' ' + target + ' HTTP/1.1\r\n' + headers.serializeWithoutFraming() + end;
}

/**
 * Checks the parts of a request line, or of the pseudo-header fields of HTTP/2.
 *
 * @throws TypeError when the method is not a token, or the target is empty or contains anything but
 * visible ASCII
 */
export function requireRequestLine(method: string, target: string): void {
  if (!isToken(method)) throw new TypeError(`"${method}" is not a method: it must be a token`);
  if (!isVisible(target))
    throw new TypeError('a request target must be visible ASCII and not empty: normalise it first');
}

/** Whether a text is not empty and contains visible ASCII only. */
function isVisible(text: string): boolean {
  const { length } = text;
  for (let index = 0; index < length; index++) {
    const code = charCodeAt(text, index);
    if (code < 0x21 || code > 0x7e) return false;
  }
  return length > 0;
}

/**
 * The head of an HTTP/1.1 response, including its empty line.
 *
 * @param reason the phrase to send, or undefined for the usual one of the status
 * @param contentLength bytes of the body, used with the framing `length` only; also sent for HEAD,
 * where no body follows
 * @throws TypeError when a head must not contain an argument; that is a programming error
 */
export function serializeResponseHead(
  status: number,
  reason: string | undefined,
  headers: HeaderList,
  framing: Framing,
  contentLength: number,
): string {
  if (!Number.isInteger(status) || status < 100 || status > 599)
    throw new TypeError(`${status} is not a status code`);
  const line = reason === undefined ? (STATUS_LINES[status] as string) : statusLine(status, reason);
  return line + headers.serializeWithoutFraming() + framingLine(framing, contentLength) + CRLF;
}

function statusLine(status: number, reason: string): string {
  if (FORBIDDEN_IN_REASON.test(reason))
    throw new TypeError('a reason phrase must not hold line breaks or control characters');
  return `HTTP/1.1 ${status} ${reason}\r\n`;
}

/** The status line of every status, with its usual reason phrase. */
const STATUS_LINES: readonly string[] = Array.from({ length: 600 }, (_, status) =>
  statusLine(status, statusText[status] ?? ''),
);

/**
 * An interim head that asks for the body. Write it at most once, and only after the request was
 * accepted.
 */
export const continueHead = 'HTTP/1.1 100 Continue\r\n\r\n';

/**
 * What precedes `bytes` bytes of a chunked body; {@link chunkSuffix} follows them.
 * @throws TypeError for 0 bytes, which would end the body
 */
export function chunkPrefix(bytes: number): string {
  if (!Number.isSafeInteger(bytes) || bytes <= 0)
    throw new TypeError(`a chunk cannot hold ${bytes} bytes`);
  return bytes.toString(16) + CRLF;
}

export const chunkSuffix = CRLF;

/** Ends a chunked body without trailers. */
export const lastChunk = '0\r\n\r\n';

/** Ends a chunked body with trailers. Framing fields among them are left out. */
export function lastChunkWithTrailers(trailers: HeaderList): string {
  return `0\r\n${trailers.serializeWithoutFraming()}${CRLF}`;
}
