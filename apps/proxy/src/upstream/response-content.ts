import { GatewayError, type ErrorCode } from '@sluice/errors';
import type { HeaderList, ResponseParser } from '@sluice/http1';
import type { ContentSink, ContentSource } from '../exchange/content.ts';

/** The connection, as the content of a response uses it. */
export interface ResponseContentOwner {
  /** Starts or continues to read; delivers what has already arrived before returning. */
  contentResumed(): void;
  /** Stops reading, because the sink is full. */
  contentPaused(): void;
  /** Reports that the rest of the content is not needed. */
  contentCancelled(content: ResponseContent): void;
}

/**
 * The content of one response. Each response has its own object, so that a late call for a finished
 * response cannot affect the next one on the same connection.
 */
export class ResponseContent implements ContentSource {
  readonly length: number;
  readonly endsWithHead: boolean;
  over = false;
  private readonly owner: ResponseContentOwner;
  private sink: ContentSink | undefined = undefined;
  private paused = false;
  private fault: GatewayError | undefined = undefined;

  constructor(owner: ResponseContentOwner, length: number, endsWithHead: boolean) {
    this.owner = owner;
    this.length = length;
    this.endsWithHead = endsWithHead;
  }

  /** Whether a sink accepts bytes. */
  get flowing(): boolean {
    return this.sink !== undefined && !this.paused;
  }

  start(sink: ContentSink): void {
    if (this.over) {
      sink.fail(
        this.fault ?? new GatewayError('upstream_reset', { cause: 'the response is over' }),
      );
      return;
    }
    this.sink = sink;
    this.owner.contentResumed();
  }

  resume(): void {
    if (!this.paused || this.over) return;
    this.paused = false;
    this.owner.contentResumed();
  }

  cancel(): void {
    if (this.over) return;
    this.over = true;
    this.sink = undefined;
    this.owner.contentCancelled(this);
  }

  /** Called by the connection with a piece of content. */
  deliver(chunk: Buffer): void {
    if (this.sink === undefined || this.sink.data(chunk) || this.over) return;
    this.paused = true;
    this.owner.contentPaused();
  }

  /** Called by the connection when the content is complete. */
  complete(trailers: HeaderList | undefined): void {
    const { sink } = this;
    this.over = true;
    this.sink = undefined;
    sink?.end(trailers);
  }

  /**
   * Called by the connection when the content cannot be completed. A sink that starts later
   * receives the fault then.
   */
  fail(code: ErrorCode, reason: string): void {
    if (this.over) return;
    const { sink } = this;
    this.over = true;
    this.sink = undefined;
    this.fault = new GatewayError(code, { cause: reason });
    sink?.fail(this.fault);
  }
}

/**
 * The number of content bytes that the head announces, -1 when it announces none. Responses to HEAD
 * and 304 responses announce the length of content that is not sent.
 */
export function announcedLength(parser: ResponseParser): number {
  if (parser.framing === 'length' || parser.framing === 'none')
    return parser.contentLength ?? (parser.status === 204 ? 0 : -1);
  return -1;
}
