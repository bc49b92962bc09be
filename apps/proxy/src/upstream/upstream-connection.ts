import type { ErrorCode } from '@sluice/errors';
import {
  FieldName,
  removeHopByHop,
  ResponseParser,
  type Http1Fault,
  type ResponseLimits,
} from '@sluice/http1';
import type { Socket } from 'node:net';
import { SocketWriter } from '../net/socket-writer.ts';
import type { TimerWheel } from '../net/timer-wheel.ts';
import { guardedBy } from '../net/guarded-events.ts';
import { describeSocketError, noteConnected, type TargetConnector } from './connect-target.ts';
import { isLocalFault } from './local-fault.ts';
import type { CallConnection, PooledCall } from './pooled-call.ts';
import { announcedLength, ResponseContent, type ResponseContentOwner } from './response-content.ts';
import { ReadBuffer } from './read-buffer.ts';
import { UpstreamDeadline, type Awaited, type DeadlineOwner } from './upstream-deadline.ts';

/** The pool, as a connection uses it. */
export interface ConnectionPool {
  readonly wheel: TimerWheel;
  readonly connector: TargetConnector;
  readonly limits: Partial<ResponseLimits>;
  /** The address that a new connection tries first; undefined when the target has only one. */
  nextAddress(): string | undefined;
  /** How long a connection may stay idle. @param hint the Keep-Alive field of the last response */
  idleMs(hint: string | undefined): number;
  /** Reports that the connection can carry another call. */
  released(connection: UpstreamConnection): void;
  /** Reports that the connection has become a tunnel and no longer belongs to the pool. */
  detached(connection: UpstreamConnection): void;
  /** Reports that the connection is closed. */
  closed(connection: UpstreamConnection): void;
}

const CONNECTING = 0;
const IDLE = 1;
/** A request is being sent or was sent; the head of its response has not arrived. */
const HEAD = 2;
/** The content of a response is being received. */
const BODY = 3;
/** Closed, or handed over as a tunnel. */
const GONE = 4;

/** A server that sends 408 closes the connection or should close it: RFC 9110 section 15.5.9. */
const REQUEST_TIMEOUT = 408;
const KEEP_ALIVE = new FieldName('Keep-Alive');

/**
 * One HTTP/1.1 connection to a target, and the response side of the call on it.
 *
 * Invariants
 * - A response never reaches another call than its own: bytes on an idle connection, or after a
 *   response, close it.
 * - The connection returns to the pool only when request and response are complete and neither side
 *   asked to close.
 * - The fields of a response stay valid until its content has ended, because the connection is not
 *   reused earlier.
 */
export class UpstreamConnection implements ResponseContentOwner, CallConnection, DeadlineOwner {
  readonly socket: Socket;
  /** The address that the connection uses, or tries first; empty when it is not known. */
  address: string;
  readonly writer: SocketWriter;
  private readonly pool: ConnectionPool;
  private readonly parser: ResponseParser;
  readonly deadline: UpstreamDeadline;
  private readonly unread: ReadBuffer;
  private state = CONNECTING;
  private call: PooledCall | undefined;
  private content: ResponseContent | undefined = undefined;
  private served = 0;
  private keepAliveHint: string | undefined = undefined;
  private reading = false;
  private ended = false;
  private error: string | undefined = undefined;

  /** Opens a connection for the call. @throws Error when the TLS settings are not usable */
  constructor(pool: ConnectionPool, call: PooledCall) {
    this.pool = pool;
    this.call = call;
    this.parser = new ResponseParser({ limits: pool.limits });
    this.deadline = new UpstreamDeadline(this, pool.wheel);
    this.deadline.beginPhase(call.timeouts.connectMs);
    // An upgrade needs an ordinary stream, because the connection may become a tunnel.
    const isStream = call.request.upgrade;
    const preferred = pool.nextAddress();
    this.address = preferred ?? '';
    const socket = pool.connector.open(
      isStream ? undefined : (chunk) => this.take(chunk),
      preferred,
    );
    call.connection = this;
    this.socket = socket;
    this.unread = new ReadBuffer(socket);
    this.writer = new SocketWriter(socket, () => this.deadline.progressed());
    socket.on(
      pool.connector.readyEvent,
      guardedBy(socket, () => this.connected()),
    );
    if (isStream)
      socket.on(
        'data',
        guardedBy(socket, (chunk: Buffer) => this.take(chunk)),
      );
    socket.on(
      'drain',
      guardedBy(socket, () => this.drained()),
    );
    socket.on(
      'end',
      guardedBy(socket, () => this.end(undefined)),
    );
    socket.on(
      'error',
      guardedBy(socket, (error: Error) =>
        this.end(describeSocketError(error), isLocalFault(error)),
      ),
    );
    socket.on(
      'close',
      guardedBy(socket, () => this.closed()),
    );
    this.deadline.arm();
  }

  /** The call on the connection, if any. */
  get current(): PooledCall | undefined {
    return this.call;
  }

  /** Whether the connection can carry another call. */
  get isIdle(): boolean {
    return this.state === IDLE;
  }

  /** Sends another call on an idle connection. */
  begin(call: PooledCall): void {
    this.call = call;
    call.connection = this;
    this.start(call);
  }

  /** {@inheritDoc CallConnection.requestSent} */
  requestSent(): void {
    this.deadline.beginPhase((this.call as PooledCall).timeouts.firstByteMs);
    this.deadline.arm();
  }

  /** Closes the connection without reporting anything to the call on it. */
  destroy(): void {
    this.state = GONE;
    this.call = undefined;
    this.content = undefined;
    this.unread.clear();
    this.deadline.clear();
    this.socket.destroy();
  }

  /** Closes the connection because the gateway stops; the call on it fails. */
  shutDown(reason: string): void {
    this.broke('upstream_reset', reason);
  }

  contentResumed(): void {
    this.deadline.progressed();
    if (this.reading) while (this.state === BODY && this.step());
    else this.read();
  }

  contentPaused(): void {
    this.unread.pause();
  }

  /** Keeps the connection only when the rest of the content has already arrived. */
  contentCancelled(content: ResponseContent): void {
    if (content !== this.content) return;
    this.contentResumed();
    if (content !== this.content) return;
    const { call } = this;
    call?.stopSending();
    call?.complete();
    this.destroy();
  }

  private connected(): void {
    this.address = noteConnected(this.socket, this.pool.connector);
    if (this.state === CONNECTING && this.call !== undefined) this.start(this.call);
  }

  private start(call: PooledCall): void {
    this.state = HEAD;
    this.served++;
    this.deadline.progressed();
    this.parser.begin(call.request.method, call.request.upgrade);
    call.send(this);
    if (!call.requestSent && this.call === call) this.deadline.arm();
  }

  private take(chunk: Buffer): void {
    if (this.state === GONE) return;
    // Bytes on an idle connection answer no request; the next call must not receive them.
    if (this.call === undefined) return this.destroy();
    this.deadline.progressed();
    if (!this.unread.add(chunk)) return this.unread.pause();
    this.read();
    this.unread.keep();
  }

  private read(): void {
    if (this.reading) return;
    this.reading = true;
    while (this.step());
    this.reading = false;
    if (!this.unread.isEmpty) return;
    this.unread.clear();
    if (this.state !== BODY || this.content?.flowing === true) this.resumeReading();
  }

  private resumeReading(): void {
    if (this.state !== GONE) this.unread.resume();
  }

  /** Handles the next event in the bytes. Returns false when it must wait for more. */
  private step(): boolean {
    if (this.state === HEAD) return this.readHead();
    const { content } = this;
    return (
      this.state === BODY &&
      content !== undefined &&
      (content.flowing || content.over) &&
      this.readContent(content)
    );
  }

  private readHead(): boolean {
    if (this.unread.isEmpty) return this.endOfBytes();
    const { parser } = this;
    this.unread.consume(parser);
    switch (parser.state) {
      case 'interim':
        removeHopByHop(parser.headers);
        this.call?.interim(parser.status, parser.headers);
        return this.state === HEAD;
      case 'head':
        return this.openResponse(this.call as PooledCall);
      case 'fault':
        return this.refuse(parser.fault as Http1Fault);
      default:
        return this.endOfBytes();
    }
  }

  private openResponse(call: PooledCall): boolean {
    const { parser } = this;
    const { headers, status } = parser;
    // The server timed out the idle connection: the 408 does not answer this request.
    if (status === REQUEST_TIMEOUT && this.served > 1 && call.isRepeatable) {
      this.broke(
        'upstream_reset',
        'the upstream answered 408 on a connection that was used before',
        true,
      );
      return false;
    }
    this.keepAliveHint = headers.get(KEEP_ALIVE);
    removeHopByHop(headers);
    if (parser.upgraded) return this.switchProtocols(call);
    const length = announcedLength(parser);
    const content = new ResponseContent(this, length, length === 0);
    this.content = content;
    this.state = BODY;
    // The server answered early, so the rest is not sent (RFC 9110 section 10.1.1).
    if (!call.requestSent && (status >= 400 || !parser.keepAlive)) call.stopSending();
    call.respond(status, headers, content);
    if (this.content !== content) return false;
    // More content follows; the idle timeout applies to it.
    this.deadline.arm();
    return true;
  }

  private switchProtocols(call: PooledCall): boolean {
    this.unread.consume(this.parser);
    const head = this.unread.keep();
    // No bytes are read until the tunnel joins both sides.
    this.socket.pause();
    this.state = GONE;
    this.call = undefined;
    this.unread.clear();
    this.deadline.clear();
    this.pool.detached(this);
    call.upgraded(this.parser.headers, { stream: this.socket, head, idleMs: call.timeouts.idleMs });
    return false;
  }

  private readContent(content: ResponseContent): boolean {
    const { parser } = this;
    this.unread.consume(parser);
    switch (parser.state) {
      case 'bodyChunk':
        content.deliver(parser.body as Buffer);
        return this.content === content;
      case 'end':
        this.finish(this.call as PooledCall, content);
        return false;
      case 'fault':
        return this.refuse(parser.fault as Http1Fault);
      default:
        return this.endOfBytes();
    }
  }

  private finish(call: PooledCall, content: ResponseContent): void {
    const { parser } = this;
    const isReusable =
      parser.keepAlive &&
      parser.status !== REQUEST_TIMEOUT &&
      call.requestSent &&
      this.unread.isEmpty &&
      !this.ended;
    call.stopSending();
    call.complete();
    this.call = undefined;
    this.content = undefined;
    this.state = IDLE;
    content.complete(parser.trailers);
    if (!isReusable) return this.destroy();
    this.resumeReading();
    this.deadline.armIdle(this.pool.idleMs(this.keepAliveHint));
    this.pool.released(this);
  }

  private endOfBytes(): boolean {
    if (!this.ended) return false;
    const { parser } = this;
    if (this.error !== undefined) {
      this.broke('upstream_reset', this.error);
      return false;
    }
    parser.eof();
    if (parser.state === 'fault') return this.refuse(parser.fault as Http1Fault);
    this.finish(this.call as PooledCall, this.content as ResponseContent);
    return false;
  }

  private refuse(fault: Http1Fault): boolean {
    this.broke(fault.error, fault.reason);
    return false;
  }

  private broke(
    code: ErrorCode,
    reason: string,
    isSilent = this.state === HEAD && !this.parser.started,
  ): void {
    const { call } = this;
    this.destroy();
    call?.broken(code, reason, isSilent, this.served > 1);
  }

  private end(error: string | undefined, isLocal = false): void {
    if (this.state === GONE || this.ended) return;
    if (this.call === undefined) return this.destroy();
    if (this.state === CONNECTING)
      return this.broke(
        isLocal ? 'local_resources_exhausted' : 'upstream_connect_failed',
        error ?? 'the connection was closed while it was being opened',
      );
    this.ended = true;
    this.error = error;
    this.read();
  }

  private closed(): void {
    this.end('the connection was closed');
    this.pool.closed(this);
  }

  private drained(): void {
    this.writer.blocked = false;
    this.deadline.progressed();
    this.call?.resumeContent();
  }

  /** {@inheritDoc DeadlineOwner.awaits} */
  get awaits(): Awaited {
    if (this.state === CONNECTING) return 'connection';
    if (this.state === HEAD && this.call?.requestSent === true) return 'response';
    const isUpstreamNext =
      this.state === HEAD ? this.writer.blocked : this.content?.flowing === true;
    return isUpstreamNext ? 'upstream' : 'client';
  }

  timedOut(code: ErrorCode, reason: string): void {
    this.broke(code, reason);
  }
}
