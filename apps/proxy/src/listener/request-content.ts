import { GatewayError, type ErrorCode } from '@sluice/errors';
import type { HeaderList } from '@sluice/http1';
import type { ContentSink, ContentSource } from '../exchange/content.ts';

/** What the content of a request needs of its connection. */
export interface ContentOwner {
  readonly maxBodyBytes: number;
  /** Bytes that were read and not looked at yet. */
  readonly unreadBytes: number;
  /** The content is wanted from now on: read, and deliver what is already there before returning. */
  contentStarted(): void;
  /** The sink takes more: read on. */
  contentResumed(): void;
  /** The sink is full: stop reading. */
  contentPaused(): void;
}

/**
 * The content of one request. One object per request with content, so that a late call for a request that is over
 * cannot touch the next one on the same connection.
 */
export class RequestContent implements ContentSource {
  readonly length: number;
  /** Bytes that have arrived. */
  received = 0;
  /** The content has failed, is cancelled, or the exchange is over: whatever else arrives is thrown away. */
  over = false;
  private readonly owner: ContentOwner;
  private sink: ContentSink | undefined = undefined;
  private paused = false;

  constructor(owner: ContentOwner, length: number) {
    this.owner = owner;
    this.length = length;
  }

  /** Somebody waits for bytes. */
  get flowing(): boolean {
    return this.sink !== undefined && !this.paused;
  }

  get arrivedBytes(): number {
    const { unreadBytes } = this.owner;
    // Of chunked content it is not known how much of that is framing.
    return this.length >= 0 && unreadBytes >= this.length - this.received ? Number.POSITIVE_INFINITY : unreadBytes;
  }

  start(sink: ContentSink): void {
    if (this.over) {
      sink.fail(new GatewayError('malformed_request', { detail: 'The request content is no longer available.' }));
      return;
    }
    this.sink = sink;
    if (this.length > this.owner.maxBodyBytes) this.fail('content_too_large');
    else this.owner.contentStarted();
  }

  resume(): void {
    if (!this.paused || this.over) return;
    this.paused = false;
    this.owner.contentResumed();
  }

  cancel(): void {
    this.over = true;
    this.sink = undefined;
  }

  /** For the connection: a piece of content has arrived. */
  deliver(chunk: Buffer): void {
    this.received += chunk.length;
    if (this.sink === undefined) return;
    if (this.received > this.owner.maxBodyBytes) {
      this.fail('content_too_large');
    } else if (!this.sink.data(chunk) && this.sink !== undefined) {
      this.paused = true;
      this.owner.contentPaused();
    }
  }

  /** For the connection: all content has arrived. */
  complete(trailers: HeaderList | undefined): void {
    const sink = this.sink;
    this.cancel();
    sink?.end(trailers);
  }

  /** For the connection: the content will never be complete, or is not acceptable. */
  fail(code: ErrorCode, detail?: string): void {
    const sink = this.sink;
    this.cancel();
    sink?.fail(new GatewayError(code, { detail }));
  }
}
