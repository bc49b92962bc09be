import { catalogue, type ErrorCode } from '@sluice/errors';
import { continueHead, keepEncodedSlash, RequestParser, serializeResponseHead, type Framing, type HeaderList, type Http1Fault } from '@sluice/http1';
import type { Socket } from 'node:net';
import { noContent, type ContentSource } from '../exchange/content.ts';
import type { AbortListener, Downstream } from '../exchange/downstream.ts';
import type { Tunnel, TunnelFault } from '../exchange/tunnel.ts';
import type { ClientConnection, ConnectionOwner } from './client-connection.ts';
import { closeLingering } from './lingering-close.ts';
import { guardedBy } from './guarded-events.ts';
import { countDownForwards, MALFORMED_MAX_FORWARDS } from './max-forwards.ts';
import { optionsResponse, ownAnswerOf, refusalOfMethod, refusalResponse } from './refusal.ts';
import type { RequestContent } from './request-content.ts';
import { RequestReader, type RequestEvents } from './request-reader.ts';
import { ResponseChannel, type ResponseOwner } from './response-channel.ts';
import { SlowPeerWatch, type WatchedPeer } from './slow-peer-watch.ts';
import { SocketWriter } from '../net/socket-writer.ts';
import { Timer, type TimerOwner } from '../net/timer-wheel.ts';
import { joinTunnel } from './tunnel-pipe.ts';

/** Between two requests, or inside a head. */
const IDLE = 0;
/** A request waits for its response, or the response is being sent. */
const EXCHANGE = 1;
/** The response is out, the request has not arrived whole. */
const DISCARDING = 2;
/** Joined with an upstream. */
const TUNNEL = 3;
/** Closed, or being closed: nothing that happens on the socket matters any more. */
const CLOSED = 4;

/**
 * One HTTP/1.1 connection of a client: the Downstream of the exchanges that follow one another on it.
 *
 * Invariants
 * - One exchange at a time. The next request is looked at after the response is out, in a later turn of the event loop.
 * - A client that ends its side before it has its answer counts as gone, unless `servesHalfClosed` says otherwise. When it
 *   is gone the exchange is told through its `abortListener`.
 * - When the client goes away during a streamed response, either `abortListener` is told or, when nobody has set it, the
 *   `onDone` of the response is called; never both.
 * - After a response that the client must not take for complete, nothing more is sent.
 */
export class Http1Connection implements ClientConnection, Downstream, RequestEvents, ResponseOwner, TimerOwner, WatchedPeer {
  readonly encrypted: boolean;
  readonly peerAddress: string;
  readonly peerPort: number;
  readonly localPort: number;
  protocol: '1.0' | '1.1' = '1.1';
  method = '';
  path = '';
  query = '';
  hasQuery = false;
  hasEncodedSlash = false;
  host = '';
  authority = '';
  readonly headers: HeaderList;
  content: ContentSource = noContent;
  wantsUpgrade = false;
  expectsContinue = false;
  readonly isGrpc = false;
  readonly grpcStatus = -1;
  maxBodyBytes = 0;
  servesHalfClosed = false;
  abortListener: AbortListener | undefined = undefined;
  /** Whether the connection stays open after the response under way. Decided when its head is made. */
  keepAlive = true;
  private readonly owner: ConnectionOwner;
  private readonly socket: Socket;
  private readonly parser: RequestParser;
  private readonly reader: RequestReader;
  private readonly writer: SocketWriter;
  private readonly response: ResponseChannel;
  private readonly timer = new Timer(this);
  private handler: (() => void) | undefined = undefined;
  private watch: SlowPeerWatch | undefined = undefined;
  private phase = IDLE;
  private isLastResponse = false;
  private idleSinceMs: number;

  /** Takes the socket over; reading begins at once. */
  constructor(owner: ConnectionOwner, socket: Socket, peerAddress: string, encrypted: boolean) {
    this.owner = owner;
    this.socket = socket;
    this.encrypted = encrypted;
    this.peerAddress = peerAddress;
    this.peerPort = socket.remotePort ?? 0;
    this.localPort = socket.localPort ?? 0;
    this.parser = new RequestParser({ limits: owner.options.limits, protectedNames: owner.options.protectedNames });
    this.headers = this.parser.headers;
    this.reader = new RequestReader(socket, this.parser, this);
    this.writer = new SocketWriter(socket, () => this.watchPeer());
    this.response = new ResponseChannel(this, this.writer);
    this.idleSinceMs = owner.wheel.nowMs;
    owner.wheel.set(this.timer, owner.options.headerTimeoutMs);
    socket.on('data', guardedBy(socket, (chunk: Buffer) => this.take(chunk)));
    socket.on('end', guardedBy(socket, () => this.clientEnded()));
    socket.on('drain', guardedBy(socket, () => this.drained()));
    // What broke the connection matters to nobody: 'close' follows.
    socket.on('error', () => undefined);
    socket.on('close', guardedBy(socket, () => this.gone()));
  }

  /** Takes bytes as if they had just been read. */
  take(chunk: Buffer): void {
    if (this.phase < TUNNEL) this.reader.take(chunk);
  }

  /** Says when the head that is incomplete so far, if there is one, was begun. */
  headBegan(atMs: number): void {
    const { wheel, options } = this.owner;
    if (this.phase === IDLE && !this.parser.idle) wheel.set(this.timer, Math.max(atMs + options.headerTimeoutMs - wheel.nowMs, 0));
  }

  get bytesReceived(): number {
    return this.reader.bytesReceived;
  }

  set bytesReceived(bytes: number) {
    this.reader.bytesReceived = bytes;
  }

  get bytesSent(): number {
    return this.writer.bytesSent;
  }

  set bytesSent(bytes: number) {
    this.writer.bytesSent = bytes;
  }

  // Downstream: what the exchange asks for.

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

  stream(status: number, headers: HeaderList, content: ContentSource, onDone: (fault: Error | undefined) => void): void {
    if (this.phase === EXCHANGE) return this.response.stream(status, headers, content, onDone);
    content.cancel();
    onDone(new Error('the client is gone'));
  }

  upgrade(headers: HeaderList, tunnel: Tunnel, onDone: (fault: TunnelFault | undefined) => void): void {
    if (this.phase !== EXCHANGE) {
      tunnel.stream.destroy();
      onDone(undefined);
      return;
    }
    this.phase = TUNNEL;
    const { wheel, options } = this.owner;
    wheel.clear(this.timer);
    headers.set('Connection', 'Upgrade');
    headers.set('Upgrade', 'websocket');
    this.writer.send(serializeResponseHead(101, undefined, headers, 'none', 0));
    this.writer.flush();
    joinTunnel({ client: this.socket, clientHead: this.reader.stop(), tunnel }, this, wheel, options.lingerMs, onDone);
  }

  abort(): void {
    if (this.phase !== EXCHANGE) return;
    this.response.abandon();
    this.destroy();
  }

  // RequestEvents: what the client sends.

  headStarted(): void {
    this.owner.wheel.set(this.timer, this.owner.options.headerTimeoutMs);
  }

  headArrived(): void {
    const { parser, reader } = this;
    this.phase = EXCHANGE;
    this.response.begin();
    this.abortListener = undefined;
    this.protocol = parser.versionMinor === 1 ? '1.1' : '1.0';
    this.method = parser.method;
    this.host = parser.host;
    this.authority = parser.authority;
    this.content = reader.content ?? noContent;
    this.wantsUpgrade = parser.upgrade !== undefined;
    this.expectsContinue = parser.expectContinue;
    this.maxBodyBytes = this.owner.options.maxBodyBytes;
    this.path = '';
    this.query = '';
    this.hasQuery = false;
    const code = refusalOfMethod(parser.method);
    if (code !== undefined) return this.refuse(code, `the method ${parser.method} is not served`, parser.headers);
    const fault = parser.readTarget(this, keepEncodedSlash);
    if (fault !== undefined) return this.refuse(fault.error, fault.reason, parser.headers);
    if (parser.method === 'OPTIONS') {
      const verdict = countDownForwards(parser.headers);
      if (verdict === 'invalid') return this.refuse('malformed_request', MALFORMED_MAX_FORWARDS, parser.headers);
      if (verdict === 'end' || this.path === '*') return this.answerOptions();
    }
    this.handler ??= this.owner.events.connection(this);
    this.handler();
    // The end may have come before the request was looked at.
    if (reader.peerEnded) this.leaveHalfClosed();
  }

  headRefused(fault: Http1Fault): void {
    this.refuseHead(fault.error, fault.reason);
  }

  contentWanted(): void {
    const isAwaited = this.expectsContinue && !this.response.headSent && this.reader.content?.received === 0 && !this.reader.hasUnread;
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

  // WatchedPeer: how the client keeps up.

  get awaitedContent(): RequestContent | undefined {
    return this.phase === EXCHANGE && !this.reader.complete && this.reader.content?.over === false ? this.reader.content : undefined;
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

  // ResponseOwner: what becomes of the connection with a response.

  decideKeepAlive(framing: Framing): void {
    const { reader, owner } = this;
    this.keepAlive = framing !== 'close' && !this.isLastResponse && reader.reusable && !owner.draining && reader.canDiscard(owner.options.drainContentBytes);
  }

  responseEnded(): void {
    if (this.phase !== EXCHANGE) return;
    const { reader } = this;
    const { drainContentBytes, bodyIdleMs } = this.owner.options;
    if (!this.keepAlive || !reader.reusable || !reader.canDiscard(drainContentBytes)) return this.close();
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
    // A client that was busy just now may have its next request on the way: it is answered, with Connection: close.
    const leftMs = this.idleSinceMs + options.drainIdleMs - wheel.nowMs;
    if (leftMs <= 0) this.destroy();
    else wheel.set(this.timer, leftMs);
  }

  destroyNow(): void {
    this.socket.destroy();
  }

  /** The client has ended its side of the connection. */
  private clientEnded(): void {
    if (this.phase >= TUNNEL) return;
    this.reader.end();
    this.leaveHalfClosed();
  }

  /** Gives the request under way up because its client has ended its side. One whose content is not whole is refused. */
  private leaveHalfClosed(): void {
    if (this.phase !== EXCHANGE || this.servesHalfClosed) return;
    if (this.reader.endedWhole() || this.response.headSent) this.cutOff();
  }

  /**
   * Destroys the socket so that the client cannot take what it has for a whole response: to HTTP/1.0 content is delimited by
   * the end of the connection, and would look whole after an orderly one (RFC 9112 section 8). TLS ends without close_notify.
   */
  private cutOff(): void {
    this.writer.flush();
    if (this.protocol === '1.0' && !this.encrypted) this.socket.resetAndDestroy();
    else this.socket.destroy();
  }

  private drained(): void {
    this.writer.blocked = false;
    if (this.phase === EXCHANGE) this.response.resume();
    else if (this.phase === IDLE && this.reader.complete) this.reader.next();
  }

  /** Refuses what is not a request: nothing is known of it, and nothing that follows it can be understood. */
  private refuseHead(code: ErrorCode, reason: string): void {
    this.phase = EXCHANGE;
    this.method = this.parser.method;
    this.host = this.parser.host;
    this.path = '';
    this.reader.giveUp();
    this.refuse(code, reason);
  }

  /** @param headers undefined when they are not those of a well-formed head */
  private refuse(code: ErrorCode, reason: string, headers?: HeaderList): void {
    const content = this.owner.events.refused({ ...ownAnswerOf(this, catalogue[code].status, headers), code, grpcStatus: -1, reason });
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
    // A client that takes no responses gets no more of them made.
    if (!this.writer.blocked) this.reader.next();
  }

  private watchPeer(): void {
    if (this.phase !== EXCHANGE) return;
    this.watch ??= new SlowPeerWatch(this, this.owner.wheel, this.owner.options);
    this.watch.start();
  }

  /** For the timer. */
  expired(): void {
    if (this.phase === IDLE && !this.parser.idle) {
      return this.refuseHead('request_timeout', 'the head of the request was not complete in time');
    }
    // While an exchange is under way only the upstream's times count, and those of the watch.
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

  /** The socket is closed, by the client or by us. */
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
    this.reader.content?.fail('malformed_request', 'The connection ended before the content was complete.');
  }
}
