import { catalogue, type ErrorCode } from '@sluice/errors';
import { continueHead, isHttp1Fault, normalizeTarget, RequestParser, serializeResponseHead, type HeaderList, type Http1Fault } from '@sluice/http1';
import type { Socket } from 'node:net';
import { noContent, type ContentSource } from '../exchange/content.ts';
import type { Downstream, ListenerEvents } from '../exchange/downstream.ts';
import type { Tunnel } from '../exchange/tunnel.ts';
import { ClientWriter } from './client-writer.ts';
import { closeGently } from './gentle-close.ts';
import type { ListenerOptions } from './listener-options.ts';
import { optionsResponse, refusalOfMethod, refusalResponse } from './refusal.ts';
import { RequestReader, type RequestEvents } from './request-reader.ts';
import { isBodiless, responseFraming, responseHead } from './response-head.ts';
import { ResponseSink, textOf, type ResponseOwner } from './response-sink.ts';
import { SlowPeerWatch } from './slow-peer-watch.ts';
import { Timer, type TimerWheel } from './timer-wheel.ts';
import { joinTunnel } from './tunnel-pipe.ts';

/** What a connection needs of the listener that accepted it. */
export interface ConnectionOwner {
  readonly options: ListenerOptions;
  readonly events: ListenerEvents;
  readonly wheel: TimerWheel;
  /** True once no more requests are taken than those under way. */
  readonly draining: boolean;
}

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
 * - A client that ends its side after a complete request still gets its answer: many simple clients do that. One that
 *   is gone altogether is noticed when the connection breaks, and the exchange is told through `onAborted`.
 * - When the client goes away during a streamed response, either `onAborted` is called or, when nobody has set it, the
 *   `onDone` of the response; never both.
 * - After a response that the client must not take for complete, nothing more is sent.
 */
export class Http1Connection implements Downstream, RequestEvents, ResponseOwner {
  readonly encrypted: boolean;
  readonly peerAddress: string;
  readonly peerPort: number;
  readonly localPort: number;
  protocol: '1.0' | '1.1' = '1.1';
  method = '';
  path = '';
  query = '';
  host = '';
  authority = '';
  readonly headers: HeaderList;
  content: ContentSource = noContent;
  wantsUpgrade = false;
  expectsContinue = false;
  maxBodyBytes = 0;
  onAborted: (() => void) | undefined = undefined;
  /** Whether the connection stays open after the response under way. Decided when its head is made. */
  keepAlive = true;
  private readonly owner: ConnectionOwner;
  private readonly socket: Socket;
  private readonly parser: RequestParser;
  private readonly reader: RequestReader;
  private readonly writer: ClientWriter;
  private readonly timer = new Timer(() => this.expired());
  private handler: (() => void) | undefined = undefined;
  private watch: SlowPeerWatch | undefined = undefined;
  private watching = false;
  private sink: ResponseSink | undefined = undefined;
  private phase = IDLE;
  private headSent = false;
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
    this.writer = new ClientWriter(socket, () => this.watchPeer());
    this.idleSinceMs = owner.wheel.nowMs;
    owner.wheel.set(this.timer, owner.options.headerTimeoutMs);
    socket.on('data', (chunk: Buffer) => {
      if (this.phase < TUNNEL) this.reader.take(chunk);
    });
    socket.on('end', () => {
      if (this.phase < TUNNEL) this.reader.end();
    });
    socket.on('drain', () => this.drained());
    // What broke the connection matters to nobody: 'close' follows.
    socket.on('error', () => undefined);
    socket.on('close', () => this.gone());
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

  sendInterim(status: number, headers: HeaderList): void {
    if (this.phase !== EXCHANGE || this.headSent || this.protocol === '1.0') return;
    this.send(serializeResponseHead(status, undefined, headers, 'none', 0));
  }

  respond(status: number, headers: HeaderList, content: Buffer | string | undefined): void {
    if (this.phase !== EXCHANGE) return;
    // A string of one byte per character goes out as it is; any other is UTF-8.
    const bytes = typeof content === 'string' && Buffer.byteLength(content) !== content.length ? Buffer.from(content) : (content ?? '');
    const head = this.makeHead(status, headers, bytes.length === 0 && status === 304 ? -1 : bytes.length);
    if (bytes.length === 0 || isBodiless(this.method, status)) this.send(head);
    else if (typeof bytes === 'string') this.send(head + bytes);
    else if (bytes.length <= 8_192) this.send(head + textOf(bytes));
    else this.sendContent(head, bytes, '');
    this.responseEnded();
  }

  stream(status: number, headers: HeaderList, content: ContentSource, onDone: (fault: Error | undefined) => void): void {
    if (this.phase !== EXCHANGE) {
      content.cancel();
      onDone(new Error('the client is gone'));
      return;
    }
    const head = this.makeHead(status, headers, content.length);
    if (isBodiless(this.method, status)) {
      content.cancel();
      this.send(head);
      this.responseEnded();
      onDone(undefined);
      return;
    }
    const sink = new ResponseSink(this, head, responseFraming(this, status, content.length), content, onDone);
    this.sink = sink;
    sink.begin();
  }

  upgrade(headers: HeaderList, tunnel: Tunnel, onDone: () => void): void {
    if (this.phase !== EXCHANGE) {
      tunnel.stream.destroy();
      onDone();
      return;
    }
    this.phase = TUNNEL;
    const { wheel, options } = this.owner;
    wheel.clear(this.timer);
    headers.set('Connection', 'Upgrade');
    headers.set('Upgrade', 'websocket');
    this.send(serializeResponseHead(101, undefined, headers, 'none', 0));
    const ends = { client: this.socket, upstream: tunnel.stream, clientHead: this.reader.stop(), upstreamHead: tunnel.head };
    joinTunnel(ends, this, wheel, { idleMs: options.tunnelIdleMs, closingMs: options.lingerMs }, onDone);
  }

  abort(): void {
    if (this.phase !== EXCHANGE) return;
    this.sink?.abandon();
    this.destroy();
  }

  // RequestEvents: what the client sends.

  headStarted(): void {
    this.owner.wheel.set(this.timer, this.owner.options.headerTimeoutMs);
  }

  headArrived(): void {
    const { parser, reader } = this;
    this.phase = EXCHANGE;
    this.headSent = false;
    this.watching = false;
    this.bytesSent = 0;
    this.onAborted = undefined;
    this.protocol = parser.versionMinor === 1 ? '1.1' : '1.0';
    this.method = parser.method;
    this.host = parser.host;
    this.authority = parser.port === undefined ? parser.host : `${parser.host}:${parser.port}`;
    this.content = reader.content ?? noContent;
    this.wantsUpgrade = parser.upgrade !== undefined;
    this.expectsContinue = parser.expectContinue;
    this.maxBodyBytes = this.owner.options.maxBodyBytes;
    this.path = '';
    this.query = '';
    const code = refusalOfMethod(parser.method);
    if (code !== undefined) return this.refuse(code, `the method ${parser.method} is not served`);
    const target = normalizeTarget(parser.target);
    if (isHttp1Fault(target)) return this.refuse(target.error, target.reason);
    this.path = target.path;
    this.query = target.query;
    if (target.path === '*') return this.answerOptions();
    this.handler ??= this.owner.events.connection(this);
    this.handler();
  }

  headRefused(fault: Http1Fault): void {
    this.refuseHead(fault.error, fault.reason);
  }

  contentWanted(): void {
    const isAwaited = this.expectsContinue && !this.headSent && this.reader.content?.received === 0 && !this.reader.hasUnread;
    if (isAwaited) this.send(continueHead);
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

  // ResponseOwner: what goes to the client.

  send(text: string): boolean {
    return this.writer.send(text);
  }

  sendContent(before: string, chunk: Buffer, after: string): boolean {
    return this.writer.sendContent(before, chunk, after);
  }

  responseEnded(): void {
    this.sink = undefined;
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
    this.sink = undefined;
    if (this.phase !== EXCHANGE) return;
    // Content delimited by the end of the connection would look whole after an orderly end (RFC 9112 section 8).
    if (this.protocol === '1.0') this.socket.resetAndDestroy();
    this.destroy();
  }

  /** No more requests: closes the connection when it is idle, else after what is under way. */
  drain(): void {
    if (this.phase !== IDLE || !this.parser.idle || this.reader.hasUnread) return;
    const { wheel, options } = this.owner;
    // A client that was busy just now may have its next request on the way: it is answered, with Connection: close.
    const leftMs = this.idleSinceMs + options.drainIdleMs - wheel.nowMs;
    if (leftMs <= 0) this.destroy();
    else wheel.set(this.timer, leftMs);
  }

  /** Closes the connection whatever is under way; the exchange hears of it. */
  destroyNow(): void {
    this.socket.destroy();
  }

  private drained(): void {
    this.writer.blocked = false;
    if (this.sink !== undefined) this.sink.source.resume();
    else if (this.phase === IDLE && this.reader.complete) this.reader.next();
  }

  private makeHead(status: number, headers: HeaderList, length: number): string {
    if (this.headSent) throw new Error('the response to this request has already begun');
    this.decideKeepAlive();
    const framing = responseFraming(this, status, length);
    if (framing === 'close') this.keepAlive = false;
    const head = responseHead(this, status, headers, framing, length);
    this.headSent = true;
    return head;
  }

  /** Refuses what is not a request: nothing is known of it, and nothing that follows it can be understood. */
  private refuseHead(code: ErrorCode, reason: string): void {
    this.phase = EXCHANGE;
    this.method = '';
    this.host = '';
    this.path = '';
    this.reader.giveUp();
    this.refuse(code, reason);
  }

  private refuse(code: ErrorCode, reason: string): void {
    const { peerAddress, method, host, path } = this;
    const refusal = { code, status: catalogue[code].status, reason, peerAddress, method, host, path };
    const content = this.owner.events.refused(refusal);
    this.decideKeepAlive();
    this.send(refusalResponse(this, code, content));
    this.responseEnded();
  }

  private answerOptions(): void {
    this.decideKeepAlive();
    this.send(optionsResponse(this));
    this.responseEnded();
  }

  private decideKeepAlive(): void {
    const { reader, owner } = this;
    this.keepAlive = reader.reusable && !owner.draining && reader.canDiscard(owner.options.drainContentBytes);
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
    if (this.watching || this.phase !== EXCHANGE) return;
    this.watching = true;
    this.watch ??= new SlowPeerWatch(this.owner.options);
    this.watch.begin(this.owner.wheel.nowMs);
    this.owner.wheel.set(this.timer, this.watch.intervalMs);
  }

  private expired(): void {
    if (this.phase === IDLE && !this.parser.idle) {
      return this.refuseHead('request_timeout', 'the head of the request was not complete in time');
    }
    if (this.phase !== EXCHANGE) return this.destroy();
    if (this.watching) this.lookAtPeer(this.watch as SlowPeerWatch);
  }

  private lookAtPeer(watch: SlowPeerWatch): void {
    const { reader } = this;
    const { blocked } = this.writer;
    const speed = watch.look(this.owner.wheel.nowMs, reader.content, blocked);
    if (speed === 'does-not-read') return this.destroyNow();
    this.watching = blocked || (!reader.complete && reader.content?.over === false);
    if (this.watching) this.owner.wheel.set(this.timer, watch.intervalMs);
    if (speed === 'sends-too-slowly') {
      reader.giveUp();
      reader.content?.fail('request_timeout');
    }
  }

  private close(): void {
    const { wheel, options } = this.owner;
    const hasMore = !this.reader.peerEnded && (!this.reader.complete || this.reader.hasUnread);
    this.phase = CLOSED;
    this.reader.stop();
    wheel.clear(this.timer);
    closeGently(this.socket, wheel, options, hasMore);
  }

  private destroy(): void {
    this.phase = CLOSED;
    this.socket.destroy();
  }

  /** The socket is closed, by whomever. */
  private gone(): void {
    const { onAborted, sink, phase } = this;
    this.owner.wheel.clear(this.timer);
    this.phase = CLOSED;
    this.onAborted = undefined;
    this.sink = undefined;
    this.reader.stop();
    if (phase !== EXCHANGE) return;
    if (onAborted !== undefined) {
      sink?.abandon();
      onAborted();
    } else {
      sink?.abandonWith(new Error('the client closed the connection'));
    }
    this.reader.content?.fail('malformed_request', 'The connection ended before the content was complete.');
  }
}
