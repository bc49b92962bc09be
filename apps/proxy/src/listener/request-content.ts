import { GatewayError, type ErrorCode } from '@sluice/errors';
import type { ContentSink } from '../net/content.ts';
import { MessageContent, type ContentReader } from '../net/message-content.ts';

/** The connection, as the content of a request uses it. */
export interface ContentOwner extends ContentReader {
  readonly maxBodyBytes: number;
  /** Bytes that were read but not parsed yet. */
  readonly unreadBytes: number;
  /** Starts to read the content; delivers what has already arrived before returning. */
  contentStarted(): void;
}

/** The content of one request. It is also over when its exchange has ended. */
export class RequestContent extends MessageContent<ContentOwner> {
  /** Bytes received. */
  received = 0;

  get arrivedBytes(): number {
    const { unreadBytes } = this.reader;
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
    if (this.length > this.reader.maxBodyBytes) this.fail('content_too_large');
    else this.reader.contentStarted();
  }

  cancel(): void {
    this.detach();
  }

  override deliver(chunk: Buffer): void {
    this.received += chunk.length;
    if (this.sink !== undefined && this.received > this.reader.maxBodyBytes)
      this.fail('content_too_large');
    else super.deliver(chunk);
  }

  /** Called by the connection when the content is invalid or cannot be completed. */
  fail(code: ErrorCode, detail?: string): void {
    this.detach()?.fail(new GatewayError(code, { detail }));
  }
}
