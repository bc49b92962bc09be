import { catalogue, type ErrorCode, problemMediaType, soon } from '@sluice/errors';
import { HeaderList, keepEncodedSlash, type RequestParser } from '@sluice/http1';
import { constants, type ServerHttp2Stream } from 'node:http2';
import { noContent, type ContentSource } from '../exchange/content.ts';
import type { AbortListener, Downstream } from '../exchange/downstream.ts';
import type { Tunnel } from '../exchange/tunnel.ts';
import type { ConnectionOwner } from './client-connection.ts';
import { guardedBy } from './guarded-events.ts';
import { readHttp2Head } from './http2-head.ts';
import { Http2Response, type Http2ResponseOwner } from './http2-response.ts';
import { readHttp2Trailers } from './http2-trailers.ts';
import { countDownForwards, MALFORMED_MAX_FORWARDS } from './max-forwards.ts';
import { refusalOfMethod, servedMethods } from './refusal.ts';
import { RequestContent, type ContentOwner } from './request-content.ts';
import { SlowPeerWatch, type WatchedPeer } from './slow-peer-watch.ts';

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
  bytesReceived = 0;
  takesTrailers = false;
  private readonly owner: ConnectionOwner;
  private readonly clientStream: ServerHttp2Stream;
  private readonly response: Http2Response;
  private requestContent: RequestContent | undefined = undefined;
  private trailers: HeaderList | undefined = undefined;
  private watch: SlowPeerWatch | undefined = undefined;
  private reading = false;
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

  get bytesSent(): number {
    return this.response.bytesSent;
  }

  /** Takes the head of the request and lets the exchange begin. */
  open(raw: readonly string[], hasContent: boolean): void {
    for (const text of raw) this.bytesReceived += text.length;
    const parser = readHttp2Head(raw, hasContent, this.owner.options.protectedNames);
    if (parser === undefined) return this.refuse('malformed_request', 'the head is not one of HTTP');
    this.method = parser.method;
    this.host = parser.host;
    if (parser.fault !== undefined) return this.refuse(parser.fault.error, parser.fault.reason);
    const code = refusalOfMethod(parser.method);
    if (code !== undefined) return this.refuse(code, `the method ${parser.method} is not served`);
    const fault = parser.readTarget(this, keepEncodedSlash);
    if (fault !== undefined) return this.refuse(fault.error, fault.reason);
    if (parser.method === 'OPTIONS') {
      const verdict = countDownForwards(parser.headers);
      if (verdict === 'invalid') return this.refuse('malformed_request', MALFORMED_MAX_FORWARDS);
      if (verdict === 'end' || this.path === '*') return this.answerOptions();
    }
    this.accept(parser, hasContent);
    this.owner.events.connection(this)();
  }

  // Downstream: what the exchange asks for.

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
  upgrade(_headers: HeaderList, tunnel: Tunnel, onDone: (reason: string | undefined) => void): void {
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

  contentStarted(): void {
    const { clientStream: stream, requestContent } = this;
    if (this.isOpen && this.expectsContinue && requestContent?.received === 0 && !stream.headersSent && stream.readableLength === 0) {
      stream.additionalHeaders({ ':status': 100 });
    }
    this.read(requestContent as RequestContent);
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

  private accept(parser: RequestParser, hasContent: boolean): void {
    this.headers = parser.headers;
    this.authority = parser.authority;
    this.expectsContinue = parser.expectContinue;
    this.takesTrailers = parser.headers.get('content-type')?.startsWith('application/grpc') === true;
    if (!hasContent) return;
    this.requestContent = new RequestContent(this, parser.framing === 'length' ? parser.contentLength : -1);
    this.content = this.requestContent;
    // Only gRPC has a use for them; anywhere else they could smuggle fields past whoever looked at the head.
    // They may be here before anybody asks for the content.
    if (this.takesTrailers) this.clientStream.on('trailers', (_, __, raw) => this.takeTrailers(raw));
  }

  private takeTrailers(raw: readonly string[]): void {
    this.trailers = readHttp2Trailers(raw, this.owner.options.protectedNames);
    if (this.trailers === undefined) this.requestContent?.fail('malformed_request', 'A trailer field may not be there.');
  }

  private read(content: RequestContent): void {
    if (this.reading) return;
    this.reading = true;
    const { clientStream: stream } = this;
    stream.on('data', (chunk: Buffer) => {
      this.bytesReceived += chunk.length;
      content.deliver(chunk);
    });
    // A stream that was cut off ends as well.
    stream.on('end', () => {
      if (!stream.aborted && stream.rstCode === constants.NGHTTP2_NO_ERROR) content.complete(this.trailers);
    });
  }

  private refuse(code: ErrorCode, reason: string): void {
    const { protocol, peerAddress, method, host, path } = this;
    const { status } = catalogue[code];
    const content = this.owner.events.refused({ protocol, code, status, reason, peerAddress, method, host, path });
    const headers = HeaderList.of({ 'Content-Type': problemMediaType });
    if (code === 'method_not_allowed') headers.set('Allow', servedMethods);
    this.response.respond(status, headers, content);
  }

  private answerOptions(): void {
    const { protocol, peerAddress, method, host, path } = this;
    this.response.respond(204, HeaderList.of({ Allow: servedMethods }), undefined);
    this.owner.events.answered({ protocol, status: 204, peerAddress, method, host, path });
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
