import { catalogue, type ErrorCode } from '@sluice/errors';
import {
  continueHead,
  RequestParser,
  type Framing,
  type HeaderList,
  type Http1Fault,
} from '@sluice/http1';
import type { Socket } from 'node:net';
import { noContent, type ContentSource } from '../net/content.ts';
import type { AbortListener, Downstream } from '../exchange/downstream.ts';
import type { Tunnel, TunnelFault } from '../exchange/tunnel.ts';
import type { ClientConnection, ConnectionOwner } from './client-connection.ts';
import { closeIncomplete, closeLingering } from './lingering-close.ts';
import { guardedBy } from '../net/guarded-events.ts';
import { Http1Request } from './http1-request.ts';
import { optionsResponse, ownAnswerOf, refusalResponse } from './refusal.ts';
import type { RequestContent } from './request-content.ts';
import { RequestReader, type RequestEvents } from './request-reader.ts';
import { ResponseChannel, type ResponseOwner } from './response-channel.ts';
import { upgradeResponse } from './response-head.ts';
import { SlowPeerWatch, type WatchedPeer } from './slow-peer-watch.ts';
import { SocketWriter } from '../net/socket-writer.ts';
import { Timer, type TimerOwner } from '../net/timer-wheel.ts';
import { joinTunnel } from './tunnel-pipe.ts';

/** No request is under way, or its head is incomplete. */
const IDLE = 0;
/** A request waits for its response, or the response is being sent. */
const EXCHANGE = 1;
/** The response is complete; the rest of the request is read and discarded. */
const DISCARDING = 2;
/** The connection is a tunnel to an upstream. */
const TUNNEL = 3;
/** The connection is closed or closing; events on the socket are ignored. */
const CLOSED = 4;

/**
 * One HTTP/1.1 connection of a client. It is the Downstream of all exchanges on the connection, one
 * after another.
 *
 * Invariants
 * - Exchanges do not overlap. The next request is parsed after the response is complete, in a later
 *   turn of the event loop.
 * - A client that ends its side before it has its response counts as disconnected, unless
 *   `servesHalfClosed` is set.
 * - When the client disconnects during an exchange, exactly one callback runs: `abortListener` if
 *   it is set, otherwise the `onDone` of the streamed response.
 * - After a response that the client must not take for complete, the connection sends no more
 *   bytes.
 */
export class Http1Connection
  extends Http1Request
  implements ClientConnection, Downstream, RequestEvents, ResponseOwner, TimerOwner, WatchedPeer
{
  servesHalfClosed = false;
  abortListener: AbortListener | undefined = undefined;
  /** Whether the connection stays open after the current response. */
  keepAlive = true;
  private readonly owner: ConnectionOwner;
  protected readonly reader: RequestReader;
  protected readonly writer: SocketWriter;
  private readonly response: ResponseChannel;
  private readonly timer = new Timer(this);
  private handler: (() => void) | undefined = undefined;
  private watch: SlowPeerWatch | undefined = undefined;
  private phase = IDLE;
  private isLastResponse = false;
  private idleSinceMs: number;

  /** Takes ownership of the socket and starts to read from it. */
  constructor(owner: ConnectionOwner, socket: Socket, peerAddress: string, encrypted: boolean) {
    const { limits, protectedNames } = owner.options;
    super(socket, peerAddress, encrypted, new RequestParser({ limits, protectedNames }));
    this.owner = owner;
    this.reader = new RequestReader(socket, this.parser, this);
    this.writer = new SocketWriter(socket, () => this.watchPeer());
    this.response = new ResponseChannel(this, this.writer);
    this.idleSinceMs = owner.wheel.nowMs;
    owner.wheel.set(this.timer, owner.options.headerTimeoutMs);
    socket.on(
      'data',
      guardedBy(socket, (chunk: Buffer) => this.take(chunk)),
    );
    socket.on(
      'end',
      guardedBy(socket, () => this.clientEnded()),
    );
    socket.on(
      'drain',
      guardedBy(socket, () => this.drained()),
    );
    // 'close' follows every error and ends the exchange, so the error itself needs no handling.
    socket.on('error', () => undefined);
    socket.on(
      'close',
      guardedBy(socket, () => this.gone()),
    );
  }

  /** Handles bytes from the client, also those that were read before this object existed. */
  take(chunk: Buffer): void {
    if (this.phase < TUNNEL) this.reader.take(chunk);
  }

  /** Counts the head timeout of an incomplete head from the arrival of its first byte. */
  headBegan(atMs: number): void {
    const { wheel, options } = this.owner;
    if (this.phase === IDLE && !this.parser.idle)
      wheel.set(this.timer, Math.max(atMs + options.headerTimeoutMs - wheel.nowMs, 0));
  }

  // Downstream: calls from the exchange.

  closeAfterResponse(): void {
    this.isLastResponse = true;
  }

  get responseBegun(): boolean {
    return this.phase !== EXCHANGE || this.response.headSent;
  }

  sendInterim(status: number, headers: HeaderList): void {
    if (this.phase === EXCHANGE) this.response.interim(status, headers);
  }

  respond(status: number, headers: HeaderList, content: Buffer | string | undefined): void {
    if (this.phase === EXCHANGE) this.response.respond(status, headers, content);
  }

  stream(
    status: number,
    headers: HeaderList,
    content: ContentSource,
    onDone: (fault: Error | undefined) => void,
  ): void {
    if (this.phase === EXCHANGE) return this.response.stream(status, headers, content, onDone);
    content.cancel();
    onDone(new Error('the client has disconnected'));
  }

  upgrade(
    headers: HeaderList,
    tunnel: Tunnel,
    onDone: (fault: TunnelFault | undefined) => void,
  ): void {
    if (this.phase !== EXCHANGE) {
      tunnel.stream.destroy();
      onDone(undefined);
      return;
    }
    this.phase = TUNNEL;
    const { wheel, options } = this.owner;
    wheel.clear(this.timer);
    this.writer.send(upgradeResponse(headers));
    this.writer.flush();
    joinTunnel(
      { client: this.socket, clientHead: this.reader.stop(), tunnel },
      this,
      wheel,
      options.lingerMs,
      onDone,
    );
  }

  abort(): void {
    if (this.phase !== EXCHANGE) return;
    this.response.abandon();
    this.destroy();
  }

  // RequestEvents: calls from the reader.

  headStarted(): void {
    this.owner.wheel.set(this.timer, this.owner.options.headerTimeoutMs);
  }

  headArrived(): void {
    this.phase = EXCHANGE;
    this.response.begin();
    this.abortListener = undefined;
    const verdict = this.readRequest(this.owner.options.maxBodyBytes);
    if (verdict === 'answer') return this.answerOptions();
    if (verdict !== 'forward') return this.refuse(verdict.error, verdict.reason, this.headers);
    this.handler ??= this.owner.events.connection(this);
    this.handler();
    // The client may have ended its side before the request was parsed.
    if (this.reader.peerEnded) this.leaveHalfClosed();
  }

  headRefused(fault: Http1Fault): void {
    this.refuseHead(fault.error, fault.reason);
  }

  contentWanted(): void {
    const isAwaited =
      this.expectsContinue &&
      !this.response.headSent &&
      this.reader.content?.received === 0 &&
      !this.reader.hasUnread;
    if (isAwaited) this.writer.send(continueHead);
  }

  contentAwaited(): void {
    this.watchPeer();
  }

  discarded(whole: boolean): void {
    if (whole) this.toIdle();
    else this.close();
  }

  ended(): void {
    this.close();
  }

  // WatchedPeer: the progress of the client.

  get awaitedContent(): RequestContent | undefined {
    return this.phase === EXCHANGE && !this.reader.complete && this.reader.content?.over === false
      ? this.reader.content
      : undefined;
  }

  get isBlocked(): boolean {
    return this.phase === EXCHANGE && this.writer.blocked;
  }

  sendsTooSlowly(content: RequestContent): void {
    this.reader.giveUp();
    content.fail('request_timeout');
  }

  doesNotRead(): void {
    this.destroyNow();
  }

  // ResponseOwner: calls from the response channel.

  decideKeepAlive(framing: Framing): void {
    const { reader, owner } = this;
    this.keepAlive =
      framing !== 'close' &&
      !this.isLastResponse &&
      reader.reusable &&
      !owner.draining &&
      reader.canDiscard(owner.options.drainContentBytes);
  }

  responseEnded(): void {
    if (this.phase !== EXCHANGE) return;
    const { reader } = this;
    const { drainContentBytes, bodyIdleMs } = this.owner.options;
    if (!this.keepAlive || !reader.reusable || !reader.canDiscard(drainContentBytes))
      return this.close();
    if (reader.complete) return this.toIdle();
    this.phase = DISCARDING;
    this.owner.wheel.set(this.timer, bodyIdleMs);
    reader.discard(drainContentBytes);
  }

  responseBroken(): void {
    if (this.phase !== EXCHANGE) return;
    this.cutOff();
    this.phase = CLOSED;
  }

  drain(): void {
    if (this.phase !== IDLE || !this.parser.idle || this.reader.hasUnread) return;
    const { wheel, options } = this.owner;
    // A recently active client may have sent another request, which still gets a response.
    const leftMs = this.idleSinceMs + options.drainIdleMs - wheel.nowMs;
    if (leftMs <= 0) this.destroy();
    else wheel.set(this.timer, leftMs);
  }

  destroyNow(): void {
    this.socket.destroy();
  }

  /** Handles the end of the client's side of the connection. */
  private clientEnded(): void {
    if (this.phase >= TUNNEL) return;
    this.reader.end();
    this.leaveHalfClosed();
  }

  /** Aborts the exchange of a half-closed client; refuses a request with incomplete content. */
  private leaveHalfClosed(): void {
    if (this.phase !== EXCHANGE || this.servesHalfClosed) return;
    if (this.reader.endedWhole() || this.response.headSent) this.cutOff();
  }

  private cutOff(): void {
    this.writer.flush();
    closeIncomplete(this.socket, this.protocol === '1.0' && !this.encrypted);
  }

  private drained(): void {
    this.writer.blocked = false;
    if (this.phase === EXCHANGE) this.response.resume();
    else if (this.phase === IDLE && this.reader.complete) this.reader.next();
  }

  /** Refuses a malformed head. The bytes after it cannot be parsed, so the connection closes. */
  private refuseHead(code: ErrorCode, reason: string): void {
    this.phase = EXCHANGE;
    this.method = this.parser.method;
    this.host = this.parser.host;
    this.path = '';
    this.reader.giveUp();
    this.refuse(code, reason);
  }

  /**
   * Sends a problem document.
   * @param headers of the request; undefined when its head is not well-formed
   */
  private refuse(code: ErrorCode, reason: string, headers?: HeaderList): void {
    const content = this.owner.events.refused({
      ...ownAnswerOf(this, catalogue[code].status, headers),
      code,
      grpcStatus: -1,
      reason,
    });
    this.decideKeepAlive('length');
    this.writer.send(refusalResponse(this, code, content));
    this.responseEnded();
  }

  private answerOptions(): void {
    this.decideKeepAlive('length');
    this.writer.send(optionsResponse(this));
    this.owner.events.answered(ownAnswerOf(this, 204, this.headers));
    this.responseEnded();
  }

  private toIdle(): void {
    const { wheel, options, draining } = this.owner;
    this.phase = IDLE;
    this.content = noContent;
    this.idleSinceMs = wheel.nowMs;
    wheel.set(this.timer, draining ? options.drainIdleMs : options.keepAliveIdleMs);
    // A client that does not read its responses gets no further ones.
    if (!this.writer.blocked) this.reader.next();
  }

  private watchPeer(): void {
    if (this.phase !== EXCHANGE) return;
    this.watch ??= new SlowPeerWatch(this, this.owner.wheel, this.owner.options);
    this.watch.start();
  }

  /** {@inheritDoc TimerOwner.expired} */
  expired(): void {
    if (this.phase === IDLE && !this.parser.idle) {
      return this.refuseHead('request_timeout', 'the head of the request was not complete in time');
    }
    // During an exchange only the upstream timeouts and SlowPeerWatch apply.
    if (this.phase !== EXCHANGE) this.destroy();
  }

  private close(): void {
    const { wheel, options } = this.owner;
    const hasMore = !this.reader.peerEnded && (!this.reader.complete || this.reader.hasUnread);
    this.phase = CLOSED;
    this.reader.stop();
    wheel.clear(this.timer);
    this.writer.flush();
    closeLingering(this.socket, wheel, options, hasMore);
  }

  private destroy(): void {
    this.phase = CLOSED;
    this.writer.flush();
    this.socket.destroy();
  }

  /** Ends the exchange, if any, after the socket has closed. */
  private gone(): void {
    const { abortListener, phase } = this;
    const onDone = this.response.abandon();
    this.owner.wheel.clear(this.timer);
    this.watch?.stop();
    this.phase = CLOSED;
    this.abortListener = undefined;
    this.reader.stop();
    if (phase !== EXCHANGE) return;
    if (abortListener !== undefined) abortListener.onAborted();
    else onDone?.(new Error('the client closed the connection'));
    this.reader.content?.fail(
      'malformed_request',
      'The connection ended before the content was complete.',
    );
  }
}
