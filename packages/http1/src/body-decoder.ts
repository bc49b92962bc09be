/**
 * BodyDecoder: returns the body of one message as views of the reads in which it arrived.
 *
 * Invariants
 * - A body byte is never copied: `content` is the chunk that was read, or a view of it.
 * - Only the framing determines the end. Everything that is not the exact syntax of RFC 9112
 *   section 7.1 is a fault.
 * - Trailers are limited to what the head has left of its limits.
 */
import { BlockReader } from './block-reader.ts';
import { CR, HEX, LF, SEMICOLON } from './byte-classes.ts';
import { LINE_END, NAME_START, nextExtensionState, REFUSED } from './chunk-extension.ts';
import type { Http1FaultCode } from './faults.ts';
import { FAULT, NEED_MORE } from './field-scanner.ts';
import type { FieldScanner } from './field-scanner.ts';
import { isForbiddenTrailer } from './framing.ts';
import type { Framing } from './framing.ts';
import { HeaderList } from './header-list.ts';

type BodyEvent = 'needMore' | 'bodyChunk' | 'end' | 'fault';

const MAX_CHUNK_SIZE_DIGITS = 16;
/** A larger number multiplied by 16 may exceed the integers that a number represents exactly. */
const MAX_BEFORE_DIGIT = Math.floor(Number.MAX_SAFE_INTEGER / 16);

const END = 0;
const LENGTH = 1;
const UNTIL_CLOSE = 2;
const SIZE = 3;
const EXTENSION = 4;
const SIZE_LF = 5;
const DATA = 6;
const DATA_CR = 7;
const DATA_LF = 8;
const AFTER_LAST_CHUNK = 9;
const FINAL_LF = 10;
const TRAILERS = 11;

export interface BodyRules {
  readonly maxHeaderBytes: number;
  /**
   * Requests: names that must not occur in trailers, besides the built-in ones. Responses:
   * undefined.
   */
  readonly protectedNames: ReadonlySet<string> | undefined;
  readonly maxChunkExtensionBytes: number;
}

export class BodyDecoder {
  event: BodyEvent = 'end';
  /** The bytes of the last `bodyChunk`. */
  content: Buffer | undefined = undefined;
  fault: Http1FaultCode = 'not_http';
  /** The trailer fields, after the body has ended with some. */
  trailers: HeaderList | undefined = undefined;
  private readonly rules: BodyRules;
  private readonly scanner: FieldScanner;
  private trailerReader: BlockReader | undefined = undefined;
  private phase = END;
  private remaining = 0;
  private digits = 0;
  private extensionState = NAME_START;
  private extensionBytes = 0;

  constructor(rules: BodyRules, scanner: FieldScanner) {
    this.rules = rules;
    this.scanner = scanner;
  }

  /** Starts the body of a message. `contentLength` applies to the framing `length` only. */
  begin(framing: Framing, contentLength: number): void {
    this.content = undefined;
    this.trailers = undefined;
    if (framing === 'chunked') {
      this.extensionBytes = 0;
      this.startChunk();
    } else if (framing === 'close') {
      this.phase = UNTIL_CLOSE;
    } else {
      this.phase = framing === 'length' && contentLength > 0 ? LENGTH : END;
      this.remaining = contentLength;
    }
  }

  /** Whether the body is complete when the connection ends now. */
  get endsWithConnection(): boolean {
    return this.phase === UNTIL_CLOSE;
  }

  /** Reads from `at`, sets `event` and returns the position after the bytes that were used. */
  read(chunk: Buffer, at: number): number {
    let position = at;
    for (;;) {
      if (this.phase === END) return this.emit('end', position);
      if (position >= chunk.length) return this.emit('needMore', position);
      if (this.phase === LENGTH || this.phase === DATA || this.phase === UNTIL_CLOSE)
        return this.readContent(chunk, position);
      if (this.phase === TRAILERS) return this.readTrailers(chunk, position);
      if (!this.step(chunk[position] as number)) return this.emit('fault', position);
      if (this.phase !== TRAILERS) position++;
    }
  }

  private emit(event: BodyEvent, position: number): number {
    this.event = event;
    return position;
  }

  private readContent(chunk: Buffer, at: number): number {
    const available = chunk.length - at;
    const taken =
      this.phase === UNTIL_CLOSE || this.remaining > available ? available : this.remaining;
    this.content = taken === chunk.length ? chunk : chunk.subarray(at, at + taken);
    if (this.phase !== UNTIL_CLOSE) {
      this.remaining -= taken;
      if (this.remaining === 0) this.phase = this.phase === LENGTH ? END : DATA_CR;
    }
    return this.emit('bodyChunk', at + taken);
  }

  private startChunk(): void {
    this.phase = SIZE;
    this.remaining = 0;
    this.digits = 0;
  }

  /** Handles one byte of the chunk syntax. Returns false for a fault. */
  private step(byte: number): boolean {
    switch (this.phase) {
      case SIZE:
        return this.stepSize(byte);
      case EXTENSION:
        return this.stepExtension(byte);
      case SIZE_LF:
        if (byte !== LF) return this.refuse('invalid_chunk_terminator');
        this.phase = this.remaining > 0 ? DATA : AFTER_LAST_CHUNK;
        return true;
      case DATA_CR:
        this.phase = DATA_LF;
        return byte === CR || this.refuse('invalid_chunk_terminator');
      case DATA_LF:
        this.startChunk();
        return byte === LF || this.refuse('invalid_chunk_terminator');
      case AFTER_LAST_CHUNK:
        this.phase = byte === CR ? FINAL_LF : TRAILERS;
        return true;
      default:
        this.phase = END;
        return byte === LF || this.refuse('invalid_chunk_terminator');
    }
  }

  private stepSize(byte: number): boolean {
    const digit = HEX[byte] as number;
    if (digit < 16) {
      if (++this.digits > MAX_CHUNK_SIZE_DIGITS || this.remaining > MAX_BEFORE_DIGIT)
        return this.refuse('invalid_chunk_size');
      this.remaining = this.remaining * 16 + digit;
      return true;
    }
    if (this.digits === 0) return this.refuse('invalid_chunk_size');
    if (byte === CR) {
      this.phase = SIZE_LF;
      return true;
    }
    if (byte !== SEMICOLON) return this.refuse('invalid_chunk_size');
    this.phase = EXTENSION;
    this.extensionState = NAME_START;
    return this.countExtensionByte();
  }

  private stepExtension(byte: number): boolean {
    this.extensionState = nextExtensionState(this.extensionState, byte);
    if (this.extensionState === REFUSED) return this.refuse('invalid_chunk_extension');
    if (this.extensionState !== LINE_END) return this.countExtensionByte();
    this.phase = SIZE_LF;
    return true;
  }

  private countExtensionByte(): boolean {
    return (
      ++this.extensionBytes <= this.rules.maxChunkExtensionBytes ||
      this.refuse('chunk_extensions_too_large')
    );
  }

  private readTrailers(chunk: Buffer, at: number): number {
    this.trailerReader ??= new BlockReader(undefined, this.scanner, this.rules.maxHeaderBytes + 4);
    this.trailers ??= new HeaderList();
    const next = this.trailerReader.read(this.trailers, chunk, at);
    if (next === NEED_MORE) return this.emit('needMore', chunk.length);
    if (next === FAULT) this.refuse(this.trailerReader.fault);
    else if (isForbiddenTrailer(this.trailers, this.rules.protectedNames))
      this.refuse('forbidden_trailer');
    else {
      this.phase = END;
      return this.emit('end', next);
    }
    return this.emit('fault', at);
  }

  private refuse(fault: Http1FaultCode): false {
    this.fault = fault;
    return false;
  }
}
