/**
 * StatusLineReader: `HTTP-version SP status-code SP [reason-phrase] CRLF`, RFC 9112 section 4. The
 * space before an absent reason may be absent too: many servers omit it, and nothing depends on it.
 *
 * Invariant: the line is checked when it is complete, and its size before its content.
 */
import type { StartLineReader } from './block-reader.ts';
import { CR, FIELD_VALUE, LF, SP } from './byte-classes.ts';
import type { Http1FaultCode } from './faults.ts';
import { FAULT, faultOfLine, NEED_MORE } from './field-scanner.ts';

/** Bytes of `HTTP/1.1 200`. */
const FIXED_BYTES = 12;

export class StatusLineReader implements StartLineReader {
  fault: Http1FaultCode = 'not_http';
  status = 0;
  versionMinor = 1;
  /** The position of the reason phrase, relative to the base. */
  reasonStart = 0;
  reasonEnd = 0;
  private readonly maxBytes: number;

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
  }

  read(bytes: Buffer, base: number, end: number): number {
    let at = base + FIXED_BYTES;
    if (at + 2 > end || !this.readFixed(bytes, base)) return this.judge(bytes, base, end);
    if (bytes[at] === SP) at++;
    else if (bytes[at] !== CR) return this.judge(bytes, base, end);
    this.reasonStart = at - base;
    while (at < end && FIELD_VALUE[bytes[at] as number] !== 0) at++;
    this.reasonEnd = at - base;
    if (at + 2 > end || bytes[at] !== CR || bytes[at + 1] !== LF)
      return this.judge(bytes, base, end);
    return at - base > this.maxBytes ? this.refuse('status_line_too_long') : at + 2;
  }

  wait(length: number): number {
    return length > this.maxBytes + 1 ? this.refuse('status_line_too_long') : NEED_MORE;
  }

  /** `HTTP/1.1 ` or `HTTP/1.0 ` and three digits. */
  private readFixed(bytes: Buffer, at: number): boolean {
    const minor = (bytes[at + 7] as number) - 0x30;
    const hundreds = (bytes[at + 9] as number) - 0x30;
    const tens = (bytes[at + 10] as number) - 0x30;
    const ones = (bytes[at + 11] as number) - 0x30;
    this.versionMinor = minor;
    this.status = hundreds * 100 + tens * 10 + ones;
    return (
      bytes[at] === 0x48 &&
      bytes[at + 1] === 0x54 &&
      bytes[at + 2] === 0x54 &&
      bytes[at + 3] === 0x50 &&
      bytes[at + 4] === 0x2f &&
      bytes[at + 5] === 0x31 &&
      bytes[at + 6] === 0x2e &&
      (minor === 1 || minor === 0) &&
      bytes[at + 8] === SP &&
      hundreds >= 0 &&
      hundreds <= 9 &&
      tens >= 0 &&
      tens <= 9 &&
      ones >= 0 &&
      ones <= 9
    );
  }

  private judge(bytes: Buffer, base: number, end: number): number {
    const lineFeed = bytes.indexOf(LF, base);
    if (lineFeed < 0 || lineFeed >= end) return this.wait(end - base);
    if (lineFeed - base > this.maxBytes + 1) return this.refuse('status_line_too_long');
    const version = /^HTTP\/[0-9]\.[0-9] /.test(bytes.toString('latin1', base, base + 9));
    const supported =
      version && bytes[base + 5] === 0x31 && (bytes[base + 7] === 0x31 || bytes[base + 7] === 0x30);
    return this.refuse(
      faultOfLine(bytes, base, lineFeed) ??
        (version && !supported ? 'unsupported_version' : 'malformed_status_line'),
    );
  }

  private refuse(fault: Http1FaultCode): number {
    this.fault = fault;
    return FAULT;
  }
}
