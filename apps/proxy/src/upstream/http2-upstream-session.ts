import {
  connect,
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type ClientSessionOptions,
} from 'node:http2';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { StreamErrorGuard } from '../net/http2-stream-errors.ts';
import { Timer, type TimerWheel } from '../net/timer-wheel.ts';
import { guardedBy } from '../net/guarded-events.ts';
import { describeSocketError, noteConnected, type TargetConnector } from './connect-target.ts';
import type { Http2Call } from './http2-call.ts';
import { isLocalFault } from './local-fault.ts';

/** The target, as a session uses it. */
export interface SessionPool {
  readonly wheel: TimerWheel;
  readonly connector: TargetConnector;
  readonly draining: boolean;
  /** How long a session may stay without streams. */
  readonly sessionIdleMs: number;
  /** Reports that a stream has closed, so that another may be opened. */
  roomMade(): void;
  /** The address that a new session tries first; undefined when the target has only one. */
  nextAddress(): string | undefined;
  /** Reports that the connection is closed. */
  closed(): void;
  /** Reports that the session accepts no more calls. */
  gone(session: Http2UpstreamSession): void;
}

/**
 * Stream limit of a session until the upstream has sent its own (RFC 9113 section 6.5.2), and upper
 * bound of that.
 */
const ASSUMED_STREAMS = 100;
/** Maximum size of a header list from the upstream, in bytes. */
const MAX_HEADER_LIST_BYTES = 32_768;

/** One HTTP/2 connection to a target. */
export class Http2UpstreamSession {
  /** The address that the session uses, or tries first; empty when it is not known. */
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
    this.socket.once(
      pool.connector.readyEvent,
      guardedBy(this.socket, () => this.connected()),
    );
    this.socket.on(
      'error',
      guardedBy(this.socket, (error: Error) =>
        this.failed(describeSocketError(error), isLocalFault(error)),
      ),
    );
    const closed = (): void => {
      this.failed('the connection was closed');
      pool.closed();
    };
    this.socket.on('close', guardedBy(this.socket, closed));
  }

  /** Whether the session accepts streams. */
  get isOpen(): boolean {
    return (
      !this.retired && this.session !== undefined && !this.session.closed && !this.session.destroyed
    );
  }

  get hasRoom(): boolean {
    return (
      !this.retired &&
      this.streams + this.waiting.size < this.maxStreams &&
      this.session?.closed !== true &&
      this.guard?.isInDoubt !== true
    );
  }

  /** Whether the session has no streams and no waiting calls. */
  get isIdle(): boolean {
    return this.streams === 0 && this.waiting.size === 0;
  }

  /**
   * Whether a GOAWAY frame said that the upstream will not process the stream with this identifier.
   */
  isUnprocessed(streamId: number | undefined): boolean {
    return streamId !== undefined && streamId > this.lastProcessedId;
  }

  /** Puts a call on the session, or lets it wait until the session is open. */
  take(call: Http2Call): void {
    if (this.session !== undefined) call.send(this);
    else this.waiting.add(call);
  }

  /** {@inheritDoc CallSession.request} */
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

  /** Stops accepting calls; the session closes after its last stream. */
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
      this.failed(
        'the target does not speak HTTP/2: it did not agree on "h2" in the TLS handshake',
      );
      socket.destroy();
      return;
    }
    const { scheme, host, port } = pool.connector;
    const authority = host.includes(':') ? `[${host}]` : host;
    const options: ClientSessionOptions & { strictSingleValueFields: boolean } = {
      createConnection: () => socket,
      settings: { enablePush: false, maxHeaderListSize: MAX_HEADER_LIST_BYTES },
      // Above the limit at which a response is refused, so that the failure has a specific reason.
      maxHeaderListPairs: 256,
      // Fields that a client sent twice are forwarded twice.
      strictSingleValueFields: false,
    };
    const session = connect(`${scheme}://${authority}:${port}`, options);
    this.session = session;
    this.guard = new StreamErrorGuard(session, pool.wheel);
    const saidGoaway = guardedBy(session, (lastProcessedId: number) => {
      this.lastProcessedId = lastProcessedId;
      this.retire();
    });
    session.on(
      'error',
      guardedBy(session, (error: Error) => this.failed(describeSocketError(error))),
    );
    session.on('goaway', (_code: number, lastProcessedId: number) => saidGoaway(lastProcessedId));
    session.on(
      'close',
      guardedBy(session, () => this.failed('the session was closed')),
    );
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

  /**
   * Ends the session after a failure and fails the waiting calls. Open streams report the failure
   * themselves.
   */
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
