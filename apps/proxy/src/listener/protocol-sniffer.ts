import type { Socket } from 'node:net';
import type { ClientConnection, ConnectionOwner } from './client-connection.ts';
import { toKeep } from './shared-read-buffer.ts';
import { Timer } from './timer-wheel.ts';

/** What an HTTP/2 client with prior knowledge sends first: RFC 9113 section 3.4. No HTTP/1.1 request begins like this. */
const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

/** A plain connection on which nothing was said yet: finds out whether HTTP/1.1 or HTTP/2 is spoken. */
export class ProtocolSniffer implements ClientConnection {
  private readonly owner: ConnectionOwner;
  private readonly socket: Socket;
  private readonly timer: Timer;
  private readonly decide: (isHttp2: boolean, seen: Buffer) => void;
  private readonly sinceMs: number;
  private seen: Buffer | undefined = undefined;

  /** @param decide called with everything read so far, as soon as it can be told what it is */
  constructor(owner: ConnectionOwner, socket: Socket, decide: (isHttp2: boolean, seen: Buffer) => void) {
    this.owner = owner;
    this.socket = socket;
    this.decide = decide;
    this.sinceMs = owner.wheel.nowMs;
    this.timer = new Timer(() => this.expired());
    owner.wheel.set(this.timer, owner.options.headerTimeoutMs);
    socket.on('data', this.take);
    socket.on('end', this.end);
    socket.on('close', this.stop);
    socket.on('error', ignore);
  }

  /** One that has just been made will have a request on its way. */
  drain(): void {
    const { wheel, options } = this.owner;
    wheel.set(this.timer, Math.max(this.sinceMs + options.drainIdleMs - wheel.nowMs, 0));
  }

  destroyNow(): void {
    this.socket.destroy();
  }

  private readonly take = (chunk: Buffer): void => {
    const seen = this.seen === undefined ? chunk : Buffer.concat([this.seen, chunk]);
    const length = Math.min(seen.length, PREFACE.length);
    const matches = seen[0] === PREFACE[0] && seen.compare(PREFACE, 0, length, 0, length) === 0;
    if (matches && length < PREFACE.length) this.seen = toKeep(seen);
    else this.settle(matches, seen);
  };

  private settle(isHttp2: boolean, seen: Buffer): void {
    this.stop();
    this.socket.off('error', ignore);
    this.decide(isHttp2, seen);
  }

  /** A beginning that was not finished is left to HTTP/1.1, which knows how to refuse it. */
  private expired(): void {
    if (this.seen === undefined) this.socket.destroy();
    else this.settle(false, this.seen);
  }

  private readonly end = (): void => {
    this.socket.destroy();
  };

  private readonly stop = (): void => {
    this.owner.wheel.clear(this.timer);
    this.socket.off('data', this.take);
    this.socket.off('end', this.end);
    this.socket.off('close', this.stop);
  };
}

function ignore(): void {
  // What broke the connection matters to nobody: 'close' follows.
}
