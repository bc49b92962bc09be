import { GatewayError, type ErrorCode } from '@sluice/errors';
import type { HeaderList } from '@sluice/http1';
import type { ContentSink, ContentSource } from '../exchange/content.ts';

/** What the content of a response needs of its connection. */
export interface ResponseContentOwner {
  /** The content is wanted: read, and deliver what is already there before returning. */
  contentResumed(): void;
  /** The sink is full: stop reading. */
  contentPaused(): void;
  /** Nobody wants the rest of this content. */
  contentCancelled(content: ResponseContent): void;
}

/**
 * The content of one response. One object per response, so that a late call for a response that is over cannot touch
 * the next one on the same connection.
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

  /** Somebody waits for bytes. */
  get flowing(): boolean {
    return this.sink !== undefined && !this.paused;
  }

  start(sink: ContentSink): void {
    if (this.over) {
      sink.fail(this.fault ?? new GatewayError('upstream_reset', { cause: 'the response is over' }));
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

  /** For the connection: a piece of content has arrived. */
  deliver(chunk: Buffer): void {
    if (this.sink === undefined || this.sink.data(chunk) || this.over) return;
    this.paused = true;
    this.owner.contentPaused();
  }

  /** For the connection: the content is complete. */
  complete(trailers: HeaderList | undefined): void {
    const { sink } = this;
    this.over = true;
    this.sink = undefined;
    sink?.end(trailers);
  }

  /** For the connection: the content will never be complete. Whoever starts it later hears of it then. */
  fail(code: ErrorCode, reason: string): void {
    if (this.over) return;
    const { sink } = this;
    this.over = true;
    this.sink = undefined;
    this.fault = new GatewayError(code, { cause: reason });
    sink?.fail(this.fault);
  }
}
