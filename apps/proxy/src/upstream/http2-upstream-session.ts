import { connect, type ClientHttp2Session, type ClientHttp2Stream, type ClientSessionOptions } from 'node:http2';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { StreamErrorGuard } from '../listener/http2-stream-errors.ts';
import { Timer, type TimerWheel } from '../net/timer-wheel.ts';
import { guardedBy } from '../listener/guarded-events.ts';
import { describeSocketError, noteConnected, type TargetConnector } from './connect-target.ts';
import type { Http2Call } from './http2-call.ts';
import { isLocalFault } from './local-fault.ts';

/** What a session needs of its target. */
export interface SessionPool {
  readonly wheel: TimerWheel;
  readonly connector: TargetConnector;
  readonly draining: boolean;
  /** How long a session may be without a stream. */
  readonly sessionIdleMs: number;
  /** A stream has closed: there is room. */
  roomMade(): void;
  /** The address that a new session tries first; undefined when there is no choice. */
  nextAddress(): string | undefined;
  /** The connection is closed. */
  closed(): void;
  /** The session takes no more calls. */
  gone(session: Http2UpstreamSession): void;
}

/** Streams that are put on a session before the upstream has said how many it takes (RFC 9113 section 6.5.2). */
const ASSUMED_STREAMS = 100;
/** Bytes of fields the upstream may send at once. */
const MAX_HEADER_LIST_BYTES = 32_768;

/** One HTTP/2 connection to a target. */
export class Http2UpstreamSession {
  /** The address it is connected to, or that it tries first; empty when that is not known. */
  address: string;
  private readonly pool: SessionPool;
  private readonly socket: Socket;
  private readonly timer = new Timer({ expired: () => this.retire() });
  private readonly waiting = new Set<Http2Call>();
  private session: ClientHttp2Session | undefined = undefined;
  private guard: StreamErrorGuard | undefined = undefined;
  private streams = 0;
  private maxStreams = ASSUMED_STREAMS;
  private retired = false;
  private lastProcessedId = Number.POSITIVE_INFINITY;

  /** Opens a connection. @throws Error when the TLS settings are not usable */
  constructor(pool: SessionPool) {
    this.pool = pool;
    const preferred = pool.nextAddress();
    this.address = preferred ?? '';
    this.socket = pool.connector.open(undefined, preferred);
    this.socket.once(pool.connector.readyEvent, guardedBy(this.socket, () => this.connected()));
    this.socket.on('error', guardedBy(this.socket, (error: Error) => this.failed(describeSocketError(error), isLocalFault(error))));
    const closed = (): void => {
      this.failed('the connection was closed');
      pool.closed();
    };
    this.socket.on('close', guardedBy(this.socket, closed));
  }

  /** Takes streams. */
  get isOpen(): boolean {
    return !this.retired && this.session !== undefined && !this.session.closed && !this.session.destroyed;
  }

  get hasRoom(): boolean {
    return !this.retired && this.streams + this.waiting.size < this.maxStreams && this.session?.closed !== true && this.guard?.isInDoubt !== true;
  }

  /** Nothing is on it. */
  get isIdle(): boolean {
    return this.streams === 0 && this.waiting.size === 0;
  }

  /** Whether the upstream has said, in GOAWAY, that it has not processed and will not process the stream of this number. */
  isUnprocessed(streamId: number | undefined): boolean {
    return streamId !== undefined && streamId > this.lastProcessedId;
  }

  /** Puts a call on the session, or lets it wait until the session is open. */
  take(call: Http2Call): void {
    if (this.session !== undefined) call.send(this);
    else this.waiting.add(call);
  }

  /** For a call: opens a stream. @throws Error when the session takes none, or the head cannot be written */
  request(raw: readonly string[], endStream: boolean, waitForTrailers: boolean): ClientHttp2Stream {
    const { session, pool } = this;
    if (session === undefined) throw new Error('the session is not open');
    const stream = session.request(raw, { endStream, waitForTrailers });
    this.streams++;
    pool.wheel.clear(this.timer);
    const closed = (): void => {
      this.guard?.streamClosed(stream.rstCode);
      this.streams--;
      if (this.isIdle) this.rest();
      pool.roomMade();
    };
    stream.on('close', guardedBy(session, closed));
    return stream;
  }

  /** Takes no more calls, and closes after the last stream. */
  retire(): void {
    if (this.retired) return;
    this.retired = true;
    this.pool.gone(this);
    this.pool.wheel.clear(this.timer);
    if (this.session === undefined) this.socket.destroy();
    else this.session.close();
  }

  destroy(): void {
    this.retired = true;
    this.pool.wheel.clear(this.timer);
    this.session?.destroy();
    this.socket.destroy();
  }

  private connected(): void {
    const { socket, pool } = this;
    if (this.retired) return;
    this.address = noteConnected(socket, pool.connector);
    if (socket instanceof TLSSocket && socket.alpnProtocol !== 'h2') {
      this.failed('the target does not speak HTTP/2: it did not agree on "h2" in the TLS handshake');
      socket.destroy();
      return;
    }
    const { scheme, host, port } = pool.connector;
    const authority = host.includes(':') ? `[${host}]` : host;
    const options: ClientSessionOptions & { strictSingleValueFields: boolean } = {
      createConnection: () => socket,
      settings: { enablePush: false, maxHeaderListSize: MAX_HEADER_LIST_BYTES },
      // Above what a response is refused for, so that the reason can be told.
      maxHeaderListPairs: 256,
      // What a client sent twice is passed on twice.
      strictSingleValueFields: false,
    };
    const session = connect(`${scheme}://${authority}:${port}`, options);
    this.session = session;
    this.guard = new StreamErrorGuard(session, pool.wheel);
    const saidGoaway = guardedBy(session, (lastProcessedId: number) => {
      this.lastProcessedId = lastProcessedId;
      this.retire();
    });
    session.on('error', guardedBy(session, (error: Error) => this.failed(describeSocketError(error))));
    session.on('goaway', (_code: number, lastProcessedId: number) => saidGoaway(lastProcessedId));
    session.on('close', guardedBy(session, () => this.failed('the session was closed')));
    session.on('remoteSettings', ({ maxConcurrentStreams }) => {
      this.maxStreams = Math.min(maxConcurrentStreams ?? ASSUMED_STREAMS, ASSUMED_STREAMS);
    });
    for (const call of this.waiting) {
      this.waiting.delete(call);
      call.send(this);
    }
    if (this.isIdle) this.rest();
  }

  private rest(): void {
    if (this.retired) return;
    if (this.pool.draining) this.retire();
    else this.pool.wheel.set(this.timer, this.pool.sessionIdleMs);
  }

  /** The connection is of no more use. Streams on it say so themselves. */
  private failed(reason: string, isLocal = false): void {
    const wasRetired = this.retired;
    this.retired = true;
    this.pool.wheel.clear(this.timer);
    const calls = [...this.waiting];
    this.waiting.clear();
    if (!wasRetired) this.pool.gone(this);
    for (const call of calls) {
      if (isLocal) call.reject('local_resources_exhausted', reason);
      else call.unreachable(reason);
    }
  }
}
