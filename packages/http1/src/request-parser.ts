/**
 * RequestParser: the requests of one connection, in order, from reads of any size. The caller
 * pulls:
 *
 *     let at = 0;
 *     do {
 *       at = parser.consume(chunk, at);
 *       // act on parser.state: 'head', 'bodyChunk', 'end', 'fault'
 *     } while (parser.state !== 'needMore' && parser.state !== 'fault');
 *
 * Invariants
 * - For each request there is one `head`, then any number of `bodyChunk`, then `end`. `needMore`
 *   means that the chunk is used up; a `fault` is final.
 * - The events and their content do not depend on how the bytes were divided into reads, except for
 *   body chunks.
 * - Bytes after a message are not read before the next `consume`. A listener that stops at `end`
 *   keeps pipelined bytes, or those of an upgraded connection.
 * - `headers` and `trailers` belong to the current message: the next `head` overwrites them.
 * - After the `end` of a message that closes the connection, further bytes are discarded unread.
 * - At most one empty line before a request line is skipped (RFC 9112 section 2.2); a second one is
 *   a fault.
 */
import { BlockReader } from './block-reader.ts';
import { BodyDecoder } from './body-decoder.ts';
import { CR, LF, TOKEN } from './byte-classes.ts';
import { http1Faults, isHttp1Fault } from './faults.ts';
import type { Http1Fault, Http1FaultCode } from './faults.ts';
import { AUTHORIZATION, EXPECT, HOST, UPGRADE } from './field-names.ts';
import { FAULT, FieldScanner, NEED_MORE } from './field-scanner.ts';
import {
  CHUNKED,
  connectionOptions,
  declaredLength,
  OPTION_UPGRADE,
  persists,
  UNDECLARED,
} from './framing.ts';
import type { Framing } from './framing.ts';
import { HeaderList } from './header-list.ts';
import { HostReader } from './host-reader.ts';
import { defaultRequestLimits } from './limits.ts';
import type { RequestLimits } from './limits.ts';
import { RequestLineReader } from './request-line.ts';
import { formOfTarget } from './target-form.ts';
import type { TargetForm } from './target-form.ts';
import { normalizeTarget } from './target.ts';
import type { NormalizedTarget, NormalizeTargetOptions } from './target.ts';

export type RequestState = 'needMore' | 'head' | 'bodyChunk' | 'end' | 'fault';

/** The result of reading a target. */
type TargetHolder = {
  -readonly [Part in 'path' | 'query' | 'hasQuery' | 'hasEncodedSlash']: NormalizedTarget[Part];
};

export interface RequestParserOptions {
  readonly limits?: Partial<RequestLimits>;
  /** Lower-case names whose spellings with `_` or `.` are refused, besides the built-in ones. */
  readonly protectedNames?: ReadonlySet<string>;
}

const BETWEEN = 0;
const AFTER_CR = 1;
const AFTER_BLANK_LINE = 2;
const HEAD = 3;
const BODY = 4;
const CLOSED = 5;
const FAILED = 6;

const NO_NAMES: ReadonlySet<string> = new Set();

export class RequestParser {
  state: RequestState = 'needMore';
  /** Why the state is `fault`. */
  fault: Http1Fault | undefined = undefined;

  method = '';
  /** The request target exactly as received, one character per byte. */
  target = '';
  targetForm: TargetForm = 'origin';
  versionMinor = 1;
  readonly headers = new HeaderList();
  /** Bytes of the request line and the header block. */
  headBytes = 0;
  /** The number of header fields that were dropped because of a `_` in their names. */
  droppedFields = 0;
  framing: Exclude<Framing, 'close'> = 'none';
  /** The announced length of the body; 0 unless the framing is `length`. */
  contentLength = 0;
  /** Whether the client wants the connection to stay open after the response. */
  keepAlive = true;
  /** Whether the client waits for `100 Continue` before it sends the body. */
  expectContinue = false;
  /**
   * The requested upgrade. Upgrades other than websocket, and upgrades with a body, are ignored.
   */
  upgrade: 'websocket' | undefined = undefined;
  /**
   * The host of the request: normalised, without port. Empty when a request of HTTP/1.0 names none.
   */
  host = '';
  port: number | undefined = undefined;
  /** Host and port as they are forwarded. */
  authority = '';
  /** The bytes of a `bodyChunk`: a view of the given chunk, valid as long as that. */
  body: Buffer | undefined = undefined;
  /** The trailer fields, after `end`, if there were any. */
  trailers: HeaderList | undefined = undefined;

  private phase = BETWEEN;
  private readonly line: RequestLineReader;
  private readonly scanner: FieldScanner;
  private readonly reader: BlockReader;
  private readonly decoder: BodyDecoder;
  private readonly hostReader = new HostReader();

  constructor(options: RequestParserOptions = {}) {
    const limits = { ...defaultRequestLimits, ...options.limits };
    this.line = new RequestLineReader(limits.maxRequestLineBytes);
    const rules = { ...limits, protectedNames: options.protectedNames ?? NO_NAMES };
    this.scanner = new FieldScanner(rules);
    this.reader = new BlockReader(
      this.line,
      this.scanner,
      limits.maxRequestLineBytes + limits.maxHeaderBytes + 8,
    );
    this.decoder = new BodyDecoder(rules, this.scanner);
  }

  /**
   * Returns the target in the normal form that the whole gateway uses (target.ts).
   *
   * @param into receives the result; unchanged when there is a fault
   * @returns the fault of the target
   */
  readTarget(into: TargetHolder, options?: NormalizeTargetOptions): Http1Fault | undefined {
    const { line, target } = this;
    if (line.isNormal) {
      const question = line.queryAt - line.methodEnd - 1;
      into.path = line.queryAt < 0 ? target : target.slice(0, question);
      into.query = line.queryAt < 0 ? '' : target.slice(question + 1);
      into.hasQuery = line.queryAt >= 0;
      into.hasEncodedSlash = false;
      return undefined;
    }
    const normalized = normalizeTarget(target, options);
    if (isHttp1Fault(normalized)) return normalized;
    into.path = normalized.path;
    into.query = normalized.query;
    into.hasQuery = normalized.hasQuery;
    into.hasEncodedSlash = normalized.hasEncodedSlash;
    return undefined;
  }

  /**
   * Whether no byte of another request has arrived, apart from an empty line: the connection may be
   * closed without losing a request.
   */
  get idle(): boolean {
    return this.phase !== HEAD && this.phase !== BODY && this.phase !== FAILED;
  }

  /**
   * Reads `chunk` from `at` to the next event.
   *
   * @returns the position at which to continue
   */
  consume(chunk: Buffer, at: number): number {
    switch (this.phase) {
      case HEAD:
        return this.readHead(chunk, at);
      case BODY:
        return this.readBody(chunk, at);
      case CLOSED:
        this.state = 'needMore';
        return chunk.length;
      case FAILED:
        return at;
      default:
        return this.readStart(chunk, at);
    }
  }

  /**
   * Forgets the current request and any fault: the next byte is the first one of a connection.
   * Nothing is kept.
   */
  restart(): void {
    this.reader.reset();
    this.phase = BETWEEN;
    this.state = 'needMore';
    this.fault = undefined;
  }

  /** Tells the parser that the client sends nothing more. Within a request this is a fault. */
  eof(): void {
    if (this.phase === FAILED) return;
    if (this.idle) this.state = 'needMore';
    else this.fail('truncated_request');
  }

  private readStart(chunk: Buffer, at: number): number {
    for (let position = at; position < chunk.length; position++) {
      const byte = chunk[position] as number;
      if (this.phase === AFTER_CR) {
        if (byte !== LF) return this.refuse('bare_carriage_return', position);
        this.phase = AFTER_BLANK_LINE;
      } else if (byte === CR && this.phase === BETWEEN) {
        this.phase = AFTER_CR;
      } else if (TOKEN[byte] === 0) {
        return this.refuse(byte === CR ? 'blank_line_before_start' : 'not_http', position);
      } else {
        this.phase = HEAD;
        // A fault in the head must not be logged with the name of the previous request.
        this.method = this.target = this.host = '';
        return this.readHead(chunk, position);
      }
    }
    this.state = 'needMore';
    return chunk.length;
  }

  private readHead(chunk: Buffer, at: number): number {
    const next = this.reader.read(this.headers, chunk, at);
    if (next === NEED_MORE) {
      this.state = 'needMore';
      return chunk.length;
    }
    if (next === FAULT) return this.refuse(this.reader.fault, at);
    const fault = this.settle();
    if (fault !== undefined) return this.refuse(fault, at);
    this.decoder.begin(this.framing, this.contentLength);
    this.body = undefined;
    this.trailers = undefined;
    this.phase = BODY;
    this.state = 'head';
    return next;
  }

  private readBody(chunk: Buffer, at: number): number {
    const next = this.decoder.read(chunk, at);
    this.state = this.decoder.event;
    if (this.state === 'fault') return this.refuse(this.decoder.fault, at);
    if (this.state === 'bodyChunk') {
      this.body = this.decoder.content;
    } else if (this.state === 'end') {
      this.body = undefined;
      this.trailers = this.decoder.trailers;
      this.phase = this.keepAlive ? BETWEEN : CLOSED;
    }
    return next;
  }

  /**
   * Reads what the listener needs from the complete head, or finds the fault of the head as a
   * whole.
   */
  private settle(): Http1FaultCode | undefined {
    const { line, headers } = this;
    const { text } = this.reader;
    this.method = line.method === '' ? text.slice(0, line.methodEnd) : line.method;
    this.target = text.slice(line.methodEnd + 1, line.targetEnd);
    this.versionMinor = line.versionMinor;
    this.headBytes = text.length;
    this.droppedFields = this.scanner.dropped;
    return (
      this.settleFraming() ??
      this.settleHost() ??
      this.settleExpectation() ??
      this.settleConnection(headers)
    );
  }

  private settleFraming(): Http1FaultCode | undefined {
    const declared = declaredLength(this.headers, this.versionMinor);
    if (typeof declared === 'string') return declared;
    this.framing = declared === CHUNKED ? 'chunked' : declared === UNDECLARED ? 'none' : 'length';
    this.contentLength = declared < 0 ? 0 : declared;
    return undefined;
  }

  private settleHost(): Http1FaultCode | undefined {
    const form = formOfTarget(this.method, this.target);
    if (form === undefined) return 'invalid_target_form';
    this.targetForm = form;
    const value = this.headers.getKnown(HOST);
    if (value === undefined && this.versionMinor === 1) return 'missing_host';
    if (this.headers.repeats(HOST)) return 'repeated_host';
    const reader = this.hostReader;
    const fault =
      value === undefined
        ? reader.readTarget(form, this.target)
        : reader.read(value, form, this.target);
    if (fault !== undefined) return fault;
    this.host = this.hostReader.host;
    this.port = this.hostReader.port;
    this.authority = this.hostReader.authority;
    return undefined;
  }

  private settleExpectation(): Http1FaultCode | undefined {
    this.expectContinue = false;
    const value = this.headers.getKnown(EXPECT);
    if (value === undefined) return undefined;
    if (value.toLowerCase() !== '100-continue' || this.headers.repeats(EXPECT))
      return 'unmet_expectation';
    // RFC 9110 section 10.1.1: the expectation of an HTTP/1.0 client is ignored. Without a body
    // there is nothing to wait for.
    this.expectContinue =
      this.versionMinor === 1 && (this.framing === 'chunked' || this.contentLength > 0);
    return undefined;
  }

  private settleConnection(headers: HeaderList): Http1FaultCode | undefined {
    if (headers.repeats(AUTHORIZATION)) return 'repeated_authorization';
    const options = connectionOptions(headers);
    this.keepAlive = persists(options, this.versionMinor);
    const asksUpgrade =
      (options & OPTION_UPGRADE) !== 0 && this.method === 'GET' && this.versionMinor === 1;
    const isWebsocket =
      asksUpgrade &&
      this.framing === 'none' &&
      headers.getKnown(UPGRADE)?.toLowerCase() === 'websocket' &&
      !headers.repeats(UPGRADE);
    this.upgrade = isWebsocket ? 'websocket' : undefined;
    return undefined;
  }

  private refuse(code: Http1FaultCode, at: number): number {
    this.fail(code);
    return at;
  }

  private fail(code: Http1FaultCode): void {
    this.fault = http1Faults[code];
    this.state = 'fault';
    this.phase = FAILED;
  }
}
