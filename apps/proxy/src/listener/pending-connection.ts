import type { RequestParser } from '@sluice/http1';
import type { ClientConnection, ConnectionOwner } from './client-connection.ts';
import { readHandle, type ConnectionHandle, type HandleReader } from './connection-handle.ts';
import { MAX_HELD_BYTES, viewBehind } from '../net/shared-read-buffer.ts';
import { Timer, type TimerOwner } from '../net/timer-wheel.ts';

/**
 * The connection preface of an HTTP/2 client with prior knowledge (RFC 9113 section 3.4). No
 * HTTP/1.1 request begins with it.
 */
const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
const END_OF_HEAD = Buffer.from('\r\n\r\n');

/** The listener, as a pending connection uses it. */
export interface PendingConnectionOwner extends ConnectionOwner {
  /**
   * Checks the bytes of all pending connections, one after another; it keeps no state between two
   * checks.
   */
  readonly scout: RequestParser;
  /**
   * Reports that the protocol is known.
   * @param seen all bytes read; valid until the owner returns
   */
  arrived(pending: PendingConnection, isHttp2: boolean, seen: Buffer): void;
  /** Reports that the first request head was begun but not completed in time. */
  tookTooLong(pending: PendingConnection): void;
  /** Reports that the connection is closed. */
  left(pending: PendingConnection): void;
}

/**
 * A plain connection that has not sent a complete request head. It costs as little as possible,
 * because a client that opens thousands of connections without completing a head must not exhaust
 * memory: it has no node:net socket and no parser of its own, and keeps only the text that was
 * read.
 *
 * It becomes an HTTP/1.1 or HTTP/2 connection when the head is complete, malformed, or longer than
 * MAX_HELD_BYTES.
 *
 * Invariants
 * - It holds at most MAX_HELD_BYTES.
 * - Malformed bytes are detected at once, because each read is parsed together with the bytes
 *   before it.
 */
export class PendingConnection implements ClientConnection, HandleReader, TimerOwner {
  readonly handle: ConnectionHandle;
  readonly peerAddress: string;
  /** The key under which its address is counted, see `addressKey`. */
  readonly addressKey: string;
  /** When the connection was accepted or, after its first byte, when that arrived. Wheel time. */
  sinceMs: number;
  private readonly owner: PendingConnectionOwner;
  private readonly timer: Timer;
  private held = '';
  private bytesRead = 0;

  constructor(
    owner: PendingConnectionOwner,
    handle: ConnectionHandle,
    peerAddress: string,
    addressKey: string,
  ) {
    this.owner = owner;
    this.handle = handle;
    this.peerAddress = peerAddress;
    this.addressKey = addressKey;
    this.sinceMs = owner.wheel.nowMs;
    this.timer = new Timer(this);
  }

  /** Starts to read. */
  begin(): void {
    const { owner, handle, timer } = this;
    owner.wheel.set(timer, owner.options.headerTimeoutMs);
    if (!readHandle(handle, this)) this.leave();
  }

  /**
   * Closes the connection unless it was just accepted or has begun a request head, which it may
   * complete.
   */
  drain(): void {
    const { wheel, options } = this.owner;
    if (!this.hasBegun)
      wheel.set(this.timer, Math.max(this.sinceMs + options.drainIdleMs - wheel.nowMs, 0));
  }

  destroyNow(): void {
    this.leave();
  }

  /** Called by the handle. */
  read(): void {
    const length = this.handle.bytesRead - this.bytesRead;
    if (length === 0) return this.ended();
    this.bytesRead += length;
    if (!this.hasBegun) this.beginHead();
    const seen = viewBehind(this.held, length);
    if (isBeginningOfPreface(seen)) {
      if (seen.length >= PREFACE.length) return this.arrive(true, seen);
    } else if (
      seen.length > MAX_HELD_BYTES ||
      seen.includes(END_OF_HEAD) ||
      !this.mayBecomeHead(seen)
    ) {
      return this.arrive(false, seen);
    }
    this.held = seen.toString('latin1');
  }

  /** Called by the handle. */
  failed(): void {
    this.leave();
  }

  /** {@inheritDoc TimerOwner.expired} */
  expired(): void {
    if (this.hasBegun) this.owner.tookTooLong(this);
    else this.leave();
  }

  /**
   * Whether a byte of a request was received. An empty line before the request does not count (RFC
   * 9112 section 2.2).
   */
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

  /**
   * Handles the end of the client's side. A client that has sent a part of a head receives a
   * response with the fault.
   */
  private ended(): void {
    const { handle, held } = this;
    if (held === '' || handle.getpeername({}) !== 0) return this.leave();
    // The socket that replaces the handle reads the end again.
    handle.reading = false;
    this.arrive(false, viewBehind(held, 0));
  }

  private leave(): void {
    this.owner.wheel.clear(this.timer);
    this.handle.reader = undefined;
    this.handle.close();
    this.owner.left(this);
  }
}

function isBeginningOfPreface(seen: Buffer): boolean {
  const length = Math.min(seen.length, PREFACE.length);
  return seen[0] === PREFACE[0] && seen.compare(PREFACE, 0, length, 0, length) === 0;
}
