import type { ErrorCode } from '@sluice/errors';
import { FieldName, removeHopByHop, ResponseParser, type Http1Fault, type ResponseLimits } from '@sluice/http1';
import type { Socket } from 'node:net';
import { toKeep } from '../net/shared-read-buffer.ts';
import { SocketWriter } from '../net/socket-writer.ts';
import { Timer, type TimerOwner, type TimerWheel } from '../net/timer-wheel.ts';
import { guardedBy } from '../listener/guarded-events.ts';
import { describeSocketError, noteConnected, type TargetConnector } from './connect-target.ts';
import { isLocalFault } from './local-fault.ts';
import type { PooledCall } from './pooled-call.ts';
import { ResponseContent, type ResponseContentOwner } from './response-content.ts';

/** What a connection needs of its pool. */
export interface ConnectionPool {
  readonly wheel: TimerWheel;
  readonly connector: TargetConnector;
  readonly limits: Partial<ResponseLimits>;
  /** The address that a new connection tries first; undefined when there is no choice. */
  nextAddress(): string | undefined;
  /** How long a connection may stay idle. @param hint value of the last response's Keep-Alive field */
  idleMs(hint: string | undefined): number;
  /** The connection can take another call. */
  released(connection: UpstreamConnection): void;
  /** The connection has become a tunnel and no longer belongs to the pool. */
  detached(connection: UpstreamConnection): void;
  /** The connection is closed. */
  closed(connection: UpstreamConnection): void;
}

const CONNECTING = 0;
const IDLE = 1;
/** A request is on its way; the head of its response has not arrived. */
const HEAD = 2;
/** Inside the content of a response. */
const BODY = 3;
/** Closed, or no longer ours. */
const GONE = 4;

/** Its sender closes the connection, or ought to: RFC 9110 section 15.5.9. */
const REQUEST_TIMEOUT = 408;
const KEEP_ALIVE = new FieldName('Keep-Alive');
const NOTHING = Buffer.alloc(0);

/**
 * One HTTP/1.1 connection to a target, and the response side of the call on it.
 *
 * Invariants
 * - A response reaches the call that it belongs to or nobody: bytes on an idle connection, or behind a response, end it.
 * - It goes back to the pool only when request and response are complete and neither side has asked to close.
 * - The fields of a response stay valid until its content has ended: only then is the connection used again.
 */
export class UpstreamConnection implements ResponseContentOwner, TimerOwner {
  readonly socket: Socket;
  /** The address it is connected to, or that it tries first; empty when that is not known. */
  address: string;
  readonly writer: SocketWriter;
  private readonly pool: ConnectionPool;
  private readonly parser: ResponseParser;
  private readonly timer = new Timer(this);
  private state = CONNECTING;
  private call: PooledCall | undefined;
  private content: ResponseContent | undefined = undefined;
  private served = 0;
  private keepAliveHint: string | undefined = undefined;
  private buffer: Buffer = NOTHING;
  private at = 0;
  private reading = false;
  private paused = false;
  private ended = false;
  private error: string | undefined = undefined;
  /** When the phase under way must be over; checked when the timer fires. */
  private phaseDeadlineMs: number;
  private activeMs: number;

  /** Opens a connection for the call. */
  constructor(pool: ConnectionPool, call: PooledCall) {
    this.pool = pool;
    this.call = call;
    this.parser = new ResponseParser({ limits: pool.limits });
    this.activeMs = pool.wheel.nowMs;
    this.phaseDeadlineMs = this.activeMs + call.timeouts.connectMs;
    // A connection that becomes a tunnel is a stream like any other from then on.
    const isStream = call.request.upgrade;
    const preferred = pool.nextAddress();
    this.address = preferred ?? '';
    const socket = pool.connector.open(isStream ? undefined : (chunk) => this.take(chunk), preferred);
    call.connection = this;
    this.socket = socket;
    this.writer = new SocketWriter(socket, () => this.writeBlocked());
    socket.on(pool.connector.readyEvent, guardedBy(socket, () => this.connected()));
    if (isStream) socket.on('data', guardedBy(socket, (chunk: Buffer) => this.take(chunk)));
    socket.on('drain', guardedBy(socket, () => this.drained()));
    socket.on('end', guardedBy(socket, () => this.end(undefined)));
    socket.on('error', guardedBy(socket, (error: Error) => this.end(describeSocketError(error), isLocalFault(error))));
    socket.on('close', guardedBy(socket, () => this.closed()));
    this.arm();
  }
  /** The call on it, if any. */
  get current(): PooledCall | undefined {
    return this.call;
  }

  /** Whether another call may be put on it. */
  get isIdle(): boolean {
    return this.state === IDLE;
  }

  /** Takes another call, on a connection that is idle. */
  begin(call: PooledCall): void {
    this.call = call;
    call.connection = this;
    this.start(call);
  }

  /** For the call: its request was handed to the socket entirely; the response is awaited from now on. */
  requestSent(): void {
    const call = this.call as PooledCall;
    this.activeMs = this.pool.wheel.nowMs;
    this.phaseDeadlineMs = this.activeMs + call.timeouts.firstByteMs;
    this.arm();
  }

  /** Ends the connection. The call on it, if any, hears nothing. */
  destroy(): void {
    this.state = GONE;
    this.call = undefined;
    this.content = undefined;
    this.buffer = NOTHING;
    this.at = 0;
    this.pool.wheel.clear(this.timer);
    this.socket.destroy();
  }

  /** Ends the connection because of the gateway itself; the call on it fails. */
  shutDown(reason: string): void {
    this.broke('upstream_reset', reason);
  }

  contentResumed(): void {
    this.activeMs = this.pool.wheel.nowMs;
    if (this.reading) while (this.state === BODY && this.step());
    else this.read();
  }

  contentPaused(): void {
    this.pause();
  }

  /** When the rest is already here the connection can be kept; otherwise reading on would cost more than a new one. */
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
    this.activeMs = this.pool.wheel.nowMs;
    this.parser.begin(call.request.method, call.request.upgrade);
    call.send(this);
    if (!call.requestSent && this.call === call) this.arm();
  }

  private get hasUnread(): boolean {
    return this.at < this.buffer.length;
  }

  private take(chunk: Buffer): void {
    if (this.state === GONE) return;
    // Nobody asked for these: they can only be meant for somebody who is no longer here.
    if (this.call === undefined) return this.destroy();
    this.activeMs = this.pool.wheel.nowMs;
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

  private read(): void {
    if (this.reading) return;
    this.reading = true;
    while (this.step());
    this.reading = false;
    if (this.hasUnread) return;
    this.buffer = NOTHING;
    this.at = 0;
    if (this.state !== BODY || this.content?.flowing === true) this.unpause();
  }

  private pause(): void {
    if (this.paused) return;
    this.paused = true;
    this.socket.pause();
  }

  private unpause(): void {
    if (!this.paused || this.state === GONE) return;
    this.paused = false;
    this.socket.resume();
  }

  /** Goes on to the next event. False when there is nothing to do before something else happens. */
  private step(): boolean {
    if (this.state === HEAD) return this.readHead();
    const { content } = this;
    return this.state === BODY && content !== undefined && (content.flowing || content.over) && this.readContent(content);
  }

  private readHead(): boolean {
    if (!this.hasUnread) return this.endOfBytes();
    const { parser } = this;
    this.at = parser.consume(this.buffer, this.at);
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
    // The server had given the connection up while the request was on its way: this answers nothing that was asked.
    if (status === REQUEST_TIMEOUT && this.served > 1 && call.isRepeatable) {
      this.broke('upstream_reset', 'the upstream answered 408 on a connection that was used before', true);
      return false;
    }
    this.keepAliveHint = headers.get(KEEP_ALIVE);
    removeHopByHop(headers);
    if (parser.upgraded) return this.switchProtocols(call);
    const length = announcedLength(parser);
    const content = new ResponseContent(this, length, length === 0);
    this.content = content;
    this.state = BODY;
    // It has made up its mind before it read everything: what it does not want is not sent (RFC 9110 section 10.1.1).
    if (!call.requestSent && (status >= 400 || !parser.keepAlive)) call.stopSending();
    call.respond(status, headers, content);
    if (this.content !== content) return false;
    // More is to come than was here already: from now on its own time counts.
    this.arm();
    return true;
  }

  private switchProtocols(call: PooledCall): boolean {
    this.at = this.parser.consume(this.buffer, this.at);
    const head = toKeep(this.buffer.subarray(this.at));
    // Nothing flows before the other side is joined to it.
    this.socket.pause();
    this.state = GONE;
    this.call = undefined;
    this.buffer = NOTHING;
    this.pool.wheel.clear(this.timer);
    this.pool.detached(this);
    call.upgraded(this.parser.headers, { stream: this.socket, head, idleMs: call.timeouts.idleMs });
    return false;
  }

  private readContent(content: ResponseContent): boolean {
    const { parser } = this;
    this.at = parser.consume(this.buffer, this.at);
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
    const isReusable = parser.keepAlive && parser.status !== REQUEST_TIMEOUT && call.requestSent && !this.hasUnread && !this.ended;
    call.stopSending();
    call.complete();
    this.call = undefined;
    this.content = undefined;
    this.state = IDLE;
    content.complete(parser.trailers);
    if (!isReusable) return this.destroy();
    this.unpause();
    this.pool.wheel.set(this.timer, this.pool.idleMs(this.keepAliveHint));
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

  private broke(code: ErrorCode, reason: string, isSilent = this.state === HEAD && !this.parser.started): void {
    const { call } = this;
    this.destroy();
    call?.broken(code, reason, isSilent, this.served > 1);
  }

  private end(error: string | undefined, isLocal = false): void {
    if (this.state === GONE || this.ended) return;
    if (this.call === undefined) return this.destroy();
    if (this.state === CONNECTING) return this.broke(isLocal ? 'local_resources_exhausted' : 'upstream_connect_failed', error ?? 'closed while connecting');
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
    this.activeMs = this.pool.wheel.nowMs;
    this.call?.resumeContent();
  }

  private writeBlocked(): void {
    this.activeMs = this.pool.wheel.nowMs;
  }

  private arm(): void {
    const { call, pool } = this;
    if (call === undefined) return;
    const deadlineMs = Math.min(this.deadlineOf(call), call.totalDeadlineMs);
    pool.wheel.set(this.timer, Math.max(deadlineMs - pool.wheel.nowMs, 0));
  }

  /** When the phase under way has lasted too long. Time in which the client is to move does not count. */
  private deadlineOf(call: PooledCall): number {
    const { idleMs } = call.timeouts;
    if (this.state === CONNECTING || (this.state === HEAD && call.requestSent)) return this.phaseDeadlineMs;
    const isUpstreamToMove = this.state === HEAD ? this.writer.blocked : this.content?.flowing === true;
    return (isUpstreamToMove ? this.activeMs : this.pool.wheel.nowMs) + idleMs;
  }

  /** For the timer. */
  expired(): void {
    const { call } = this;
    const { nowMs } = this.pool.wheel;
    if (call === undefined) return this.destroy();
    const { connectMs, firstByteMs, idleMs, totalMs } = call.timeouts;
    if (nowMs >= call.totalDeadlineMs) return this.broke('upstream_timeout', `the exchange took longer than ${totalMs} ms`);
    if (nowMs < this.deadlineOf(call)) return this.arm();
    if (this.state === CONNECTING) this.broke('upstream_connect_failed', `no connection within ${connectMs} ms`);
    else if (this.state === HEAD && call.requestSent) this.broke('upstream_timeout', `no response within ${firstByteMs} ms`);
    else this.broke('upstream_timeout', `not a byte moved for ${idleMs} ms`);
  }
}

/** Bytes of content the head announces, -1 when it does not: what HEAD and 304 say of content that is not sent, too. */
function announcedLength(parser: ResponseParser): number {
  if (parser.framing === 'length' || parser.framing === 'none') return parser.contentLength ?? (parser.status === 204 ? 0 : -1);
  return -1;
}
