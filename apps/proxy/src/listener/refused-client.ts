import { catalogue, type ErrorCode } from '@sluice/errors';
import type { ClientConnection, ConnectionOwner } from './client-connection.ts';
import {
  endHandle,
  readHandle,
  type ConnectionHandle,
  type HandleReader,
} from './connection-handle.ts';
import { refusalResponse } from './refusal.ts';
import { readArea } from '../net/shared-read-buffer.ts';
import { Timer, type TimerOwner } from '../net/timer-wheel.ts';

/**
 * Reports to log, metrics and traces that a client without a complete request was refused. Returns
 * the response content.
 */
export function noteRefusal(
  { events }: ConnectionOwner,
  peerAddress: string,
  code: ErrorCode,
  reason: string,
): string {
  const unknown = {
    protocol: '1.1',
    encrypted: false,
    localPort: 0,
    method: '',
    host: '',
    path: '',
    headers: undefined,
    grpcStatus: -1,
  } as const;
  return events.refused({ ...unknown, code, status: catalogue[code].status, reason, peerAddress });
}

/**
 * A client that is refused before it has sent a complete request. It receives a response with the
 * reason, and its connection is closed.
 *
 * The close is the same as in `closeLingering` but needs no socket: thousands of clients may be
 * refused at the same time, and the stream implementation of a socket costs as much as all kernel
 * work for the connection.
 */
export class RefusedClient implements ClientConnection, HandleReader, TimerOwner {
  private readonly owner: ConnectionOwner;
  private readonly handle: ConnectionHandle;
  private readonly gone: (client: RefusedClient) => void;
  private readonly timer = new Timer(this);
  private readonly firstBytes: number;
  private bytesRead: number;
  private hasFilledArea = false;
  private isAnswered = false;
  private hasEnded = false;
  private isGone = false;

  /**
   * @param handle owned by this object from now on
   * @param gone called once when the connection is closed, after {@link answer} was called
   */
  constructor(
    owner: ConnectionOwner,
    handle: ConnectionHandle,
    gone: (client: RefusedClient) => void,
  ) {
    this.owner = owner;
    this.handle = handle;
    this.gone = gone;
    this.firstBytes = handle.bytesRead;
    this.bytesRead = this.firstBytes;
  }

  /**
   * Sends the response and ends the server's side.
   * @param content the result of {@link noteRefusal}
   */
  answer(code: ErrorCode, content: string): void {
    const { owner, handle } = this;
    owner.wheel.set(this.timer, owner.options.writeIdleMs);
    const text = refusalResponse({ method: '', protocol: '1.1', keepAlive: false }, code, content);
    if (!readHandle(handle, this) || !endHandle(handle, text, () => this.answered())) this.leave();
  }

  /** Does nothing: the connection is already closing. */
  drain(): void {
    return undefined;
  }

  destroyNow(): void {
    this.leave();
  }

  /** Called by the handle; discards what the client still sends. */
  read(): void {
    const { bytesRead } = this.handle;
    const length = bytesRead - this.bytesRead;
    this.bytesRead = bytesRead;
    const { hasFilledArea } = this;
    this.hasFilledArea = length >= readArea.length;
    // A read that has filled the area may be followed by an empty one.
    if (length === 0 && !hasFilledArea) this.ended();
    else if (bytesRead - this.firstBytes > this.owner.options.lingerBytes) this.leave();
  }

  /** Called by the handle. */
  failed(): void {
    this.leave();
  }

  /** Closes the connection of a client that does not read the response or does not disconnect. */
  expired(): void {
    this.leave();
  }

  /** Called when the server's side has ended. */
  private answered(): void {
    if (this.isGone) return;
    this.isAnswered = true;
    if (this.hasEnded) this.leave();
    else this.owner.wheel.set(this.timer, this.owner.options.lingerMs);
  }

  /** Called when the client's side has ended; the client may still wait for the response. */
  private ended(): void {
    this.hasEnded = true;
    if (this.isAnswered) this.leave();
  }

  private leave(): void {
    if (this.isGone) return;
    this.isGone = true;
    this.owner.wheel.clear(this.timer);
    this.handle.reader = undefined;
    this.handle.close();
    this.gone(this);
  }
}
