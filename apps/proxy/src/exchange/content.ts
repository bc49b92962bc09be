import type { HeaderList } from '@sluice/http1';
import type { GatewayError } from '@sluice/errors';

/**
 * Takes message content as it arrives. After `end` or `fail` nothing more is called. Chunks are views into read buffers:
 * whoever keeps one beyond the call copies it.
 */
export interface ContentSink {
  /** Takes a chunk. False means "no more until I call `resume` on the source"; the chunk itself is taken all the same. */
  data(chunk: Buffer): boolean;
  /** All content has arrived. */
  end(trailers: HeaderList | undefined): void;
  /** The content will never be complete. */
  fail(error: GatewayError): void;
}

/** Content of a message on its way. Nothing flows before `start`: backpressure reaches the sender's socket. */
export interface ContentSource {
  /** Bytes announced: 0 for no content, -1 when it is not known beforehand. */
  readonly length: number;
  /**
   * True when the head was the whole message, so that neither content nor trailers follow: an HTTP/2 HEADERS frame with
   * END_STREAM, or a length of 0 in HTTP/1.1. Not set when that is not known.
   */
  readonly endsWithHead?: boolean;
  /** Bytes that are here and would be handed over at once, as far as it is known; Infinity when all of the content is here. */
  readonly arrivedBytes?: number;
  /** Begins the flow into the sink. Called at most once. */
  start(sink: ContentSink): void;
  /** Goes on after `sink.data` answered false. */
  resume(): void;
  /**
   * Takes content that was started away from its sink, so that another one can start it from its first byte. False when
   * that is not possible any more; never possible where this is not defined.
   */
  rewind?(): boolean;
  /** Nobody wants the rest. The sender's connection is drained or closed, as its protocol demands; the sink hears nothing. */
  cancel(): void;
}

/** No content at all. */
export const noContent: ContentSource = Object.freeze({
  length: 0,
  start: (sink: ContentSink) => sink.end(undefined),
  resume: () => undefined,
  cancel: () => undefined,
});
