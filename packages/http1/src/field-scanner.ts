/**
 * FieldScanner: reads the field lines of a head or of trailers into a HeaderList, in one pass over
 * the bytes.
 *
 * Invariants
 * - A line is checked when it is complete, and its size before its content. So the result does not
 *   depend on how the bytes were divided into reads, and no state within a line is kept between two
 *   calls.
 * - Offsets are relative to `base`, where the text of the block starts, because a block that
 *   arrives in several reads is collected at another address.
 * - Nothing is thrown, and nothing is allocated except for a name with `_` or `.`.
 */
import { COLON, CR, FIELD_VALUE, HTAB, LF, PLAIN_NAME, SP, TOKEN } from './byte-classes.ts';
import type { Http1FaultCode } from './faults.ts';
import { numberOfBytes } from './field-names.ts';
import type { HeaderList } from './header-list.ts';
import { latin1 } from './latin1.ts';
import { isProtectedAlias } from './protected-names.ts';

/** The block or line is not complete yet. */
export const NEED_MORE = -1;
/** The block or line is refused; the reader's `fault` says why. */
export const FAULT = -2;

export interface FieldRules {
  readonly maxHeaderBytes: number;
  readonly maxHeaderLines: number;
  /**
   * Requests: names with `_` are dropped and aliases of protected names refused. Responses:
   * undefined, all names are kept.
   */
  readonly protectedNames: ReadonlySet<string> | undefined;
}

export class FieldScanner {
  /** Where the first incomplete line starts, relative to the base. */
  lineStart = 0;
  /** Why the last result was FAULT. The scanner is not used after a fault. */
  fault: Http1FaultCode = 'not_http';
  /** The number of fields of this message that were dropped because of a `_` in their names. */
  dropped = 0;
  private readonly rules: FieldRules;
  private blockStart = 0;
  private spentBytes = 0;
  private lines = 0;

  constructor(rules: FieldRules) {
    this.rules = rules;
  }

  /** Starts the first block of a message, whose fields start at this offset from the base. */
  startMessage(blockStart: number): void {
    this.spentBytes = 0;
    this.lines = 0;
    this.dropped = 0;
    this.startBlock(blockStart);
  }

  /** Starts another block of the same message, with the same limits. */
  startBlock(blockStart: number): void {
    this.blockStart = blockStart;
    this.lineStart = blockStart;
  }

  /**
   * Reads complete lines from `lineStart`.
   *
   * @returns the position after the empty line that ends the block, NEED_MORE or FAULT
   */
  scan(list: HeaderList, bytes: Buffer, base: number, end: number): number {
    let at = base + this.lineStart;
    for (;;) {
      const start = at;
      let unusual = false;
      while (at < end && PLAIN_NAME[bytes[at] as number] !== 0) at++;
      if (at === end) return this.incomplete(bytes, base, start, end);
      if (bytes[at] !== COLON || at === start) {
        if (bytes[at] === CR && at === start && at + 1 < end && bytes[at + 1] === LF) {
          this.spentBytes += start - base - this.blockStart;
          return at + 2;
        }
        while (at < end && TOKEN[bytes[at] as number] !== 0) at++;
        if (at === end || bytes[at] !== COLON || at === start)
          return this.judge(bytes, base, start, end);
        unusual = true;
      }
      const nameEnd = at++;
      while (at < end && (bytes[at] === SP || bytes[at] === HTAB)) at++;
      const valueStart = at;
      while (at < end && FIELD_VALUE[bytes[at] as number] !== 0) at++;
      if (at + 1 >= end || bytes[at] !== CR || bytes[at + 1] !== LF)
        return this.judge(bytes, base, start, end);
      let valueEnd = at;
      while (valueEnd > valueStart && (bytes[valueEnd - 1] === SP || bytes[valueEnd - 1] === HTAB))
        valueEnd--;
      at += 2;
      if (this.isOverLimit(at - base)) return FAULT;
      if (unusual && !this.admits(bytes, start, nameEnd)) {
        if (this.fault === 'aliased_protected') return FAULT;
        continue;
      }
      const number = numberOfBytes(bytes, start, nameEnd);
      list.appendParsed(
        number,
        start - base,
        nameEnd - base,
        valueStart - base,
        valueEnd - base,
        at - base,
      );
    }
  }

  /** Decides about a block that ends at `end` within a line: NEED_MORE or FAULT. */
  wait(bytes: Buffer, base: number, end: number): number {
    return this.incomplete(bytes, base, base + this.lineStart, end);
  }

  /** Whether a name with `_` or `.` is kept. Sets the fault when it imitates a protected name. */
  private admits(bytes: Buffer, start: number, nameEnd: number): boolean {
    const protectedNames = this.rules.protectedNames;
    if (protectedNames === undefined) return true;
    const name = latin1(bytes, start, nameEnd);
    if (isProtectedAlias(name, protectedNames)) {
      this.fault = 'aliased_protected';
      return false;
    }
    if (!name.includes('_')) return true;
    this.dropped++;
    return false;
  }

  /** Counts one more line that ends at this offset from the base. */
  private isOverLimit(lineEnd: number): boolean {
    if (lineEnd - this.blockStart + this.spentBytes > this.rules.maxHeaderBytes) {
      this.fault = 'header_block_too_large';
      return true;
    }
    if (++this.lines > this.rules.maxHeaderLines) {
      this.fault = 'too_many_header_lines';
      return true;
    }
    return false;
  }

  /**
   * Handles the line at `start`, which is not complete yet. It may be the empty line, which is not
   * counted.
   */
  private incomplete(bytes: Buffer, base: number, start: number, end: number): number {
    this.lineStart = start - base;
    if (end === start || (end === start + 1 && bytes[start] === CR)) return NEED_MORE;
    if (end - base - this.blockStart + this.spentBytes < this.rules.maxHeaderBytes)
      return NEED_MORE;
    this.fault = 'header_block_too_large';
    return FAULT;
  }

  /**
   * Handles the line at `start`, which is invalid or incomplete: finds its end, then checks its
   * size before its content.
   */
  private judge(bytes: Buffer, base: number, start: number, end: number): number {
    const lineFeed = bytes.indexOf(LF, start);
    if (lineFeed < 0 || lineFeed >= end) return this.incomplete(bytes, base, start, end);
    if (!this.isOverLimit(lineFeed + 1 - base))
      this.fault = faultOfFieldLine(bytes, start, lineFeed);
    return FAULT;
  }
}

/** Names the fault of an invalid field line that ends at `lineFeed`. */
function faultOfFieldLine(bytes: Buffer, start: number, lineFeed: number): Http1FaultCode {
  const lineFault = faultOfLine(bytes, start, lineFeed);
  if (lineFault !== undefined) return lineFault;
  if (bytes[start] === SP || bytes[start] === HTAB) return 'obs_fold';
  const colon = bytes.indexOf(COLON, start);
  if (colon < 0 || colon > lineFeed) return 'missing_colon';
  if (colon > start && (bytes[colon - 1] === SP || bytes[colon - 1] === HTAB))
    return 'space_before_colon';
  return 'invalid_field_name';
}

/** The fault of the bytes of any line that ends at `lineFeed`, apart from its grammar. */
export function faultOfLine(
  bytes: Buffer,
  start: number,
  lineFeed: number,
): Http1FaultCode | undefined {
  for (let at = start; at < lineFeed; at++) {
    const byte = bytes[at] as number;
    if (byte === CR && at !== lineFeed - 1) return 'bare_carriage_return';
    if (byte !== CR && FIELD_VALUE[byte] === 0) return 'control_character';
  }
  return lineFeed > start && bytes[lineFeed - 1] === CR ? undefined : 'bare_line_feed';
}
