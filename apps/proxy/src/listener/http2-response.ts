import { GatewayError } from '@sluice/errors';
import type { HeaderList } from '@sluice/http1';
import { constants, type ServerHttp2Stream } from 'node:http2';
import type { ContentSink, ContentSource } from '../exchange/content.ts';
import { appendFields, trailersOf } from './http2-fields.ts';
import { isBodiless } from './response-head.ts';
import { toKeep } from './shared-read-buffer.ts';

/** Who hears how a response went. */
export interface Http2ResponseOwner {
  readonly method: string;
  /** The client understands trailers, and they mean something to it: gRPC. */
  readonly takesTrailers: boolean;
  /** A write waits for the client. */
  writeBlocked(): void;
  responseEnded(): void;
  responseBroken(): void;
}

/** The response on one stream. */
export class Http2Response implements ContentSink {
  bytesSent = 0;
  blocked = false;
  private readonly stream: ServerHttp2Stream;
  private readonly owner: Http2ResponseOwner;
  private source: ContentSource | undefined = undefined;
  private onDone: ((fault: Error | undefined) => void) | undefined = undefined;
  private missing = -1;
  private trailers: HeaderList | undefined = undefined;

  constructor(stream: ServerHttp2Stream, owner: Http2ResponseOwner) {
    this.stream = stream;
    this.owner = owner;
    stream.on('drain', () => {
      this.blocked = false;
      this.source?.resume();
    });
    stream.on('wantTrailers', () => stream.sendTrailers(trailersOf(this.trailers)));
  }

  interim(status: number, headers: HeaderList): void {
    if (!this.stream.headersSent) this.stream.additionalHeaders({ ':status': status, ...trailersOf(headers) });
  }

  respond(status: number, headers: HeaderList, content: Buffer | string | undefined): void {
    const bytes = typeof content === 'string' ? Buffer.from(content) : (content ?? Buffer.alloc(0));
    const ends = isBodiless(this.owner.method, status) || bytes.length === 0;
    this.sendHead(status, headers, status === 304 && bytes.length === 0 ? -1 : bytes.length, ends, false);
    if (!ends) {
      this.bytesSent += bytes.length;
      this.stream.end(bytes);
    }
    this.owner.responseEnded();
  }

  begin(status: number, headers: HeaderList, content: ContentSource, onDone: (fault: Error | undefined) => void): void {
    if (isBodiless(this.owner.method, status)) {
      content.cancel();
      this.sendHead(status, headers, content.length, true, false);
      this.owner.responseEnded();
      onDone(undefined);
      return;
    }
    this.sendHead(status, headers, content.length, false, this.owner.takesTrailers);
    this.source = content;
    this.onDone = onDone;
    this.missing = content.length;
    content.start(this);
  }

  data(chunk: Buffer): boolean {
    if (this.source === undefined) return false;
    if (this.missing >= 0 && (this.missing -= chunk.length) < 0) {
      this.source.cancel();
      this.fail(new GatewayError('upstream_malformed_response', { cause: 'more content than announced' }));
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
      this.fail(new GatewayError('upstream_reset', { cause: `${this.missing} bytes of the announced content are missing` }));
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
    this.owner.responseBroken();
    onDone?.(error);
  }

  /** Nobody takes the response any more. Gives whom to tell, if somebody waits. */
  abandon(): ((fault: Error | undefined) => void) | undefined {
    const { source } = this;
    const onDone = this.clear();
    source?.cancel();
    return onDone;
  }

  private clear(): ((fault: Error | undefined) => void) | undefined {
    const { onDone } = this;
    this.source = undefined;
    this.onDone = undefined;
    return onDone;
  }

  private sendHead(status: number, headers: HeaderList, length: number, endStream: boolean, waitForTrailers: boolean): void {
    if (this.stream.headersSent) throw new Error('the response to this request has already begun');
    const raw = appendFields([constants.HTTP2_HEADER_STATUS, String(status)], headers);
    // What a HEAD would have got is stated when it is known; 204 and an empty 304 have no length to state.
    if (length >= 0 && status !== 204 && !(status === 304 && length === 0)) raw.push('content-length', String(length));
    for (const text of raw) this.bytesSent += text.length;
    this.stream.respond(raw, { endStream, waitForTrailers });
  }
}
