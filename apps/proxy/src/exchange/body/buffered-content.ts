// The global `performance` is a getter: reading it costs as much as reading the clock.
import { performance } from 'node:perf_hooks';
import { GatewayError, type ErrorCode } from '@sluice/errors';
import type { HeaderList } from '@sluice/http1';
import { ContentFault, type ReadContent, type ReadOptions } from '@sluice/policy-sdk';
import type { ContentSink, ContentSource } from '../../net/content.ts';
import type { BufferBudget } from './buffer-budget.ts';
import { HeldBytes } from './held-bytes.ts';

/** A read that waits for content. */
interface Waiter {
  readonly options: ReadOptions;
  readonly reader: Reader;
  readonly resolve: (content: ReadContent) => void;
  readonly reject: (fault: Error) => void;
}

/** A policy that reads. */
export interface Reader {
  /** Its reads must not affect the message: the policy is in shadow mode. */
  readonly isShadow: boolean;
}

/**
 * Content of a message that policies may read before it is sent on. It passes the content of its
 * source through until a policy reads; then it holds what was read, and delivers it before the rest.
 *
 * Invariants
 * - The source flows only while a read waits or a sink accepts bytes, so at most one chunk more
 *   than the largest read is held.
 * - Complete content, also a replacement, can be delivered again from its first byte to another
 *   sink, until {@link release}.
 * - A refused read fails the content for good: a policy that ignores the fault does not let
 *   content through that is too large. Reads in shadow mode have no effect on the content.
 */
export class BufferedContent implements ContentSource, ContentSink {
  private readonly source: ContentSource;
  /** The code for content that is longer than a policy accepts. */
  private readonly tooLarge: ErrorCode;
  private readonly held: HeldBytes;
  /** Number of chunks that the sink has received. */
  private at = 0;
  private waiters: Waiter[] = [];
  private waitingSinceMs = 0;
  private endedWaitsMs = 0;
  private sink: ContentSink | undefined = undefined;
  private isStarted = false;
  private isPaused = false;
  private isReplaying = false;
  /** The source has delivered everything. */
  private isEnded = false;
  /** Bytes of the complete content; negative before it is complete. */
  private total = -1;
  /** Bytes were delivered that are no longer held: the content cannot be read or sent again. */
  private isSpent = false;
  private isReplaced = false;
  private trailers: HeaderList | undefined = undefined;
  private fault: GatewayError | undefined = undefined;

  /** @param caller identifies the client or consumer, for the budget */
  constructor(source: ContentSource, budget: BufferBudget, caller: string, tooLarge: ErrorCode) {
    this.source = source;
    this.held = new HeldBytes(budget, caller);
    this.tooLarge = tooLarge;
  }

  // ContentSource: the content as it is sent on.

  get length(): number {
    if (this.total < 0) return this.source.length;
    // A length of 0 would say that the head is the whole message.
    return this.total === 0 && this.trailers !== undefined ? -1 : this.total;
  }

  get endsWithHead(): boolean {
    return this.total < 0 ? this.source.endsWithHead === true : this.length === 0;
  }

  get arrivedBytes(): number {
    if (this.total >= 0) return Number.POSITIVE_INFINITY;
    return this.held.length + (this.source.arrivedBytes ?? 0);
  }

  /** {@inheritDoc ContentSource.isReplayable} */
  get isReplayable(): boolean {
    return this.total >= 0 && !this.isSpent && this.fault === undefined;
  }

  /** The fault that ended the content early; undefined when there was none so far. */
  get failure(): GatewayError | undefined {
    return this.fault;
  }

  /** Milliseconds during which reads have waited for the sender. */
  get waitedMs(): number {
    const current = this.waiters.length === 0 ? 0 : performance.now() - this.waitingSinceMs;
    return this.endedWaitsMs + current;
  }

  start(sink: ContentSink): void {
    if (this.isSpent)
      this.fault ??= new GatewayError('internal_error', { cause: 'the content was sent before' });
    this.endReads(() => true, 'the hook ended before its read');
    this.sink = sink;
    this.at = 0;
    this.isPaused = false;
    this.replay();
  }

  resume(): void {
    this.isPaused = false;
    this.replay();
  }

  /** Discards the rest of incomplete content; complete content can still be sent again. */
  cancel(): void {
    this.sink = undefined;
    if (this.total >= 0) return;
    this.isSpent = true;
    this.endReads(() => true, 'the content was cancelled');
    this.held.free();
    this.source.cancel();
  }

  pauseTimeouts(): void {
    this.source.pauseTimeouts?.();
  }

  resumeTimeouts(): void {
    this.source.resumeTimeouts?.();
  }

  /** {@inheritDoc ContentSource.rewind} */
  rewind(): boolean {
    if (!this.isReplayable) return false;
    this.sink = undefined;
    return true;
  }

  // Policies.

  /** Whether the sender has already sent more than this: the limit was lowered after a read. */
  exceeds(maxBytes: number): boolean {
    return !this.isReplaced && this.held.length > maxBytes;
  }

  /** Reads the content from its beginning, up to `maxBytes`. */
  read(options: ReadOptions, reader: Reader): Promise<ReadContent> {
    return new Promise((resolve, reject) => {
      if (!(options.maxBytes >= 0)) throw new TypeError('maxBytes must be a number of bytes');
      const isSentOn = this.isSpent || (this.sink !== undefined && this.total < 0);
      if (isSentOn && this.fault === undefined)
        throw new Error('the content cannot be read any more: it has been sent on');
      const waiter: Waiter = { options, reader, resolve, reject };
      if (this.settleRead(waiter)) return;
      if (this.waiters.push(waiter) === 1) this.waitingSinceMs = performance.now();
      this.pull();
    });
  }

  /**
   * Replaces the content. The rest of the old content is not read.
   * @returns false when the content has already been sent on
   * @throws ContentFault when the memory for buffered content is exhausted
   */
  replace(bytes: Buffer): boolean {
    if (this.isSpent || this.sink !== undefined || this.fault !== undefined) return false;
    if (this.total < 0) this.source.cancel();
    const isHeld = this.held.replace(bytes);
    if (!isHeld) throw this.failed('content_buffers_full', noMemory);
    this.isReplaced = true;
    this.total = bytes.length;
    this.trailers = undefined;
    this.settleReads();
    return true;
  }

  /** Ends the reads of one reader, whose policy took too long. */
  revoke(reader: Reader): void {
    this.endReads((waiter) => waiter.reader === reader, 'the policy took too long');
  }

  /** Stops holding: the content cannot be read or sent again. The rest still reaches the sink. */
  release(): void {
    this.isSpent = true;
    this.endReads(() => true, 'the exchange has ended');
    if (this.sink === undefined || this.at >= this.held.chunks.length) this.free();
  }

  // ContentSink: the content as it arrives.

  data(chunk: Buffer): boolean {
    const { sink, held } = this;
    if (sink !== undefined && this.at >= held.chunks.length) {
      this.free();
      this.isSpent = true;
      return sink.data(chunk);
    }
    if (this.isSpent) return false;
    const hasRoom = held.add(chunk);
    if (!hasRoom) this.refuseReads();
    else this.settleReads();
    return this.waiters.length > 0;
  }

  end(trailers: HeaderList | undefined): void {
    // Content that was passed on while it arrived has no known length, and needs none.
    this.total = this.isSpent ? -1 : this.held.length;
    this.trailers = trailers;
    this.isEnded = true;
    this.settleReads();
    this.finish();
  }

  fail(error: GatewayError): void {
    this.fault ??= error;
    this.settleReads();
    this.finish();
  }

  /** Starts the source, or continues it. */
  private pull(): void {
    if (this.total >= 0 || this.isEnded || this.fault !== undefined) return;
    if (this.isStarted) return this.source.resume();
    this.isStarted = true;
    this.source.start(this);
  }

  /** Settles the reads whose outcome is known. */
  private settleReads(): void {
    if (this.waiters.length > 0) this.keep((waiter) => !this.settleRead(waiter));
  }

  /** Settles a read when its outcome is known. Returns whether it is. */
  private settleRead({ options, reader, resolve, reject }: Waiter): boolean {
    const { maxBytes, over } = options;
    const { fault, held } = this;
    if (fault !== undefined) {
      reject(ContentFault.of(fault));
      return true;
    }
    const isLonger = held.length > maxBytes || this.length > maxBytes;
    if (isLonger && over !== 'partial') {
      reject(reader.isShadow ? new ContentFault(this.tooLarge) : this.failed(this.tooLarge));
      return true;
    }
    if (this.total < 0 && !(isLonger && held.length >= maxBytes)) return false;
    const bytes = held.joined().subarray(0, maxBytes);
    // Plain arrays, because the interface of policies knows no class of Node. A policy in shadow
    // mode gets a copy, so that it cannot change what is sent.
    resolve({
      bytes: reader.isShadow
        ? Uint8Array.from(bytes)
        : new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length),
      complete: !isLonger,
    });
    return true;
  }

  /** Refuses the reads that wait, because the memory for buffered content is exhausted. */
  private refuseReads(): void {
    this.keep(({ reader, reject }) => {
      reject(
        reader.isShadow
          ? new ContentFault('content_buffers_full', { cause: noMemory })
          : this.failed('content_buffers_full', noMemory),
      );
      return false;
    });
  }

  private endReads(isEnded: (waiter: Waiter) => boolean, reason: string): void {
    if (this.waiters.length === 0) return;
    this.keep((waiter) => {
      if (!isEnded(waiter)) return true;
      waiter.reject(new Error(reason));
      return false;
    });
  }

  private keep(isKept: (waiter: Waiter) => boolean): void {
    if (this.waiters.length === 0) return;
    this.waiters = this.waiters.filter(isKept);
    if (this.waiters.length === 0) this.endedWaitsMs += performance.now() - this.waitingSinceMs;
  }

  /** Fails the content for good. */
  private failed(code: ErrorCode, cause?: string): ContentFault {
    const fault = new ContentFault(code, { cause });
    this.fault ??= fault;
    return fault;
  }

  /** Delivers the held chunks, then continues the source. */
  private replay(): void {
    if (this.isReplaying) return;
    this.isReplaying = true;
    const { chunks } = this.held;
    while (this.sink !== undefined && !this.isPaused && this.at < chunks.length) {
      if (this.fault !== undefined) break;
      const chunk = chunks[this.at++] as Buffer;
      if (!this.sink.data(chunk)) this.isPaused = true;
    }
    this.isReplaying = false;
    if (this.sink === undefined || (this.isPaused && this.fault === undefined)) return;
    if (this.total >= 0 || this.isEnded || this.fault !== undefined) this.finish();
    else this.pull();
  }

  /** Ends the sink after it has received every chunk, or fails it. */
  private finish(): void {
    const { sink, fault } = this;
    if (sink === undefined) return;
    if (fault === undefined && (this.isPaused || this.at < this.held.chunks.length)) return;
    this.sink = undefined;
    if (this.isSpent) this.free();
    if (fault !== undefined) sink.fail(fault);
    else sink.end(this.trailers);
  }

  private free(): void {
    this.held.free();
    this.at = 0;
  }
}

const noMemory =
  'policies buffer more content at the same time than SLUICE_MAX_BUFFERED_BYTES allows, or more than a quarter of it for one caller';
