/**
 * BlockReader: reads a start line and its field lines, or the field lines of trailers, from reads
 * of any size. A block that arrives in one read is parsed in place. Otherwise its bytes are
 * collected, and parsing continues at the first incomplete line. The text of the block is created
 * once, at the end.
 *
 * Invariant: between two blocks nothing is kept.
 */
import { LF } from './byte-classes.ts';
import type { Http1FaultCode } from './faults.ts';
import { FAULT, NEED_MORE } from './field-scanner.ts';
import type { FieldScanner } from './field-scanner.ts';
import type { HeaderList } from './header-list.ts';
import { HeldBytes } from './held-bytes.ts';
import { latin1 } from './latin1.ts';

/** Reads the first line of a head. The offsets that it keeps are relative to `base`. */
export interface StartLineReader {
  readonly fault: Http1FaultCode;
  /**
   * Decides about a line of which this many bytes have arrived, without its end: NEED_MORE or
   * FAULT.
   */
  wait(length: number): number;
  /** @returns the position after the line's CRLF, NEED_MORE or FAULT */
  read(bytes: Buffer, base: number, end: number): number;
}

export class BlockReader {
  /** Why `read` gave FAULT. */
  fault: Http1FaultCode = 'not_http';
  /** The text of the last complete block, including the empty line that ends it. */
  text = '';
  private readonly startLine: StartLineReader | undefined;
  private readonly scanner: FieldScanner;
  private readonly maxBytes: number;
  private readonly held = new HeldBytes();
  private inFields = false;

  /** @param maxBytes more than the limits allow for any valid block */
  constructor(startLine: StartLineReader | undefined, scanner: FieldScanner, maxBytes: number) {
    this.startLine = startLine;
    this.scanner = scanner;
    this.maxBytes = maxBytes;
  }

  /** Starts again after a block that was abandoned. */
  reset(): void {
    this.inFields = false;
    this.held.clear();
  }

  /**
   * Continues at `at`.
   *
   * @returns the position in `chunk` after the block, NEED_MORE (the rest of the chunk was
   * collected) or FAULT
   */
  read(list: HeaderList, chunk: Buffer, at: number): number {
    const before = this.held.length;
    if (before === 0) {
      const next = this.parse(list, chunk, at, chunk.length);
      if (next === NEED_MORE) this.held.append(chunk, at, this.maxBytes);
      return next;
    }
    this.held.append(chunk, at, this.maxBytes);
    const { bytes, length } = this.held;
    const next = this.hasLineFeed(before)
      ? this.parse(list, bytes, 0, length)
      : this.wait(bytes, length);
    if (next < 0) return next;
    this.held.clear();
    return at + next - before;
  }

  private parse(list: HeaderList, bytes: Buffer, base: number, end: number): number {
    if (!this.inFields) {
      list.reset();
      let fieldsStart = base;
      if (this.startLine !== undefined) {
        fieldsStart = this.startLine.read(bytes, base, end);
        if (fieldsStart < 0) return this.stop(fieldsStart, this.startLine.fault);
        this.scanner.startMessage(fieldsStart - base);
      } else {
        this.scanner.startBlock(0);
      }
      this.inFields = true;
    }
    const next = this.scanner.scan(list, bytes, base, end);
    if (next < 0) return this.stop(next, this.scanner.fault);
    this.inFields = false;
    this.text = latin1(bytes, base, next);
    list.attach(this.text);
    return next;
  }

  /**
   * A line without its end is not scanned again for each read: with one byte per read, that would
   * cost the square of its length.
   */
  private hasLineFeed(from: number): boolean {
    const lineFeed = this.held.bytes.indexOf(LF, from);
    return lineFeed >= 0 && lineFeed < this.held.length;
  }

  private wait(bytes: Buffer, length: number): number {
    if (this.inFields || this.startLine === undefined) {
      return this.stop(this.scanner.wait(bytes, 0, length), this.scanner.fault);
    }
    return this.stop(this.startLine.wait(length), this.startLine.fault);
  }

  private stop(outcome: number, fault: Http1FaultCode): number {
    if (outcome === FAULT) this.fault = fault;
    return outcome;
  }
}
