import type { HeaderList } from '@sluice/http1';
import type { GatewayError } from '@sluice/errors';

/**
 * Receives message content as it arrives. No method is called after `end` or `fail`. Chunks are
 * views into read buffers: a sink that keeps one beyond the call copies it.
 */
export interface ContentSink {
  /**
   * Takes a chunk. Returns false to pause the source until `resume` is called on it; the chunk
   * itself is accepted in either case.
   */
  data(chunk: Buffer): boolean;
  /** All content has arrived. */
  end(trailers: HeaderList | undefined): void;
  /** The content will never be complete. */
  fail(error: GatewayError): void;
}

/**
 * Content of a message in transit. Nothing is read before `start`: backpressure reaches the sender.
 */
export interface ContentSource {
  /** Announced length in bytes: 0 for no content, -1 when the length is not known in advance. */
  readonly length: number;
  /**
   * True when the head was the whole message, without content or trailers: an HTTP/2 HEADERS frame
   * with END_STREAM, or a length of 0 in HTTP/1.1. Undefined when unknown.
   */
  readonly endsWithHead?: boolean;
  /** Bytes that have arrived, when known; Infinity when the whole content has arrived. */
  readonly arrivedBytes?: number;
  /** True while the whole content is held: it can be started again after it was cancelled. */
  readonly isReplayable?: boolean;
  /**
   * Starts to deliver content to the sink. Called at most once, unless the content is replayable or
   * was rewound.
   */
  start(sink: ContentSink): void;
  /** Continues after `sink.data` returned false. */
  resume(): void;
  /**
   * Detaches the sink, so that another sink can start the content from its first byte. Returns
   * false when that is no longer possible; a source without this method never supports it.
   */
  rewind?(): boolean;
  /**
   * Stops the sender's timeouts: a policy works on the message, and the sender is not waited for.
   * They continue while the content flows, and after `resumeTimeouts`.
   */
  pauseTimeouts?(): void;
  /** Continues the sender's timeouts; the time in between does not count. */
  resumeTimeouts?(): void;
  /**
   * Discards the rest of the content. Drains or closes the sender's connection, as its protocol
   * requires; calls no method of the sink.
   */
  cancel(): void;
}

/** The content of a message that has none. */
export const noContent: ContentSource = Object.freeze({
  length: 0,
  start: (sink: ContentSink) => sink.end(undefined),
  resume: () => undefined,
  cancel: () => undefined,
});
