import { after } from '@sluice/errors';
import { accessLine } from './access-line.ts';
import type { AccessRecord } from './access-record.ts';
import type { LineSink } from './line-sink.ts';

export interface AccessLogOptions {
  readonly sink: LineSink;
  /** Counts dropped lines. */
  readonly onDropped: (lines: number) => void;
  /** Reports once when lines begin to be dropped, and once when this ends. */
  readonly warn: (message: string) => void;
  /** A batch is written when it has this size in bytes. Default 32 KiB. */
  readonly flushBytes?: number;
  /** A batch is written after this time at the latest. Default 100 ms. */
  readonly flushMs?: number;
  /** Bytes that are buffered while the output stalls; further lines are dropped. Default 4 MiB. */
  readonly maxBufferedBytes?: number;
}

interface Batch {
  readonly bytes: Buffer;
  readonly lines: number;
}

/** The largest number of UTF-8 bytes of one UTF-16 code unit. */
const MAX_BYTES_PER_CHAR = 3;
/** Room in a batch beyond the size at which it is written; a longer line gets its own batch. */
const ROOM_BYTES = 32_768;
const NOTHING = Buffer.alloc(0);

/**
 * Writes one line of JSON for each request, in batches. A line is encoded into the batch at once:
 * its many pieces are in the processor's cache then, and would only be garbage later. Never delays
 * a request: when the output stalls, lines are kept up to a bound, then dropped and counted.
 */
export class AccessLog {
  readonly #options: Required<AccessLogOptions>;
  /** The open batch: the first `#length` bytes are lines. */
  #buffer: Buffer = NOTHING;
  #length = 0;
  #lines = 0;
  #queue: Batch[] = [];
  /** Bytes in the open batch, in the queue and in the write in progress. */
  #bufferedBytes = 0;
  #writing: Batch | undefined;
  #timer: NodeJS.Timeout | undefined;
  #droppedInRow = 0;
  #onIdle: (() => void) | undefined;

  constructor(options: AccessLogOptions) {
    this.#options = { flushBytes: 32_768, flushMs: 100, maxBufferedBytes: 4_194_304, ...options };
  }

  /** Logs a request. The record is read during the call and not kept. */
  write(record: AccessRecord): void {
    if (this.#bufferedBytes >= this.#options.maxBufferedBytes) {
      this.#drop(1, 'its output does not keep up');
      return;
    }
    this.#append(accessLine(record));
    if (this.#length >= this.#options.flushBytes) this.#flush();
    else this.#timer ??= after('telemetry', this.#options.flushMs, () => this.#onTimer());
  }

  /**
   * Writes all lines. Waits at most `timeoutMs`; lines that the output has not accepted by then are
   * dropped. Nothing may be logged afterwards.
   */
  async close(timeoutMs = 2_000): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#flush();
    if (this.#writing === undefined) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#onIdle = resolve;
    const timer = setTimeout(resolve, timeoutMs);
    await promise;
    clearTimeout(timer);
    const left = this.#queue.reduce(
      (lines, batch) => lines + batch.lines,
      this.#writing?.lines ?? 0,
    );
    this.#queue = [];
    if (left > 0) this.#drop(left, 'its output did not take them before the end');
  }

  #append(line: string): void {
    const maxBytes = line.length * MAX_BYTES_PER_CHAR;
    if (this.#buffer.length - this.#length < maxBytes) {
      this.#flush();
      this.#buffer = Buffer.allocUnsafeSlow(
        Math.max(this.#options.flushBytes + ROOM_BYTES, maxBytes),
      );
    }
    const written = this.#buffer.write(line, this.#length, 'utf8');
    this.#length += written;
    this.#lines += 1;
    this.#bufferedBytes += written;
  }

  #onTimer(): void {
    this.#timer = undefined;
    this.#flush();
  }

  #flush(): void {
    if (this.#lines > 0)
      this.#queue.push({ bytes: this.#buffer.subarray(0, this.#length), lines: this.#lines });
    this.#buffer = NOTHING;
    this.#length = 0;
    this.#lines = 0;
    if (this.#writing === undefined) this.#writeNext();
  }

  #writeNext(): void {
    const batch = this.#queue.shift();
    this.#writing = batch;
    if (batch === undefined) {
      this.#onIdle?.();
      return;
    }
    this.#options.sink.write(batch.bytes, (error) => {
      this.#bufferedBytes -= batch.bytes.length;
      if (error !== undefined) this.#drop(batch.lines, error.message);
      else if (this.#droppedInRow > 0 && this.#queue.length === 0) this.#recovered();
      this.#writeNext();
    });
  }

  #drop(lines: number, reason: string): void {
    this.#options.onDropped(lines);
    if (this.#droppedInRow === 0) this.#options.warn(`access log lines are dropped: ${reason}`);
    this.#droppedInRow += lines;
  }

  #recovered(): void {
    this.#options.warn(`access log is written again; ${this.#droppedInRow} lines were dropped`);
    this.#droppedInRow = 0;
  }
}
