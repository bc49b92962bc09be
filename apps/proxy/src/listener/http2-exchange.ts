import {
  catalogue,
  type ErrorCode,
  grpcDenial,
  grpcStatusOf,
  problemMediaType,
  soon,
} from '@sluice/errors';
import { HeaderList, keepEncodedSlash, type RequestParser } from '@sluice/http1';
import { constants, type ServerHttp2Stream } from 'node:http2';
import { noContent, type ContentSource } from '../net/content.ts';
import type { AbortListener, Downstream } from '../exchange/downstream.ts';
import type { Tunnel, TunnelFault } from '../exchange/tunnel.ts';
import type { ConnectionOwner } from './client-connection.ts';
import { guardedBy } from '../net/guarded-events.ts';
import { isGrpcType } from '../net/http2-fields.ts';
import type { PeerCertificate } from '@sluice/policy-sdk';
import { readHttp2Head } from './http2-head.ts';
import { Http2RequestReader } from './http2-request-reader.ts';
import { Http2Response, type Http2ResponseOwner } from './http2-response.ts';
import { countDownForwards, MALFORMED_MAX_FORWARDS } from './max-forwards.ts';
import { refusalOfMethod, servedMethods } from './refusal.ts';
import { RequestContent, type ContentOwner } from './request-content.ts';
import { SlowPeerWatch, type WatchedPeer } from './slow-peer-watch.ts';
import { Timer } from '../net/timer-wheel.ts';

/** The connection of a stream, as the exchange uses it. */
export interface StreamConnection {
  readonly owner: ConnectionOwner;
  readonly encrypted: boolean;
  readonly peerAddress: string;
  readonly peerPort: number;
  readonly localPort: number;
  readonly peerCertificate: PeerCertificate | undefined;
}

/**
 * One stream of an HTTP/2 connection. It is the Downstream of the exchange on the stream.
 *
 * Flow control replaces pausing the socket as in HTTP/1.1: until the content is started, the client
 * can send no more of it than the stream window allows.
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
  rawTarget = '';
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
  private readonly connection: StreamConnection;
  private readonly owner: ConnectionOwner;
  private readonly clientStream: ServerHttp2Stream;
  private readonly response: Http2Response;
  private requestContent: RequestContent | undefined = undefined;
  private reader: Http2RequestReader | undefined = undefined;
  private watch: SlowPeerWatch | undefined = undefined;
  private headBytes = 0;
  private over = false;

  constructor(connection: StreamConnection, stream: ServerHttp2Stream) {
    this.connection = connection;
    this.owner = connection.owner;
    this.encrypted = connection.encrypted;
    this.peerAddress = connection.peerAddress;
    this.peerPort = connection.peerPort;
    this.localPort = connection.localPort;
    this.maxBodyBytes = this.owner.options.maxBodyBytes;
    this.clientStream = stream;
    this.response = new Http2Response(stream, this);
    // 'close' follows every error and ends the exchange, so the error itself needs no handling.
    stream.on('error', () => undefined);
    stream.on(
      'close',
      guardedBy(stream, () => this.gone()),
    );
  }

  get peerCertificate(): PeerCertificate | undefined {
    return this.connection.peerCertificate;
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

  /** Reads the request head and begins the exchange. */
  open(raw: readonly string[], hasContent: boolean): void {
    for (let at = 0; at + 1 < raw.length; at += 2) {
      const name = raw[at] as string;
      const value = raw[at + 1] as string;
      this.headBytes += name.length + value.length;
      // Read before the head is checked, because a refusal of a gRPC request carries grpc-status.
      if (name === 'content-type') this.isGrpc = isGrpcType(value);
    }
    const parser = readHttp2Head(raw, hasContent, this.owner.options.protectedNames);
    if (parser === undefined)
      return this.refuse('malformed_request', 'the head has no valid HTTP/1.1 equivalent');
    this.method = parser.method;
    this.host = parser.host;
    this.rawTarget = parser.target;
    if (parser.fault !== undefined) return this.refuse(parser.fault.error, parser.fault.reason);
    const code = refusalOfMethod(parser.method);
    if (code !== undefined)
      return this.refuse(code, `the method ${parser.method} is not served`, parser.headers);
    const fault = parser.readTarget(this, keepEncodedSlash);
    if (fault !== undefined) return this.refuse(fault.error, fault.reason, parser.headers);
    if (parser.method === 'OPTIONS') {
      const verdict = countDownForwards(parser.headers);
      if (verdict === 'invalid')
        return this.refuse('malformed_request', MALFORMED_MAX_FORWARDS, parser.headers);
      if (verdict === 'end' || this.path === '*') return this.answerOptions(parser.headers);
    }
    this.accept(parser, hasContent);
    if (this.requestContent?.length === 0) this.awaitEnd(this.requestContent);
    else this.owner.events.connection(this)();
  }

  // Downstream: calls from the exchange.

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

  stream(
    status: number,
    headers: HeaderList,
    content: ContentSource,
    onDone: (fault: Error | undefined) => void,
  ): void {
    if (this.isOpen) return this.response.begin(status, headers, content, onDone);
    content.cancel();
    onDone(new Error('the client has disconnected'));
  }

  /** Never called: WebSockets are served over HTTP/1.1 only. */
  upgrade(
    _headers: HeaderList,
    tunnel: Tunnel,
    onDone: (fault: TunnelFault | undefined) => void,
  ): void {
    tunnel.stream.destroy();
    this.abort();
    onDone(undefined);
  }

  abort(): void {
    if (this.over) return;
    this.response.abandon();
    this.responseBroken();
  }

  // ContentOwner: calls from the request content.

  /** Always 0: a stream does not report what it has buffered. */
  get unreadBytes(): number {
    return 0;
  }

  contentStarted(): void {
    const { clientStream: stream, requestContent } = this;
    if (
      this.isOpen &&
      this.expectsContinue &&
      requestContent?.received === 0 &&
      !stream.headersSent &&
      stream.readableLength === 0
    ) {
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

  // WatchedPeer: the progress of the client.

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

  // Http2ResponseOwner: calls from the response.

  writeBlocked(): void {
    this.watchPeer();
  }

  responseEnded(): void {
    this.over = true;
    this.watch?.stop();
    const { clientStream: stream, requestContent } = this;
    if (requestContent === undefined || stream.readableEnded) return;
    requestContent.cancel();
    // The response is complete, so the client need not send the rest of the request (RFC 9113
    // section 8.1).
    if (this.response.hasTrailers) return this.closeLater();
    // One turn of the event loop later, because an immediate reset would overtake the response.
    stream.once('finish', () => soon('connection', () => stream.close(constants.NGHTTP2_NO_ERROR)));
  }

  responseBroken(): void {
    this.over = true;
    this.watch?.stop();
    // Not `close`: it ends the stream normally, and the client would take the incomplete response
    // for complete.
    this.clientStream.destroy(new Error('the response is incomplete'));
  }

  /** False as soon as the stream is closed or destroyed, even before its 'close' event. */
  private get isOpen(): boolean {
    return !this.over && !this.clientStream.closed && !this.clientStream.destroyed;
  }

  /**
   * gRPC clients end the stream themselves; an immediate reset would overtake trailers that are not
   * sent yet.
   */
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
    const content = new RequestContent(
      this,
      parser.framing === 'length' ? parser.contentLength : -1,
    );
    this.requestContent = content;
    this.content = content;
    this.expectsContinue = parser.expectContinue && content.length !== 0;
    // Only gRPC uses trailers. In other requests they could carry fields past the checks of the
    // head.
    this.reader = new Http2RequestReader(
      this.clientStream,
      content,
      this.isGrpc ? this.owner.options.protectedNames : undefined,
    );
  }

  /**
   * Begins an exchange with Content-Length: 0 only after the stream has ended, because content that
   * arrives until then makes the request malformed (RFC 9113 section 8.1.1).
   */
  private awaitEnd(content: RequestContent): void {
    content.start({
      data: () => true,
      end: () => {
        this.content = noContent;
        this.owner.events.connection(this)();
      },
      fail: ({ code }) =>
        this.refuse(
          code,
          'content arrived, or the stream did not end, after Content-Length: 0',
          this.headers,
        ),
    });
  }

  /** @param received undefined when the head is not well-formed */
  private refuse(code: ErrorCode, reason: string, received?: HeaderList): void {
    const { protocol, encrypted, peerAddress, localPort, method, host, path } = this;
    const { status } = catalogue[code];
    const grpcStatus = this.isGrpc ? grpcStatusOf(status) : -1;
    const facts = {
      protocol,
      encrypted,
      status,
      peerAddress,
      localPort,
      method,
      host,
      path,
      headers: received,
    };
    const content = this.owner.events.refused({ ...facts, code, reason, grpcStatus });
    if (!this.isOpen) return;
    const headers = new HeaderList();
    if (code === 'method_not_allowed') headers.set('Allow', servedMethods);
    if (this.isGrpc) {
      for (const [name, value] of grpcDenial(status, catalogue[code].title))
        headers.set(name, value);
      return this.response.respond(200, headers, undefined);
    }
    headers.set('Content-Type', problemMediaType);
    this.response.respond(status, headers, content);
  }

  private answerOptions(received: HeaderList): void {
    const { protocol, encrypted, peerAddress, localPort, method, host, path } = this;
    this.response.respond(204, HeaderList.of({ Allow: servedMethods }), undefined);
    this.owner.events.answered({
      protocol,
      encrypted,
      status: 204,
      peerAddress,
      localPort,
      method,
      host,
      path,
      headers: received,
    });
  }

  private watchPeer(): void {
    if (this.over) return;
    this.watch ??= new SlowPeerWatch(this, this.owner.wheel, this.owner.options);
    this.watch.start();
  }

  /** Ends the exchange after the stream has closed. */
  private gone(): void {
    const { abortListener, over } = this;
    const onDone = this.response.abandon();
    this.over = true;
    this.watch?.stop();
    this.abortListener = undefined;
    if (over) return;
    if (abortListener !== undefined) abortListener.onAborted();
    else onDone?.(new Error('the client closed the stream'));
    this.requestContent?.fail(
      'malformed_request',
      'The stream ended before the content was complete.',
    );
  }
}
