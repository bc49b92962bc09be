import type { ClientHttp2Stream } from 'node:http2';
import { Readable } from 'node:stream';

/** A stream that remembers how its content ended. */
export interface WatchedStream extends ClientHttp2Stream {
  /**
   * True when the content ended because the stream was closed, not with END_STREAM; undefined
   * before it has ended.
   */
  endedByClose?: boolean | undefined;
}

/**
 * Has a stream remember how its content ends. When a stream is closed with NO_ERROR, node:http2
 * ends the content as if END_STREAM had come, and leaves no other trace: RST_STREAM (NO_ERROR) in
 * the middle of a response would make a part of it look whole (RFC 9113 section 8.1). Both ends
 * come as `push(null)`, but only the second finds the stream closed.
 *
 * @param stream before any of its frames was read
 */
export function watchEnd(stream: WatchedStream): void {
  stream.endedByClose = undefined;
  stream.push = pushWatched;
}

function pushWatched(this: WatchedStream, chunk: unknown, encoding?: BufferEncoding): boolean {
  // The first end counts: content that is not read yet is ended once more when its stream closes.
  if (chunk === null) this.endedByClose ??= this.closed;
  return Readable.prototype.push.call(this, chunk, encoding);
}
