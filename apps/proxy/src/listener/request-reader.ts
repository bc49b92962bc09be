import type { Http1Fault, RequestParser } from '@sluice/http1';
import type { Socket } from 'node:net';
import { RequestContent, type ContentOwner } from './request-content.ts';
import { toKeep } from '../net/shared-read-buffer.ts';

/** Who hears what the reader finds. */
export interface RequestEvents {
  readonly maxBodyBytes: number;
  /** The first bytes of a head are there, and not yet all of it. */
  headStarted(): void;
  /** A complete head; the parser holds it. The next one comes after `next`, in a later turn of the event loop. */
  headArrived(): void;
  /** What arrived instead of a head is not acceptable. */
  headRefused(fault: Http1Fault): void;
  /** Content is wanted from now on. */
  contentWanted(): void;
  /** What has arrived of the wanted content is handed over, and there is more to come. */
  contentAwaited(): void;
  /** All of the content that was to be discarded has arrived, or (false) it never will within the bounds. */
  discarded(whole: boolean): void;
  /** The client sends no more, and has sent nothing that was not answered. */
  ended(): void;
}

/** Reading a head, or waiting for one. */
const HEAD = 0;
/** Inside the content of the request under way. */
const CONTENT = 1;
/** The request under way is complete: what follows waits for `next`. */
const HOLD = 2;
/** The exchange is over, its request is not: the rest is thrown away. */
const DISCARD = 3;
/** Nothing is read any more. */
const STOPPED = 4;

const NOTHING = Buffer.alloc(0);

/**
 * The reading side of a connection: takes reads of any size and gives one request at a time.
 *
 * Invariants
 * - At most one read and what the socket buffers are held: while somebody else is to move, the socket is paused.
 * - Content goes no further than its source was asked for. Bytes behind a request are not looked at before `next`.
 * - Whatever it calls may call it back (`content.start` inside `headArrived`, `next` inside content): all state is in
 *   fields, and a request never begins inside the end of the previous one, so an exchange is settled before the next.
 */
export class RequestReader implements ContentOwner {
  readonly parser: RequestParser;
  /** The content of the request under way; undefined when it has none. */
  content: RequestContent | undefined = undefined;
  /** Bytes of the request under way, its head included. */
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

  /** The request under way has arrived whole. */
  get complete(): boolean {
    return this.state === HOLD;
  }

  /** As far as the request side goes, another request may follow on this connection. */
  get reusable(): boolean {
    return this.parser.keepAlive && !this.broken && (!this.peerEnded || this.hasUnread);
  }

  /** {@inheritDoc ContentOwner.unreadBytes} */
  get unreadBytes(): number {
    return this.buffer.length - this.at;
  }

  /** Bytes have arrived that nobody has looked at. */
  get hasUnread(): boolean {
    return this.at < this.buffer.length;
  }

  /** Whether the rest of the content is worth reading so that the connection can be kept. */
  canDiscard(maxBytes: number): boolean {
    const { content } = this;
    if (this.state !== CONTENT || content === undefined) return this.state === HOLD;
    // A client that waits for 100 (Continue) may send the content, or not: nobody can tell what its next bytes are.
    if (this.parser.expectContinue && content.received === 0 && !this.hasUnread) return false;
    return content.length < 0 || content.flowing || content.length - content.received <= maxBytes;
  }

  /** A read. */
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

  /** The client has sent all it will. */
  end(): void {
    this.peerEnded = true;
    this.read();
  }

  /**
   * Whether the request under way had arrived whole when its client ended its side, for a client that is not served then.
   * What is unread of its content is looked at for that and thrown away. Content that is not whole fails.
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

  /** The exchange is over and its request complete: on to the next one. */
  next(): void {
    this.state = HEAD;
    this.content = undefined;
    this.readLater();
  }

  /** The exchange is over, its request is not complete: reads the rest, up to so many bytes. */
  discard(maxBytes: number): void {
    this.content?.cancel();
    this.state = DISCARD;
    this.discardBudget = maxBytes;
    this.readLater();
  }

  /** Reads nothing more, and gives what has arrived and was not looked at. */
  stop(): Buffer {
    const rest = this.buffer.subarray(this.at);
    this.state = STOPPED;
    this.buffer = NOTHING;
    this.at = 0;
    return rest;
  }

  /** Nothing that the client sends now can be trusted or waited for: the connection will not be kept. */
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

  /** In a later turn of the event loop, so that whoever ended the last exchange can finish with it. */
  private readLater(): void {
    if (this.hasUnread || this.peerEnded) {
      if (this.scheduled) return;
      this.scheduled = true;
      setImmediate(continueReading, this);
    } else {
      this.release();
    }
  }

  /** For {@link readLater} only. */
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

  /** Everything read has been looked at: lets go of the buffer, and of the pause when more is wanted. */
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

  /** Goes on to the next event. False when there is nothing to do before something else happens. */
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
      this.content = new RequestContent(this, parser.framing === 'length' ? parser.contentLength : -1);
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

  /** All bytes are used up. When no more will come, that is the end, good or bad. */
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
