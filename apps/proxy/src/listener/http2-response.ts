import { GatewayError, grpcStatusFields } from '@sluice/errors';
import { HeaderList } from '@sluice/http1';
import { constants, type ServerHttp2Stream } from 'node:http2';
import type { ContentSink, ContentSource } from '../net/content.ts';
import { appendFields, trailersOf } from '../net/http2-fields.ts';
import { isBodiless, RESET_CONTENT } from '../net/bodiless.ts';
import { toKeep } from '../net/shared-read-buffer.ts';

/** Receives the progress of a response. */
export interface Http2ResponseOwner {
  readonly method: string;
  /** Whether the client uses trailers, which is the case for gRPC. */
  readonly takesTrailers: boolean;
  /** Reports that a write waits for the client. */
  writeBlocked(): void;
  responseEnded(): void;
  responseBroken(): void;
}

/** Sends the response on one stream. */
export class Http2Response implements ContentSink {
  bytesSent = 0;
  blocked = false;
  /** Whether trailers, possibly empty, end the response. */
  hasTrailers = false;
  private readonly stream: ServerHttp2Stream;
  private readonly owner: Http2ResponseOwner;
  private source: ContentSource | undefined = undefined;
  private onDone: ((fault: Error | undefined) => void) | undefined = undefined;
  private missing = -1;
  private trailers: HeaderList | undefined = undefined;
  private statusInHead: string | undefined = undefined;

  constructor(stream: ServerHttp2Stream, owner: Http2ResponseOwner) {
    this.stream = stream;
    this.owner = owner;
    stream.on('drain', () => {
      this.blocked = false;
      this.source?.resume();
    });
    stream.on('wantTrailers', () => stream.sendTrailers(trailersOf(this.trailers)));
  }

  /**
   * The `grpc-status` that was sent, -1 before that. A value that is no number counts as 2
   * (UNKNOWN), as in clients.
   */
  get grpcStatus(): number {
    const text = this.trailers?.get('grpc-status') ?? this.statusInHead;
    if (text === undefined || !this.owner.takesTrailers) return -1;
    return /^\d{1,3}$/.test(text) ? Number(text) : 2;
  }

  interim(status: number, headers: HeaderList): void {
    if (!this.stream.headersSent)
      this.stream.additionalHeaders({ ':status': status, ...trailersOf(headers) });
  }

  respond(status: number, headers: HeaderList, given: Buffer | string | undefined): void {
    const content = status === RESET_CONTENT ? undefined : given;
    const bytes = typeof content === 'string' ? Buffer.from(content) : (content ?? Buffer.alloc(0));
    const ends = isBodiless(this.owner.method, status) || bytes.length === 0;
    // A gRPC response without content ends with its head, which has no Content-Length
    // (Trailers-Only). The gateway does not know the length of the 200 response that its 304 stands
    // for.
    const isSilent = status === 304 || (bytes.length === 0 && this.owner.takesTrailers);
    this.sendHead(status, headers, isSilent ? -1 : bytes.length, ends, false);
    if (!ends) {
      this.bytesSent += bytes.length;
      this.stream.end(bytes);
    }
    this.owner.responseEnded();
  }

  begin(
    status: number,
    headers: HeaderList,
    content: ContentSource,
    onDone: (fault: Error | undefined) => void,
  ): void {
    const { takesTrailers, method } = this.owner;
    const isReset = status === RESET_CONTENT;
    if (
      isReset ||
      content.endsWithHead === true ||
      isBodiless(method, status) ||
      (content.length === 0 && !takesTrailers)
    ) {
      // The head is sent first: cancelling the content may return its connection, which owns the
      // fields, to the pool.
      const isDropped = isReset && content.endsWithHead !== true;
      this.sendHead(status, headers, isDropped ? 0 : content.length, true, false);
      content.cancel();
      this.owner.responseEnded();
      onDone(undefined);
      return;
    }
    this.sendHead(status, headers, content.length, false, takesTrailers);
    this.source = content;
    this.onDone = onDone;
    this.missing = content.length;
    content.start(this);
  }

  data(chunk: Buffer): boolean {
    if (this.source === undefined) return false;
    if (this.missing >= 0 && (this.missing -= chunk.length) < 0) {
      this.source.cancel();
      this.fail(
        new GatewayError('upstream_malformed_response', { cause: 'more content than announced' }),
      );
      return false;
    }
    this.bytesSent += chunk.length;
    if (this.stream.write(toKeep(chunk))) return true;
    this.blocked = true;
    this.owner.writeBlocked();
    return false;
  }

  end(trailers: HeaderList | undefined): void {
    if (this.source === undefined) return;
    if (this.missing > 0) {
      this.fail(
        new GatewayError('upstream_reset', {
          cause: `${this.missing} bytes of the announced content are missing`,
        }),
      );
      return;
    }
    const onDone = this.clear();
    this.trailers = trailers;
    this.stream.end();
    this.owner.responseEnded();
    onDone?.(undefined);
  }

  fail(error: Error): void {
    if (this.source === undefined) return;
    const onDone = this.clear();
    if (this.owner.takesTrailers && error instanceof GatewayError && this.stream.writable)
      this.endWithFault(error);
    else this.owner.responseBroken();
    onDone?.(error);
  }

  /** Stops the response. Returns its `onDone`, if that has not been called. */
  abandon(): ((fault: Error | undefined) => void) | undefined {
    const { source } = this;
    const onDone = this.clear();
    source?.cancel();
    return onDone;
  }

  /** Sends the outcome of a gRPC call in trailers, because the head has been sent. */
  private endWithFault({ status, message }: GatewayError): void {
    this.trailers = HeaderList.of(Object.fromEntries(grpcStatusFields(status, message)));
    this.stream.end();
    this.owner.responseEnded();
  }

  private clear(): ((fault: Error | undefined) => void) | undefined {
    const { onDone } = this;
    this.source = undefined;
    this.onDone = undefined;
    return onDone;
  }

  private sendHead(
    status: number,
    headers: HeaderList,
    length: number,
    endStream: boolean,
    waitForTrailers: boolean,
  ): void {
    if (this.stream.headersSent) throw new Error('the response to this request has already begun');
    const raw = appendFields([constants.HTTP2_HEADER_STATUS, String(status)], headers);
    // A response to HEAD states the length of the GET response when known; 204 and an empty 304
    // state none.
    if (length >= 0 && status !== 204 && !(status === 304 && length === 0))
      raw.push('content-length', String(length));
    if (this.owner.takesTrailers) this.statusInHead = headers.get('grpc-status');
    for (const text of raw) this.bytesSent += text.length;
    this.hasTrailers = waitForTrailers;
    this.stream.respond(raw, { endStream, waitForTrailers });
  }
}
