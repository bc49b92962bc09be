import { catalogue, type ErrorCode } from '@sluice/errors';
import type { ClientConnection, ConnectionOwner } from './client-connection.ts';
import { endHandle, readHandle, type ConnectionHandle, type HandleReader } from './connection-handle.ts';
import { refusalResponse } from './refusal.ts';
import { readArea } from '../net/shared-read-buffer.ts';
import { Timer, type TimerOwner } from '../net/timer-wheel.ts';

/** Tells everybody who wants to know that a client of which no request is known was refused; gives the content for it. */
export function noteRefusal({ events }: ConnectionOwner, peerAddress: string, code: ErrorCode, reason: string): string {
  const unknown = { protocol: '1.1', encrypted: false, localPort: 0, method: '', host: '', path: '', headers: undefined, grpcStatus: -1 } as const;
  return events.refused({ ...unknown, code, status: catalogue[code].status, reason, peerAddress });
}

/**
 * A client of which no request is known: it gets an answer that says why it is served no further, and has to go.
 *
 * It is closed as `closeLingering` closes a socket, and none is made for it: thousands may be refused at the same time, and the
 * stream machinery of a socket costs as much as all that the kernel has to do.
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
   * @param handle read from by nobody else from now on
   * @param gone called once, when the connection is closed; never before {@link answer}
   */
  constructor(owner: ConnectionOwner, handle: ConnectionHandle, gone: (client: RefusedClient) => void) {
    this.owner = owner;
    this.handle = handle;
    this.gone = gone;
    this.firstBytes = handle.bytesRead;
    this.bytesRead = this.firstBytes;
  }

  /** Sends the answer and ends our side behind it. @param content as {@link noteRefusal} gives it */
  answer(code: ErrorCode, content: string): void {
    const { owner, handle } = this;
    owner.wheel.set(this.timer, owner.options.writeIdleMs);
    const text = refusalResponse({ method: '', protocol: '1.1', keepAlive: false }, code, content);
    if (!readHandle(handle, this) || !endHandle(handle, text, () => this.answered())) this.leave();
  }

  /** It is leaving already. */
  drain(): void {
    return undefined;
  }

  destroyNow(): void {
    this.leave();
  }

  /** For the handle: what still comes is thrown away. */
  read(): void {
    const { bytesRead } = this.handle;
    const length = bytesRead - this.bytesRead;
    this.bytesRead = bytesRead;
    const { hasFilledArea } = this;
    this.hasFilledArea = length >= readArea.length;
    // Behind a read that has filled the area there may be nothing for now.
    if (length === 0 && !hasFilledArea) this.ended();
    else if (bytesRead - this.firstBytes > this.owner.options.lingerBytes) this.leave();
  }

  /** For the handle. */
  failed(): void {
    this.leave();
  }

  /** For the timer: it does not take the answer, or does not go. */
  expired(): void {
    this.leave();
  }

  /** Our side has ended. */
  private answered(): void {
    if (this.isGone) return;
    this.isAnswered = true;
    if (this.hasEnded) this.leave();
    else this.owner.wheel.set(this.timer, this.owner.options.lingerMs);
  }

  /** Its side has ended. It may be waiting for the answer still. */
  private ended(): void {
    this.hasEnded = true;
    if (this.isAnswered) this.leave();
  }

  private leave(): void {
    if (this.isGone) return;
    this.isGone = true;
    this.owner.wheel.clear(this.timer);
    this.handle.taker = undefined;
    this.handle.close();
    this.gone(this);
  }
}
