import { GatewayError, type ErrorCode } from '@sluice/errors';
import type { ResponseParser } from '@sluice/http1';
import type { ContentSink } from '../net/content.ts';
import { MessageContent, type ContentReader } from '../net/message-content.ts';

/** The timeouts of a call. */
export interface PausableTimeouts {
  /** Stops them: a policy works on the response. */
  pause(): void;
  /** Continues them; the time in between does not count. */
  resume(): void;
}

/** The connection, as the content of a response uses it. */
export interface ResponseContentOwner extends ContentReader {
  readonly deadline: PausableTimeouts;
  /** Starts or continues to read; delivers what has already arrived before returning. */
  contentResumed(): void;
  /** Reports that the rest of the content is not needed. */
  contentCancelled(content: ResponseContent): void;
}

/** The content of one response. */
export class ResponseContent extends MessageContent<ResponseContentOwner> {
  readonly endsWithHead: boolean;
  private fault: GatewayError | undefined = undefined;

  constructor(owner: ResponseContentOwner, length: number, endsWithHead: boolean) {
    super(owner, length);
    this.endsWithHead = endsWithHead;
  }

  start(sink: ContentSink): void {
    if (this.over) {
      sink.fail(
        this.fault ?? new GatewayError('upstream_reset', { cause: 'the response is over' }),
      );
      return;
    }
    this.sink = sink;
    this.reader.contentResumed();
  }

  cancel(): void {
    if (this.over) return;
    this.detach();
    this.reader.contentCancelled(this);
  }

  pauseTimeouts(): void {
    if (!this.over) this.reader.deadline.pause();
  }

  resumeTimeouts(): void {
    if (!this.over) this.reader.deadline.resume();
  }

  /**
   * Called by the connection when the content cannot be completed. A sink that starts later
   * receives the fault then.
   */
  fail(code: ErrorCode, reason: string): void {
    if (this.over) return;
    const sink = this.detach();
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
