/**
 * Determines where the message and the connection end, from the fields of a head: RFC 9112 sections
 * 6 and 9, strictly.
 *
 * Invariant: when two parsers could disagree about the end of a message, the result is a fault.
 */
import { LOWER } from './byte-classes.ts';
import { charCodeAt } from './char-code.ts';
import type { Http1FaultCode } from './faults.ts';
import {
  CONNECTION,
  CONTENT_LENGTH,
  numberOfKnown,
  PROXY_CONNECTION,
  TRANSFER_ENCODING,
} from './field-names.ts';
import type { HeaderList } from './header-list.ts';
import { isProtectedName } from './protected-names.ts';
import { faultOfCodings } from './transfer-codings.ts';

/** How the end of a body is known. `close`: by the end of the connection, in responses only. */
export type Framing = 'none' | 'length' | 'chunked' | 'close';

/** The head announces a chunked body. */
export const CHUNKED = -1;
/** The head announces nothing. */
export const UNDECLARED = -2;

/**
 * The number in a Content-Length value; -1 when it is not plain digits, has a leading zero, or is
 * not below 2^53. RFC 9110 section 8.6 allows leading zeros; some readers interpret them as an
 * octal number.
 */
function parseContentLength(value: string): number {
  const digits = value.length;
  if (digits > 1 && charCodeAt(value, 0) === 0x30) return -1;
  let length = 0;
  for (let index = 0; index < digits; index++) {
    const digit = charCodeAt(value, index) - 0x30;
    if (digit < 0 || digit > 9) return -1;
    length = length * 10 + digit;
    if (length > Number.MAX_SAFE_INTEGER) return -1;
  }
  return digits === 0 ? -1 : length;
}

/** The framing that the fields announce: a length, CHUNKED, UNDECLARED, or a fault. */
export function declaredLength(headers: HeaderList, versionMinor: number): number | Http1FaultCode {
  const hasLength = headers.hasKnown(CONTENT_LENGTH);
  if (headers.hasKnown(TRANSFER_ENCODING)) {
    if (hasLength) return 'length_and_coding';
    if (versionMinor === 0) return 'transfer_coding_in_http_1_0';
    if (headers.hasTabAround(TRANSFER_ENCODING)) return 'tab_around_framing';
    const coding = headers.getKnown(TRANSFER_ENCODING) as string;
    if (!headers.repeats(TRANSFER_ENCODING) && coding.toLowerCase() === 'chunked') return CHUNKED;
    return faultOfCodings(headers.getAll('transfer-encoding'));
  }
  if (!hasLength) return UNDECLARED;
  if (headers.repeats(CONTENT_LENGTH)) return 'repeated_content_length';
  if (headers.hasTabAround(CONTENT_LENGTH)) return 'tab_around_framing';
  const length = parseContentLength(headers.getKnown(CONTENT_LENGTH) as string);
  return length < 0 ? 'invalid_content_length' : length;
}

/** Bits of {@link connectionOptions}. */
const OPTION_CLOSE = 1;
const OPTION_KEEP_ALIVE = 2;
export const OPTION_UPGRADE = 4;

/** The option for a value, case-insensitive; 0 for another value and for a list. */
export function connectionOption(value: string): number {
  switch (value.length) {
    case 5:
      return isWord(value, CLOSE) ? OPTION_CLOSE : 0;
    case 7:
      return isWord(value, UPGRADE) ? OPTION_UPGRADE : 0;
    case 10:
      return isWord(value, KEEP_ALIVE) ? OPTION_KEEP_ALIVE : 0;
    default:
      return 0;
  }
}

const CLOSE = Buffer.from('close');
const UPGRADE = Buffer.from('upgrade');
const KEEP_ALIVE = Buffer.from('keep-alive');

/** Compares a text with a lower-case word of the same length, case-insensitive. */
function isWord(text: string, word: Uint8Array): boolean {
  for (let index = 0; index < word.length; index++)
    if (LOWER[charCodeAt(text, index)] !== word[index]) return false;
  return true;
}

function optionsIn(lines: readonly string[]): number {
  let options = 0;
  for (const line of lines) {
    for (const part of line.split(',')) options |= connectionOption(part.trim());
  }
  return options;
}

/**
 * The options of the Connection field that a parser acts on. `close` is also read from the obsolete
 * Proxy-Connection: some servers obey it, and closing a connection too early does no harm.
 */
export function connectionOptions(headers: HeaderList): number {
  const asides = headers.hasKnown(PROXY_CONNECTION)
    ? optionsIn(headers.getAll('proxy-connection')) & OPTION_CLOSE
    : 0;
  const value = headers.getKnown(CONNECTION);
  if (value === undefined) return asides;
  const single = connectionOption(value);
  if (single !== 0 && !headers.repeats(CONNECTION)) return single | asides;
  return optionsIn(headers.getAll('connection')) | asides;
}

/** Whether the connection persists after the message: RFC 9112 section 9.3. */
export function persists(options: number, versionMinor: number): boolean {
  if ((options & OPTION_CLOSE) !== 0) return false;
  return versionMinor === 1 || (options & OPTION_KEEP_ALIVE) !== 0;
}

const FORBIDDEN_TRAILERS = (
  [
    'content-length',
    'transfer-encoding',
    'host',
    'connection',
    'upgrade',
    'te',
    'trailer',
    'expect',
    'authorization',
    'proxy-authorization',
    'cookie',
    'set-cookie',
    'content-type',
    'content-encoding',
  ] as const
).map(numberOfKnown);

/**
 * Whether trailers contain a field that is not allowed after the body: RFC 9110 section 6.5.1.
 *
 * @param protectedNames the gateway's own, besides the built-in ones; undefined for responses,
 * where names are not protected
 */
export function isForbiddenTrailer(
  trailers: HeaderList,
  protectedNames: ReadonlySet<string> | undefined,
): boolean {
  if (FORBIDDEN_TRAILERS.some((number) => trailers.hasKnown(number))) return true;
  return (
    protectedNames !== undefined &&
    trailers.names().some((name) => isProtectedName(name, protectedNames))
  );
}
