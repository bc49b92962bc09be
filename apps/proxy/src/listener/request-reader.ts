import type { Http1Fault, RequestParser } from '@sluice/http1';
import type { Socket } from 'node:net';
import { RequestContent, type ContentOwner } from './request-content.ts';
import { toKeep } from '../net/shared-read-buffer.ts';

/** Receives the events of a reader. */
export interface RequestEvents {
  readonly maxBodyBytes: number;
  /** The first bytes of a head have arrived. */
  headStarted(): void;
  /**
   * The parser has a complete head. The next head follows after `next`, in a later turn of the
   * event loop.
   */
  headArrived(): void;
  /** The head is malformed or exceeds a limit. */
  headRefused(fault: Http1Fault): void;
  /** The exchange has started to read the content. */
  contentWanted(): void;
  /** All received content was delivered, and the reader waits for more. */
  contentAwaited(): void;
  /** The rest of the content was discarded (true), or it was too long or cut off (false). */
  discarded(whole: boolean): void;
  /** The client has ended its side, and no request is left to serve. */
  ended(): void;
}

/** A head is being read or awaited. */
const HEAD = 0;
/** The content of the current request is being read. */
const CONTENT = 1;
/** The current request is complete; bytes after it wait for `next`. */
const HOLD = 2;
/** The exchange has ended before its request; the rest of the request is discarded. */
const DISCARD = 3;
/** The reader has stopped. */
const STOPPED = 4;

const NOTHING = Buffer.alloc(0);

/**
 * Reads the requests of a connection from reads of any size, one request at a time.
 *
 * Invariants
 * - It holds at most one read besides the socket's own buffer: it pauses the socket while it waits
 *   for the exchange.
 * - It delivers content only on demand. It does not parse bytes after a request before `next`.
 * - Its callbacks may call it (`content.start` inside `headArrived`, `next` inside content). All
 *   state is in fields, and a request never begins inside the end of the previous one, so that each
 *   exchange has ended before the next begins.
 */
export class RequestReader implements ContentOwner {
  readonly parser: RequestParser;
  /** The content of the current request; undefined when it has none. */
  content: RequestContent | undefined = undefined;
  /** Bytes of the current request, including its head. */
  bytesReceived = 0;
  /** The client has ended its side of the connection. */
  peerEnded = false;
  private readonly socket: Socket;
  private readonly events: RequestEvents;
  private state = HEAD;
  private buffer: Buffer = NOTHING;
  private at = 0;
  private reading = false;
  private paused = false;
  private scheduled = false;
  private broken = false;
  private discardBudget = 0;

  constructor(socket: Socket, parser: RequestParser, events: RequestEvents) {
    this.socket = socket;
    this.parser = parser;
    this.events = events;
  }

  get maxBodyBytes(): number {
    return this.events.maxBodyBytes;
  }

  /** Whether the current request has arrived completely. */
  get complete(): boolean {
    return this.state === HOLD;
  }

  /** Whether the request side permits another request on this connection. */
  get reusable(): boolean {
    return this.parser.keepAlive && !this.broken && (!this.peerEnded || this.hasUnread);
  }

  /** {@inheritDoc ContentOwner.unreadBytes} */
  get unreadBytes(): number {
    return this.buffer.length - this.at;
  }

  /** Whether received bytes are not parsed yet. */
  get hasUnread(): boolean {
    return this.at < this.buffer.length;
  }

  /**
   * Whether the rest of the content is short enough to discard, so that the connection can be kept.
   */
  canDiscard(maxBytes: number): boolean {
    const { content } = this;
    if (this.state !== CONTENT || content === undefined) return this.state === HOLD;
    // A client that waits for 100 (Continue) may or may not send the content, so its next bytes are
    // ambiguous.
    if (this.parser.expectContinue && content.received === 0 && !this.hasUnread) return false;
    return content.length < 0 || content.flowing || content.length - content.received <= maxBytes;
  }

  /** Takes the bytes of one read. */
  take(chunk: Buffer): void {
    if (this.state === STOPPED) return;
    if (this.hasUnread) {
      this.buffer = Buffer.concat([this.buffer.subarray(this.at), chunk]);
      this.at = 0;
      this.pause();
      return;
    }
    this.buffer = chunk;
    this.at = 0;
    this.read();
    if (this.hasUnread) {
      this.buffer = toKeep(this.buffer.subarray(this.at));
      this.at = 0;
    }
  }

  /** Handles the end of the client's side of the connection. */
  end(): void {
    this.peerEnded = true;
    this.read();
  }

  /**
   * Whether the current request was complete when its client ended its side. Used when such clients
   * are not served: parses and discards the unread content to find out. Incomplete content fails.
   */
  endedWhole(): boolean {
    if (this.broken) return false;
    let state: RequestParser['state'] = 'bodyChunk';
    while (this.state === CONTENT && state === 'bodyChunk') state = this.consume();
    if (state === 'end') this.state = HOLD;
    if (this.state !== CONTENT) return true;
    if (state === 'needMore') this.parser.eof();
    return this.breakContent(this.parser.fault as Http1Fault);
  }

  /** Continues with the next request, after an exchange with a complete request has ended. */
  next(): void {
    this.state = HEAD;
    this.content = undefined;
    this.readLater();
  }

  /** Reads and discards the rest of a request whose exchange has ended, up to this many bytes. */
  discard(maxBytes: number): void {
    this.content?.cancel();
    this.state = DISCARD;
    this.discardBudget = maxBytes;
    this.readLater();
  }

  /** Stops reading. Returns the bytes that were not parsed. */
  stop(): Buffer {
    const rest = this.buffer.subarray(this.at);
    this.state = STOPPED;
    this.buffer = NOTHING;
    this.at = 0;
    return rest;
  }

  /**
   * Marks the connection as not reusable, because the following bytes cannot be parsed or awaited.
   */
  giveUp(): void {
    this.broken = true;
  }

  contentStarted(): void {
    this.events.contentWanted();
    this.contentResumed();
    if (this.state === CONTENT) this.events.contentAwaited();
  }

  contentResumed(): void {
    if (this.reading) while (this.state === CONTENT && this.step());
    else this.read();
  }

  contentPaused(): void {
    this.pause();
  }

  /**
   * Reads in a later turn of the event loop, after the caller that ended the last exchange has
   * returned.
   */
  private readLater(): void {
    if (this.hasUnread || this.peerEnded) {
      if (this.scheduled) return;
      this.scheduled = true;
      setImmediate(continueReading, this);
    } else {
      this.release();
    }
  }

  /** Called by {@link readLater} only. */
  continue(): void {
    this.scheduled = false;
    this.read();
  }

  private read(): void {
    if (this.reading || this.scheduled) return;
    this.reading = true;
    while (this.step());
    this.reading = false;
    if (!this.hasUnread) this.release();
  }

  /**
   * Releases the buffer after everything was parsed, and resumes the socket when more bytes are
   * needed.
   */
  private release(): void {
    this.buffer = NOTHING;
    this.at = 0;
    if (!this.paused || (this.state === CONTENT && this.content?.flowing !== true)) return;
    this.paused = false;
    this.socket.resume();
  }

  private pause(): void {
    if (this.paused) return;
    this.paused = true;
    this.socket.pause();
  }

  /**
   * Handles the next event in the bytes. Returns false when it needs more bytes or another event
   * first.
   */
  private step(): boolean {
    switch (this.state) {
      case HEAD:
        return this.readHead();
      case CONTENT:
        return this.content?.flowing === true && this.readContent();
      case DISCARD:
        return this.readContent();
      default:
        return false;
    }
  }

  private consume(): RequestParser['state'] {
    const from = this.at;
    this.at = this.parser.consume(this.buffer, from);
    this.bytesReceived += this.at - from;
    return this.parser.state;
  }

  private readHead(): boolean {
    if (!this.hasUnread) return this.endOfBytes();
    const { parser } = this;
    const first = parser.idle;
    if (first) this.bytesReceived = 0;
    const state = this.consume();
    if (state === 'head') return this.openRequest();
    if (state === 'fault') {
      this.events.headRefused(parser.fault as Http1Fault);
      return false;
    }
    if (first && !parser.idle) this.events.headStarted();
    return this.endOfBytes();
  }

  private openRequest(): boolean {
    const { parser } = this;
    if (parser.framing === 'none' || (parser.framing === 'length' && parser.contentLength === 0)) {
      this.consume();
      this.state = HOLD;
    } else {
      this.content = new RequestContent(
        this,
        parser.framing === 'length' ? parser.contentLength : -1,
      );
      this.state = CONTENT;
    }
    this.events.headArrived();
    return this.state === CONTENT;
  }

  private readContent(): boolean {
    const state = this.consume();
    switch (state) {
      case 'bodyChunk':
        return this.takeContent(this.parser.body as Buffer);
      case 'end':
        if (this.state === DISCARD) {
          this.events.discarded(true);
        } else {
          this.state = HOLD;
          this.content?.complete(this.parser.trailers);
        }
        return false;
      case 'fault':
        return this.breakContent(this.parser.fault as Http1Fault);
      default:
        return this.endOfBytes();
    }
  }

  private takeContent(chunk: Buffer): boolean {
    if (this.state === CONTENT) {
      this.content?.deliver(chunk);
    } else if ((this.discardBudget -= chunk.length) < 0) {
      this.events.discarded(false);
    }
    return this.state === CONTENT || this.state === DISCARD;
  }

  /**
   * Called when all bytes are parsed. When the client has ended its side, ends the request or fails
   * it.
   */
  private endOfBytes(): boolean {
    if (!this.peerEnded || this.broken) return false;
    if (this.state === HEAD && this.parser.idle) {
      this.events.ended();
      return false;
    }
    this.parser.eof();
    const fault = this.parser.fault as Http1Fault;
    if (this.state !== HEAD) return this.breakContent(fault);
    this.broken = true;
    this.events.headRefused(fault);
    return false;
  }

  private breakContent(fault: Http1Fault): boolean {
    this.broken = true;
    if (this.state === DISCARD) this.events.discarded(false);
    else this.content?.fail(fault.error, fault.reason);
    return false;
  }
}

function continueReading(reader: RequestReader): void {
  reader.continue();
}
