/**
 * ResponseParser: the responses of one upstream connection, each announced by `begin`. It is pulled
 * like the RequestParser and has one more state: `interim` for each 1xx response before the final
 * head.
 *
 * Invariants
 * - Bytes that arrive while no response is expected are a fault: they can only belong to another
 *   response.
 * - For each `begin` there is any number of `interim` up to the limit, then one `head`, then
 *   `bodyChunk`s, then `end`.
 * - `end` is reported only when the framing says so. A connection that ends earlier is the fault
 *   `truncated_response`, or `no_response` when no byte has arrived.
 * - After a head with `upgraded`, the following bytes are not HTTP: stop consuming at `end` and
 *   read the rest of the bytes.
 * - `headers` and `trailers` belong to the current response: the next head, including interim ones,
 *   overwrites them.
 */
import { BlockReader } from './block-reader.ts';
import { BodyDecoder } from './body-decoder.ts';
import { http1ResponseFaults } from './faults.ts';
import type { Http1Fault, Http1FaultCode } from './faults.ts';
import { UPGRADE } from './field-names.ts';
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
import { defaultResponseLimits } from './limits.ts';
import type { ResponseLimits } from './limits.ts';
import { StatusLineReader } from './status-line.ts';

export type ResponseState = 'needMore' | 'interim' | 'head' | 'bodyChunk' | 'end' | 'fault';

export interface ResponseParserOptions {
  readonly limits?: Partial<ResponseLimits>;
}

const IDLE = 0;
const AWAITED = 1;
const HEAD = 2;
const BODY = 3;
const FAILED = 4;

const FIRST_BYTE = 0x48;

export class ResponseParser {
  state: ResponseState = 'needMore';
  /** Why the state is `fault`. */
  fault: Http1Fault | undefined = undefined;

  status = 0;
  versionMinor = 1;
  readonly headers = new HeaderList();
  /** Bytes of the status line and the header block. */
  headBytes = 0;
  framing: Framing = 'none';
  /**
   * The announced length, also of a body that is not sent (HEAD, 304); undefined when none is
   * announced.
   */
  contentLength: number | undefined = undefined;
  /** Whether the connection may carry another request after `end`. */
  keepAlive = true;
  /**
   * Whether the connection is no longer HTTP after this head: 101 after a requested upgrade, or 2xx
   * to CONNECT.
   */
  upgraded = false;
  /** The bytes of a `bodyChunk`: a view of the given chunk, valid as long as that. */
  body: Buffer | undefined = undefined;
  /** The trailer fields, after `end`, if there were any. */
  trailers: HeaderList | undefined = undefined;

  private phase = IDLE;
  private method = '';
  private upgradeAsked = false;
  private bytesSeen = false;
  private interimResponses = 0;
  private readonly maxInterimResponses: number;
  private readonly line: StatusLineReader;
  private readonly reader: BlockReader;
  private readonly decoder: BodyDecoder;

  constructor(options: ResponseParserOptions = {}) {
    const limits = { ...defaultResponseLimits, ...options.limits };
    this.maxInterimResponses = limits.maxInterimResponses;
    this.line = new StatusLineReader(limits.maxStatusLineBytes);
    const rules = { ...limits, protectedNames: undefined };
    const scanner = new FieldScanner(rules);
    this.reader = new BlockReader(
      this.line,
      scanner,
      limits.maxStatusLineBytes + limits.maxHeaderBytes + 8,
    );
    this.decoder = new BodyDecoder(rules, scanner);
  }

  /** The reason phrase of the last head as received, one character per byte. */
  get reason(): string {
    return this.reader.text.slice(this.line.reasonStart, this.line.reasonEnd);
  }

  /** Whether any byte of the expected response has arrived. */
  get started(): boolean {
    return this.bytesSeen;
  }

  /**
   * Announces that a request was sent and its response is expected. Call it only before the first
   * response and after `end`.
   *
   * @param upgradeAsked the request asked for an upgrade to websocket, so 101 is a possible
   * response
   */
  begin(method: string, upgradeAsked: boolean): void {
    this.method = method;
    this.upgradeAsked = upgradeAsked;
    this.bytesSeen = false;
    this.interimResponses = 0;
    if (this.phase === FAILED) return;
    this.phase = AWAITED;
    this.state = 'needMore';
  }

  /**
   * Reads `chunk` from `at` to the next event.
   *
   * @returns the position at which to continue
   */
  consume(chunk: Buffer, at: number): number {
    if (this.phase === BODY) return this.readBody(chunk, at);
    if (this.phase === FAILED) return at;
    if (at >= chunk.length) {
      this.state = 'needMore';
      return at;
    }
    this.bytesSeen = true;
    if (this.phase === IDLE) return this.refuse('unexpected_response_bytes', at);
    if (this.phase === AWAITED && chunk[at] !== FIRST_BYTE) return this.refuse('not_http', at);
    this.phase = HEAD;
    return this.readHead(chunk, at);
  }

  /**
   * Tells the parser that the upstream sends nothing more: the regular end of a body framed by
   * `close`, otherwise a fault.
   */
  eof(): void {
    if (this.phase === FAILED) return;
    if (this.phase === IDLE) {
      this.state = 'needMore';
    } else if (this.phase === BODY && this.decoder.endsWithConnection) {
      this.body = undefined;
      this.phase = IDLE;
      this.state = 'end';
    } else {
      this.fail(this.bytesSeen ? 'truncated_response' : 'no_response');
    }
  }

  private readHead(chunk: Buffer, at: number): number {
    const next = this.reader.read(this.headers, chunk, at);
    if (next === NEED_MORE) {
      this.state = 'needMore';
      return chunk.length;
    }
    const fault = next === FAULT ? this.reader.fault : this.settle();
    if (fault !== undefined) return this.refuse(fault, at);
    this.body = undefined;
    this.trailers = undefined;
    if (this.status < 200 && !this.upgraded) {
      this.phase = AWAITED;
      this.state = 'interim';
    } else {
      this.decoder.begin(this.framing, this.contentLength ?? 0);
      this.phase = BODY;
      this.state = 'head';
    }
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
      this.phase = IDLE;
    }
    return next;
  }

  /**
   * Reads what the proxy needs from the complete head, or finds the fault of the head as a whole.
   */
  private settle(): Http1FaultCode | undefined {
    const { line } = this;
    const { text } = this.reader;
    this.status = line.status;
    this.versionMinor = line.versionMinor;
    this.headBytes = text.length;
    this.upgraded = false;
    if (line.status < 100 || line.status > 599) return 'invalid_status';
    const declared = declaredLength(this.headers, line.versionMinor);
    if (typeof declared === 'string') return declared;
    this.contentLength = declared >= 0 ? declared : undefined;
    const options = connectionOptions(this.headers);
    const fault =
      line.status < 200 ? this.settleInterim(declared, options) : this.settleFinal(declared);
    this.keepAlive =
      persists(options, line.versionMinor) && this.framing !== 'close' && !this.upgraded;
    return fault;
  }

  private settleInterim(declared: number, options: number): Http1FaultCode | undefined {
    this.framing = 'none';
    if (declared > 0 || declared === CHUNKED) return 'body_forbidden';
    if (!persists(options, this.versionMinor)) return 'closing_interim_response';
    if (this.status === 101) {
      const names = this.headers.getKnown(UPGRADE)?.toLowerCase();
      this.upgraded =
        this.upgradeAsked && names === 'websocket' && (options & OPTION_UPGRADE) !== 0;
      return this.upgraded ? undefined : 'unasked_upgrade';
    }
    return ++this.interimResponses > this.maxInterimResponses
      ? 'too_many_interim_responses'
      : undefined;
  }

  private settleFinal(declared: number): Http1FaultCode | undefined {
    if (this.method === 'CONNECT' && this.status < 300) {
      this.upgraded = true;
      this.framing = 'none';
    } else if (this.status === 204) {
      this.framing = 'none';
      if (declared > 0 || declared === CHUNKED) return 'body_forbidden';
    } else if (this.status === 304 || this.method === 'HEAD') {
      this.framing = 'none';
    } else {
      this.framing =
        declared === CHUNKED ? 'chunked' : declared === UNDECLARED ? 'close' : 'length';
    }
    return undefined;
  }

  private refuse(code: Http1FaultCode, at: number): number {
    this.fail(code);
    return at;
  }

  private fail(code: Http1FaultCode): void {
    this.fault = http1ResponseFaults[code];
    this.state = 'fault';
    this.phase = FAILED;
  }
}
