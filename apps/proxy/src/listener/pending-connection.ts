import type { RequestParser } from '@sluice/http1';
import type { ClientConnection, ConnectionOwner } from './client-connection.ts';
import { readHandle, type ConnectionHandle, type HandleReader } from './connection-handle.ts';
import { MAX_HELD_BYTES, viewBehind } from '../net/shared-read-buffer.ts';
import { Timer, type TimerOwner } from '../net/timer-wheel.ts';

/** What an HTTP/2 client with prior knowledge sends first: RFC 9113 section 3.4. No HTTP/1.1 request begins like this. */
const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
const END_OF_HEAD = Buffer.from('\r\n\r\n');

/** What a pending needs of the listener that accepted it. */
export interface PendingConnectionOwner extends ConnectionOwner {
  /** Judges what pendingConnections have sent so far; between two of them it holds nothing. */
  readonly scout: RequestParser;
  /** It is clear what is spoken. @param seen all that was read; valid until the owner returns */
  arrived(pending: PendingConnection, isHttp2: boolean, seen: Buffer): void;
  /** The head of the first request was begun, and not finished in time. */
  tookTooLong(pending: PendingConnection): void;
  /** The connection is closed. */
  left(pending: PendingConnection): void;
}

/**
 * A plain connection of which no request has come yet. It costs as little as can be, because those who open thousands of
 * connections and never finish a head stay pendingConnections: there is no socket of node:net, no parser of its own, and of what was
 * read only the text is held.
 *
 * It becomes a connection of HTTP/1.1 or HTTP/2 once its bytes are a whole head, or are no beginning of one, or are many.
 *
 * Invariants
 * - No more than MAX_HELD_BYTES are held.
 * - What is not a beginning of a request is known at once, as on any connection: every read is looked at with all before it.
 */
export class PendingConnection implements ClientConnection, HandleReader, TimerOwner {
  readonly handle: ConnectionHandle;
  readonly peerAddress: string;
  /** What its address counts as, see `addressKey`. */
  readonly addressKey: string;
  /** When it came; once it has sent something, when that began. Wheel time. */
  sinceMs: number;
  private readonly owner: PendingConnectionOwner;
  private readonly timer: Timer;
  private held = '';
  private bytesRead = 0;

  constructor(owner: PendingConnectionOwner, handle: ConnectionHandle, peerAddress: string, addressKey: string) {
    this.owner = owner;
    this.handle = handle;
    this.peerAddress = peerAddress;
    this.addressKey = addressKey;
    this.sinceMs = owner.wheel.nowMs;
    this.timer = new Timer(this);
  }

  /** Begins to read. */
  begin(): void {
    const { owner, handle, timer } = this;
    owner.wheel.set(timer, owner.options.headerTimeoutMs);
    if (!readHandle(handle, this)) this.leave();
  }

  /** One that has just come will have a request on its way; who is in the middle of one may finish it. */
  drain(): void {
    const { wheel, options } = this.owner;
    if (!this.hasBegun) wheel.set(this.timer, Math.max(this.sinceMs + options.drainIdleMs - wheel.nowMs, 0));
  }

  destroyNow(): void {
    this.leave();
  }

  /** For the handle. */
  read(): void {
    const length = this.handle.bytesRead - this.bytesRead;
    if (length === 0) return this.ended();
    this.bytesRead += length;
    if (!this.hasBegun) this.beginHead();
    const seen = viewBehind(this.held, length);
    if (isBeginningOfPreface(seen)) {
      if (seen.length >= PREFACE.length) return this.arrive(true, seen);
    } else if (seen.length > MAX_HELD_BYTES || seen.includes(END_OF_HEAD) || !this.mayBecomeHead(seen)) {
      return this.arrive(false, seen);
    }
    this.held = seen.toString('latin1');
  }

  /** For the handle. */
  failed(): void {
    this.leave();
  }

  /** For the timer. */
  expired(): void {
    if (this.hasBegun) this.owner.tookTooLong(this);
    else this.leave();
  }

  /** Whether a byte of a request has come. An empty line before it is none (RFC 9112 section 2.2). */
  private get hasBegun(): boolean {
    return this.held !== '' && this.held !== '\r' && this.held !== '\r\n';
  }

  private beginHead(): void {
    const { wheel, options } = this.owner;
    this.sinceMs = wheel.nowMs;
    wheel.set(this.timer, options.headerTimeoutMs);
  }

  private mayBecomeHead(seen: Buffer): boolean {
    const { scout } = this.owner;
    scout.consume(seen, 0);
    const mayBe = scout.state === 'needMore';
    scout.restart();
    return mayBe;
  }

  private arrive(isHttp2: boolean, seen: Buffer): void {
    this.owner.wheel.clear(this.timer);
    this.owner.arrived(this, isHttp2, seen);
  }

  /** The client sends no more, or is gone. Who has sent a part of a head and waits is told what is wrong with it. */
  private ended(): void {
    const { handle, held } = this;
    if (held === '' || handle.getpeername({}) !== 0) return this.leave();
    // The end is read again by whoever takes over.
    handle.reading = false;
    this.arrive(false, viewBehind(held, 0));
  }

  private leave(): void {
    this.owner.wheel.clear(this.timer);
    this.handle.taker = undefined;
    this.handle.close();
    this.owner.left(this);
  }
}

function isBeginningOfPreface(seen: Buffer): boolean {
  const length = Math.min(seen.length, PREFACE.length);
  return seen[0] === PREFACE[0] && seen.compare(PREFACE, 0, length, 0, length) === 0;
}
