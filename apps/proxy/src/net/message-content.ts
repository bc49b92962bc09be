import type { HeaderList } from '@sluice/http1';
import type { ContentSink, ContentSource } from './content.ts';

/** The connection that reads the content of a message. */
export interface ContentReader {
  /** Continues to read, because the sink accepts more. */
  contentResumed(): void;
  /** Stops reading, because the sink is full. */
  contentPaused(): void;
}

/**
 * The content of one message that a connection receives. Each message has its own object, so that a
 * late call for a finished message cannot affect the next one on the same connection.
 */
export abstract class MessageContent<Reader extends ContentReader> implements ContentSource {
  readonly length: number;
  /** The content is complete, has failed or was cancelled; further bytes are discarded. */
  over = false;
  protected readonly reader: Reader;
  protected sink: ContentSink | undefined = undefined;
  private paused = false;

  /** @param length in bytes; -1 when it is not announced */
  constructor(reader: Reader, length: number) {
    this.reader = reader;
    this.length = length;
  }

  /** Whether a sink accepts bytes. */
  get flowing(): boolean {
    return this.sink !== undefined && !this.paused;
  }

  abstract start(sink: ContentSink): void;

  abstract cancel(): void;

  resume(): void {
    if (!this.paused || this.over) return;
    this.paused = false;
    this.reader.contentResumed();
  }

  /** Called by the connection with a piece of content. */
  deliver(chunk: Buffer): void {
    if (this.sink === undefined || this.sink.data(chunk) || this.over) return;
    this.paused = true;
    this.reader.contentPaused();
  }

  /** Called by the connection when the content is complete. */
  complete(trailers: HeaderList | undefined): void {
    this.detach()?.end(trailers);
  }

  /** Ends the delivery; returns the sink, which expects no more bytes. */
  protected detach(): ContentSink | undefined {
    const { sink } = this;
    this.over = true;
    this.sink = undefined;
    return sink;
  }
}
