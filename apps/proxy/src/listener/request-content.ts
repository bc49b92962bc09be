import { GatewayError, type ErrorCode } from '@sluice/errors';
import type { HeaderList } from '@sluice/http1';
import type { ContentSink, ContentSource } from '../exchange/content.ts';

/** The connection, as the content of a request uses it. */
export interface ContentOwner {
  readonly maxBodyBytes: number;
  /** Bytes that were read but not parsed yet. */
  readonly unreadBytes: number;
  /** Starts to read the content; delivers what has already arrived before returning. */
  contentStarted(): void;
  /** Continues to read, because the sink accepts more. */
  contentResumed(): void;
  /** Stops reading, because the sink is full. */
  contentPaused(): void;
}

/**
 * The content of one request. Each request with content has its own object, so that a late call for
 * a finished request cannot affect the next one on the same connection.
 */
export class RequestContent implements ContentSource {
  readonly length: number;
  /** Bytes received. */
  received = 0;
  /**
   * The content has failed, was cancelled, or its exchange has ended; further bytes are discarded.
   */
  over = false;
  private readonly owner: ContentOwner;
  private sink: ContentSink | undefined = undefined;
  private paused = false;

  constructor(owner: ContentOwner, length: number) {
    this.owner = owner;
    this.length = length;
  }

  /** Whether a sink accepts bytes. */
  get flowing(): boolean {
    return this.sink !== undefined && !this.paused;
  }

  get arrivedBytes(): number {
    const { unreadBytes } = this.owner;
    // In chunked content, part of the unread bytes is framing.
    return this.length >= 0 && unreadBytes >= this.length - this.received
      ? Number.POSITIVE_INFINITY
      : unreadBytes;
  }

  start(sink: ContentSink): void {
    if (this.over) {
      sink.fail(
        new GatewayError('malformed_request', {
          detail: 'The request content is no longer available.',
        }),
      );
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

  /** Called by the connection with a piece of content. */
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

  /** Called by the connection when the content is complete. */
  complete(trailers: HeaderList | undefined): void {
    const sink = this.sink;
    this.cancel();
    sink?.end(trailers);
  }

  /** Called by the connection when the content is invalid or cannot be completed. */
  fail(code: ErrorCode, detail?: string): void {
    const sink = this.sink;
    this.cancel();
    sink?.fail(new GatewayError(code, { detail }));
  }
}
