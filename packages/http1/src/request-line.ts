/**
 * RequestLineReader: `method SP request-target SP HTTP-version CRLF`, RFC 9112 section 3, in its
 * strict form.
 *
 * Invariant: the line is checked when it is complete, and its size before its content.
 */
import type { StartLineReader } from './block-reader.ts';
import {
  CR,
  LF,
  PATH_DOT,
  PATH_END,
  PATH_KIND,
  PATH_PLAIN,
  PATH_QUESTION,
  PATH_SLASH,
  PERCENT,
  SLASH,
  SP,
  TARGET,
  TOKEN,
} from './byte-classes.ts';
import type { Http1FaultCode } from './faults.ts';
import { FAULT, faultOfLine, NEED_MORE } from './field-scanner.ts';
import { latin1 } from './latin1.ts';
import { commonMethod } from './methods.ts';

/** Bytes of ` HTTP/1.x` and its CRLF. */
const VERSION_BYTES = 11;

export class RequestLineReader implements StartLineReader {
  fault: Http1FaultCode = 'not_http';
  /** Where the method ends; the target starts one byte later. Relative to the base. */
  methodEnd = 0;
  targetEnd = 0;
  /** The method, when it is a common one; otherwise empty. */
  method = '';
  /**
   * Whether the target is already in normal form, so that it need not be parsed again (target.ts).
   */
  isNormal = false;
  /** The position of the `?` of a normal target, relative to the base; -1 when it has none. */
  queryAt = -1;
  versionMinor = 1;
  private readonly maxBytes: number;

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
  }

  read(bytes: Buffer, base: number, end: number): number {
    let at = base;
    while (at < end && TOKEN[bytes[at] as number] !== 0) at++;
    const methodEnd = at;
    if (at === base || at === end || bytes[at] !== SP) return this.judge(bytes, base, end);
    at = this.readTarget(bytes, at + 1, end);
    if (at === methodEnd + 1 || at + VERSION_BYTES > end || !this.readVersion(bytes, at)) {
      return this.judge(bytes, base, end);
    }
    this.method = commonMethod(bytes, base, methodEnd - base);
    this.methodEnd = methodEnd - base;
    this.targetEnd = at - base;
    if (this.queryAt >= 0) this.queryAt -= base;
    at += VERSION_BYTES;
    return at - 2 - base > this.maxBytes ? this.refuse('request_line_too_long') : at;
  }

  /**
   * Scans the bytes of the target and determines whether it is normal: a path whose segments are
   * neither empty nor start with a dot, and nothing in the target that is or must be escaped.
   *
   * @returns the position after it
   */
  private readTarget(bytes: Buffer, start: number, end: number): number {
    let at = start;
    let isNormal = bytes[at] === SLASH;
    let isSegmentStart = false;
    this.queryAt = -1;
    for (; at < end; at++) {
      const kind = PATH_KIND[bytes[at] as number] as number;
      if (kind === PATH_PLAIN) {
        isSegmentStart = false;
      } else if (kind === PATH_SLASH) {
        if (isSegmentStart) isNormal = false;
        isSegmentStart = true;
      } else if (kind === PATH_DOT) {
        if (isSegmentStart) isNormal = false;
        isSegmentStart = false;
      } else if (kind === PATH_QUESTION) {
        this.queryAt = at;
        break;
      } else if (kind === PATH_END) {
        break;
      } else {
        isNormal = false;
        isSegmentStart = false;
      }
    }
    if (this.queryAt >= 0) {
      while (at < end && TARGET[bytes[at] as number] !== 0)
        if (bytes[at++] === PERCENT) isNormal = false;
    }
    this.isNormal = isNormal;
    return at;
  }

  wait(length: number): number {
    return length > this.maxBytes + 1 ? this.refuse('request_line_too_long') : NEED_MORE;
  }

  /** ` HTTP/1.1` or ` HTTP/1.0` and CRLF. */
  private readVersion(bytes: Buffer, at: number): boolean {
    const minor = (bytes[at + 8] as number) - 0x30;
    this.versionMinor = minor;
    return (
      bytes[at] === SP &&
      bytes[at + 1] === 0x48 &&
      bytes[at + 2] === 0x54 &&
      bytes[at + 3] === 0x54 &&
      bytes[at + 4] === 0x50 &&
      bytes[at + 5] === 0x2f &&
      bytes[at + 6] === 0x31 &&
      bytes[at + 7] === 0x2e &&
      (minor === 1 || minor === 0) &&
      bytes[at + 9] === CR &&
      bytes[at + 10] === LF
    );
  }

  private judge(bytes: Buffer, base: number, end: number): number {
    const lineFeed = bytes.indexOf(LF, base);
    if (lineFeed < 0 || lineFeed >= end) return this.wait(end - base);
    if (lineFeed - base > this.maxBytes + 1) return this.refuse('request_line_too_long');
    return this.refuse(
      faultOfLine(bytes, base, lineFeed) ?? faultOfRequestLine(latin1(bytes, base, lineFeed - 1)),
    );
  }

  private refuse(fault: Http1FaultCode): number {
    this.fault = fault;
    return FAULT;
  }
}

/** Names the fault of an invalid request line, given without its CRLF. */
function faultOfRequestLine(line: string): Http1FaultCode {
  const [method = '', target = '', version, ...rest] = line.split(' ');
  if (!/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(method) || target === '' || rest.length > 0)
    return 'malformed_request_line';
  if (target.includes('#')) return 'fragment_in_target';
  if (/[^\x21-\x7e]/.test(target)) return 'invalid_target_character';
  return version !== undefined && /^HTTP\/[0-9]\.[0-9]$/.test(version)
    ? 'unsupported_version'
    : 'malformed_version';
}
