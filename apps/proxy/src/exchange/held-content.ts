import type { GatewayError } from '@sluice/errors';
import type { HeaderList } from '@sluice/http1';
import { toKeep } from '../net/shared-read-buffer.ts';
import type { ContentSink, ContentSource } from '../net/content.ts';

/** Limit for one request: the initial window of an HTTP/2 stream (RFC 9113 section 6.9.2). */
const MAX_HELD_BYTES = 65_536;
/** Limit for all requests of the process together. */
const MAX_TOTAL_BYTES = 16_777_216;

/** One count per process: the limit bounds the memory of all requests together. */
let totalBytes = 0;

/**
 * Request content that can be sent again from its first byte while the delivered chunks are held:
 * for a target that reports that it did not process the request (RFC 9113 section 8.7). The bytes
 * are held until {@link release}, or until they exceed a limit.
 */
export class HeldContent implements ContentSource, ContentSink {
  readonly length: number;
  private readonly source: ContentSource;
  private sink: ContentSink | undefined = undefined;
  private chunks: Buffer[] = [];
  private bytes = 0;
  /** Number of chunks that the sink has received. */
  private at = 0;
  private enough = 0;
  private ready: (() => void) | undefined = undefined;
  private isHeld = true;
  private isStarted = false;
  private isPaused = false;
  private isReplaying = false;
  private isComplete = false;
  private trailers: HeaderList | undefined = undefined;
  private fault: GatewayError | undefined = undefined;

  constructor(source: ContentSource) {
    this.source = source;
    this.length = source.length;
  }

  /** Bytes held for all requests of this process. */
  static get totalBytes(): number {
    return totalBytes;
  }

  get arrivedBytes(): number {
    return this.isComplete ? Number.POSITIVE_INFINITY : this.bytes;
  }

  /** The error that ended the content early; undefined when there was none so far. */
  get failure(): GatewayError | undefined {
    return this.fault;
  }

  /**
   * Starts to read content before there is a sink.
   * @param enough bytes to read; fewer when the process has reached its limit
   * @param ready called once: when that much or the whole content has arrived, or it has failed
   */
  collect(enough: number, ready: () => void): void {
    this.isStarted = true;
    this.enough = enough;
    this.ready = ready;
    this.source.start(this);
  }

  start(sink: ContentSink): void {
    this.sink = sink;
    this.isPaused = false;
    if (this.isStarted) return this.replay();
    this.isStarted = true;
    this.source.start(this);
  }

  resume(): void {
    this.isPaused = false;
    this.replay();
  }

  cancel(): void {
    this.sink = undefined;
    this.release();
    this.source.cancel();
  }

  /**
   * Detaches the sink, so that another sink can start the content.
   * @returns false when some of the delivered bytes are no longer held
   */
  rewind(): boolean {
    if (!this.isHeld) return false;
    this.sink = undefined;
    this.at = 0;
    return true;
  }

  /** Stops holding: the content cannot be sent again. Undelivered chunks still reach the sink. */
  release(): void {
    if (!this.isHeld) return;
    this.isHeld = false;
    totalBytes -= this.bytes;
    this.bytes = 0;
    this.chunks = this.chunks.slice(this.at);
    this.at = 0;
  }

  data(chunk: Buffer): boolean {
    const { sink } = this;
    // While earlier chunks wait for a sink, or for it to resume, this one is queued after them.
    if (sink === undefined || this.at < this.chunks.length) {
      this.hold(chunk);
      if (this.ready === undefined) return false;
      if (this.bytes < this.enough && totalBytes < MAX_TOTAL_BYTES) return true;
      this.collected();
      // The `ready` callback may have started a sink, which may have received every chunk.
      return this.sink !== undefined && !this.isPaused && this.at >= this.chunks.length;
    }
    if (!this.isHeld) return sink.data(chunk);
    if (this.bytes + chunk.length > MAX_HELD_BYTES || totalBytes + chunk.length > MAX_TOTAL_BYTES) {
      this.release();
      return sink.data(chunk);
    }
    const kept = this.hold(chunk);
    this.at++;
    return sink.data(kept);
  }

  end(trailers: HeaderList | undefined): void {
    this.isComplete = true;
    this.trailers = trailers;
    this.finish();
    this.collected();
  }

  fail(error: GatewayError): void {
    this.fault = error;
    this.finish();
    this.collected();
  }

  private collected(): void {
    const { ready } = this;
    this.ready = undefined;
    ready?.();
  }

  private hold(chunk: Buffer): Buffer {
    const kept = toKeep(chunk);
    this.chunks.push(kept);
    if (this.isHeld) {
      this.bytes += kept.length;
      totalBytes += kept.length;
    }
    return kept;
  }

  /** Delivers the queued chunks, then resumes the source. */
  private replay(): void {
    if (this.isReplaying) return;
    this.isReplaying = true;
    while (this.sink !== undefined && !this.isPaused && this.at < this.chunks.length) {
      const chunk = this.chunks[this.at++] as Buffer;
      if (!this.sink.data(chunk)) this.isPaused = true;
    }
    this.isReplaying = false;
    if (this.sink === undefined || this.isPaused) return;
    if (!this.isHeld && this.at > 0) {
      this.chunks = [];
      this.at = 0;
    }
    if (this.isComplete || this.fault !== undefined) this.finish();
    else this.source.resume();
  }

  /** Ends the sink after it has received every chunk, or fails it. */
  private finish(): void {
    const { sink, fault } = this;
    if (sink === undefined || (fault === undefined && this.at < this.chunks.length)) return;
    this.sink = undefined;
    if (fault !== undefined) sink.fail(fault);
    else sink.end(this.trailers);
  }
}
