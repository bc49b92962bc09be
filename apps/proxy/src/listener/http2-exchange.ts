import { catalogue, type ErrorCode, grpcDenial, grpcStatusOf, problemMediaType, soon } from '@sluice/errors';
import { HeaderList, keepEncodedSlash, type RequestParser } from '@sluice/http1';
import { constants, type ServerHttp2Stream } from 'node:http2';
import { noContent, type ContentSource } from '../exchange/content.ts';
import type { AbortListener, Downstream } from '../exchange/downstream.ts';
import type { Tunnel, TunnelFault } from '../exchange/tunnel.ts';
import type { ConnectionOwner } from './client-connection.ts';
import { guardedBy } from './guarded-events.ts';
import { isGrpcType } from '../net/http2-fields.ts';
import { readHttp2Head } from './http2-head.ts';
import { Http2RequestReader } from './http2-request-reader.ts';
import { Http2Response, type Http2ResponseOwner } from './http2-response.ts';
import { countDownForwards, MALFORMED_MAX_FORWARDS } from './max-forwards.ts';
import { refusalOfMethod, servedMethods } from './refusal.ts';
import { RequestContent, type ContentOwner } from './request-content.ts';
import { SlowPeerWatch, type WatchedPeer } from './slow-peer-watch.ts';
import { Timer } from '../net/timer-wheel.ts';

/** What an exchange needs of the connection its stream belongs to. */
export interface StreamConnection {
  readonly owner: ConnectionOwner;
  readonly encrypted: boolean;
  readonly peerAddress: string;
  readonly peerPort: number;
  readonly localPort: number;
}

/**
 * One stream of an HTTP/2 connection: the Downstream of the one exchange on it.
 *
 * Flow control does what reading and pausing do in HTTP/1.1: until content is started, no more of it arrives than the
 * window of the stream allows.
 */
export class Http2Exchange implements Downstream, ContentOwner, WatchedPeer, Http2ResponseOwner {
  readonly protocol = '2' as const;
  readonly encrypted: boolean;
  readonly peerAddress: string;
  readonly peerPort: number;
  readonly localPort: number;
  method = '';
  path = '';
  query = '';
  hasQuery = false;
  hasEncodedSlash = false;
  host = '';
  authority = '';
  headers = new HeaderList();
  content: ContentSource = noContent;
  readonly wantsUpgrade = false;
  expectsContinue = false;
  maxBodyBytes: number;
  servesHalfClosed = false;
  abortListener: AbortListener | undefined = undefined;
  isGrpc = false;
  private readonly owner: ConnectionOwner;
  private readonly clientStream: ServerHttp2Stream;
  private readonly response: Http2Response;
  private requestContent: RequestContent | undefined = undefined;
  private reader: Http2RequestReader | undefined = undefined;
  private watch: SlowPeerWatch | undefined = undefined;
  private headBytes = 0;
  private over = false;

  constructor(connection: StreamConnection, stream: ServerHttp2Stream) {
    this.owner = connection.owner;
    this.encrypted = connection.encrypted;
    this.peerAddress = connection.peerAddress;
    this.peerPort = connection.peerPort;
    this.localPort = connection.localPort;
    this.maxBodyBytes = this.owner.options.maxBodyBytes;
    this.clientStream = stream;
    this.response = new Http2Response(stream, this);
    // What broke the stream matters to nobody: 'close' follows.
    stream.on('error', () => undefined);
    stream.on('close', guardedBy(stream, () => this.gone()));
  }

  get bytesReceived(): number {
    return this.headBytes + (this.reader?.bytes ?? 0);
  }

  get bytesSent(): number {
    return this.response.bytesSent;
  }

  get grpcStatus(): number {
    return this.response.grpcStatus;
  }

  get takesTrailers(): boolean {
    return this.isGrpc;
  }

  /** Takes the head of the request and lets the exchange begin. */
  open(raw: readonly string[], hasContent: boolean): void {
    for (let at = 0; at + 1 < raw.length; at += 2) {
      const name = raw[at] as string;
      const value = raw[at + 1] as string;
      this.headBytes += name.length + value.length;
      // Here already, because refusals of what follows are answered to a caller of gRPC, too.
      if (name === 'content-type') this.isGrpc = isGrpcType(value);
    }
    const parser = readHttp2Head(raw, hasContent, this.owner.options.protectedNames);
    if (parser === undefined) return this.refuse('malformed_request', 'the head is not one of HTTP');
    this.method = parser.method;
    this.host = parser.host;
    if (parser.fault !== undefined) return this.refuse(parser.fault.error, parser.fault.reason);
    const code = refusalOfMethod(parser.method);
    if (code !== undefined) return this.refuse(code, `the method ${parser.method} is not served`, parser.headers);
    const fault = parser.readTarget(this, keepEncodedSlash);
    if (fault !== undefined) return this.refuse(fault.error, fault.reason, parser.headers);
    if (parser.method === 'OPTIONS') {
      const verdict = countDownForwards(parser.headers);
      if (verdict === 'invalid') return this.refuse('malformed_request', MALFORMED_MAX_FORWARDS, parser.headers);
      if (verdict === 'end' || this.path === '*') return this.answerOptions(parser.headers);
    }
    this.accept(parser, hasContent);
    if (this.requestContent?.length === 0) this.awaitEnd(this.requestContent);
    else this.owner.events.connection(this)();
  }

  // Downstream: what the exchange asks for.

  closeAfterResponse(): void {}

  get responseBegun(): boolean {
    return !this.isOpen || this.clientStream.headersSent;
  }

  sendInterim(status: number, headers: HeaderList): void {
    if (this.isOpen) this.response.interim(status, headers);
  }

  respond(status: number, headers: HeaderList, content: Buffer | string | undefined): void {
    if (this.isOpen) this.response.respond(status, headers, content);
  }

  stream(status: number, headers: HeaderList, content: ContentSource, onDone: (fault: Error | undefined) => void): void {
    if (this.isOpen) return this.response.begin(status, headers, content, onDone);
    content.cancel();
    onDone(new Error('the client is gone'));
  }

  /** WebSockets are spoken over HTTP/1.1 here, so nothing asks for this. */
  upgrade(_headers: HeaderList, tunnel: Tunnel, onDone: (fault: TunnelFault | undefined) => void): void {
    tunnel.stream.destroy();
    this.abort();
    onDone(undefined);
  }

  abort(): void {
    if (this.over) return;
    this.response.abandon();
    this.responseBroken();
  }

  // ContentOwner: how the content of the request flows.

  /** What a stream has read is not known before it flows. */
  get unreadBytes(): number {
    return 0;
  }

  contentStarted(): void {
    const { clientStream: stream, requestContent } = this;
    if (this.isOpen && this.expectsContinue && requestContent?.received === 0 && !stream.headersSent && stream.readableLength === 0) {
      stream.additionalHeaders({ ':status': 100 });
    }
    this.reader?.begin();
    this.watchPeer();
  }

  contentResumed(): void {
    this.clientStream.resume();
  }

  contentPaused(): void {
    this.clientStream.pause();
  }

  // WatchedPeer: how the client keeps up.

  get awaitedContent(): RequestContent | undefined {
    return this.over || this.requestContent?.over !== false ? undefined : this.requestContent;
  }

  get isBlocked(): boolean {
    return !this.over && this.response.blocked;
  }

  sendsTooSlowly(content: RequestContent): void {
    content.fail('request_timeout');
  }

  doesNotRead(): void {
    this.clientStream.destroy(new Error('the client does not read'));
  }

  // Http2ResponseOwner: how the response went.

  writeBlocked(): void {
    this.watchPeer();
  }

  responseEnded(): void {
    this.over = true;
    this.watch?.stop();
    const { clientStream: stream, requestContent } = this;
    if (requestContent === undefined || stream.readableEnded) return;
    requestContent.cancel();
    // The answer is complete without the rest of the request: it need not be sent (RFC 9113 section 8.1).
    if (this.response.hasTrailers) return this.closeLater();
    // A turn later, or the reset would overtake the answer.
    stream.once('finish', () => soon('connection', () => stream.close(constants.NGHTTP2_NO_ERROR)));
  }

  responseBroken(): void {
    this.over = true;
    this.watch?.stop();
    // Not `close`: that ends the stream in good order first, and the client would take what it has for whole.
    this.clientStream.destroy(new Error('the response breaks off'));
  }

  /** Closed streams take nothing, also in the moment before they say so. */
  private get isOpen(): boolean {
    return !this.over && !this.clientStream.closed && !this.clientStream.destroyed;
  }

  /** A reset overtakes trailers that have not left yet, and clients of gRPC give the stream up by themselves: they have time. */
  private closeLater(): void {
    const { clientStream: stream, owner } = this;
    const timer = new Timer({ expired: () => stream.close(constants.NGHTTP2_NO_ERROR) });
    owner.wheel.set(timer, owner.options.lingerMs);
    stream.on('close', () => owner.wheel.clear(timer));
  }

  private accept(parser: RequestParser, hasContent: boolean): void {
    this.headers = parser.headers;
    this.authority = parser.authority;
    if (!hasContent) return;
    const content = new RequestContent(this, parser.framing === 'length' ? parser.contentLength : -1);
    this.requestContent = content;
    this.content = content;
    this.expectsContinue = parser.expectContinue && content.length !== 0;
    // Only gRPC has a use for trailers; anywhere else they could carry fields past the checks of the head.
    this.reader = new Http2RequestReader(this.clientStream, content, this.isGrpc ? this.owner.options.protectedNames : undefined);
  }

  /**
   * Content of length 0 whose end is still to come: the exchange begins when the stream has ended. Before that it is not
   * known whether the request is malformed by content that it has not announced (RFC 9113 section 8.1.1).
   */
  private awaitEnd(content: RequestContent): void {
    content.start({
      data: () => true,
      end: () => {
        this.content = noContent;
        this.owner.events.connection(this)();
      },
      fail: ({ code }) => this.refuse(code, 'the stream was not ended, or content came, behind a length of 0', this.headers),
    });
  }

  /** @param received undefined when they are not those of a well-formed head */
  private refuse(code: ErrorCode, reason: string, received?: HeaderList): void {
    const { protocol, encrypted, peerAddress, localPort, method, host, path } = this;
    const { status } = catalogue[code];
    const grpcStatus = this.isGrpc ? grpcStatusOf(status) : -1;
    const facts = { protocol, encrypted, status, peerAddress, localPort, method, host, path, headers: received };
    const content = this.owner.events.refused({ ...facts, code, reason, grpcStatus });
    if (!this.isOpen) return;
    const headers = new HeaderList();
    if (code === 'method_not_allowed') headers.set('Allow', servedMethods);
    if (this.isGrpc) {
      for (const [name, value] of grpcDenial(status, catalogue[code].title)) headers.set(name, value);
      return this.response.respond(200, headers, undefined);
    }
    headers.set('Content-Type', problemMediaType);
    this.response.respond(status, headers, content);
  }

  private answerOptions(received: HeaderList): void {
    const { protocol, encrypted, peerAddress, localPort, method, host, path } = this;
    this.response.respond(204, HeaderList.of({ Allow: servedMethods }), undefined);
    this.owner.events.answered({ protocol, encrypted, status: 204, peerAddress, localPort, method, host, path, headers: received });
  }

  private watchPeer(): void {
    if (this.over) return;
    this.watch ??= new SlowPeerWatch(this, this.owner.wheel, this.owner.options);
    this.watch.start();
  }

  /** The stream is closed, by whomever. */
  private gone(): void {
    const { abortListener, over } = this;
    const onDone = this.response.abandon();
    this.over = true;
    this.watch?.stop();
    this.abortListener = undefined;
    if (over) return;
    if (abortListener !== undefined) abortListener.onAborted();
    else onDone?.(new Error('the client closed the stream'));
    this.requestContent?.fail('malformed_request', 'The stream ended before the content was complete.');
  }
}
