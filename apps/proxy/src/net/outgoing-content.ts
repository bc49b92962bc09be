import { GatewayError } from '@sluice/errors';
import { chunkPrefix, chunkSuffix, lastChunk, textOf, type Framing } from '@sluice/http1';
import type { ContentSink, ContentSource } from './content.ts';
import type { SocketWriter } from './socket-writer.ts';

/** The sender of a message, which receives its outcome. */
export interface ContentSender {
  /** The whole message was handed to the socket. */
  contentSent(): void;
  /** The message cannot be completed; its recipient must not take it for complete. */
  contentBroken(error: Error): void;
}

/**
 * Content up to this size is written together with the text around it; copying more costs more than
 * a second write.
 */
const MAX_GATHERED_BYTES = 8 * 1024;

/**
 * Sends an HTTP/1.1 message with content from a source. Applies framing and backpressure, and
 * checks that the content has the announced length. While `gathering`, which lasts until the source
 * has delivered what it already holds, head and content are collected for a single write.
 */
export class OutgoingContent implements ContentSink {
  readonly source: ContentSource;
  private readonly writer: SocketWriter;
  private readonly sender: ContentSender;
  private readonly framing: Framing;
  private gathered: string;
  private gathering = true;
  private missing: number;
  private over = false;
  private hasWritten = false;

  /** @param head of the message, sent with the first content, or alone when none has arrived */
  constructor(
    writer: SocketWriter,
    sender: ContentSender,
    head: string,
    framing: Framing,
    source: ContentSource,
  ) {
    this.writer = writer;
    this.sender = sender;
    this.framing = framing;
    this.source = source;
    this.gathered = head;
    this.missing = source.length;
  }

  /** Whether no byte of the message was written. */
  get isUnsent(): boolean {
    return this.gathering && !this.hasWritten;
  }

  /** Starts the source. The head was handed to the writer when this returns. */
  begin(): void {
    this.source.start(this);
    this.gathering = false;
    if (!this.over) this.flush();
  }

  data(chunk: Buffer): boolean {
    const size = chunk.length;
    if (this.over) return false;
    if (size === 0) return true;
    if (this.framing === 'length' && (this.missing -= size) < 0) {
      this.source.cancel();
      this.fail(
        new GatewayError('upstream_malformed_response', { cause: 'more content than announced' }),
      );
      return false;
    }
    const chunked = this.framing === 'chunked';
    if (size <= MAX_GATHERED_BYTES && (this.gathering || chunked)) {
      const text = textOf(chunk);
      this.gathered += chunked ? chunkPrefix(size) + text + chunkSuffix : text;
      return this.gathering && this.gathered.length <= 2 * MAX_GATHERED_BYTES ? true : this.flush();
    }
    const before = chunked ? this.gathered + chunkPrefix(size) : this.gathered;
    this.gathered = '';
    this.hasWritten = true;
    return this.writer.sendContent(before, chunk, chunked ? chunkSuffix : '');
  }

  end(): void {
    if (this.over) return;
    if (this.framing === 'length' && this.missing > 0) {
      this.fail(
        new GatewayError('upstream_reset', {
          cause: `${this.missing} bytes of the announced content are missing`,
        }),
      );
      return;
    }
    this.over = true;
    if (this.framing === 'chunked') this.gathered += lastChunk;
    this.flush();
    this.sender.contentSent();
  }

  fail(error: Error): void {
    if (this.over) return;
    this.over = true;
    this.sender.contentBroken(error);
  }

  /** Stops the message: cancels the source and reports nothing to the sender. */
  abandon(): void {
    if (this.over) return;
    this.over = true;
    this.source.cancel();
  }

  private flush(): boolean {
    const text = this.gathered;
    if (text === '') return true;
    this.gathered = '';
    this.hasWritten = true;
    return this.writer.send(text);
  }
}
