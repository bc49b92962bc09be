import { accessLine } from './access-line.ts';
import type { AccessRecord } from './access-record.ts';
import type { LineSink } from './line-sink.ts';

export interface AccessLogOptions {
  readonly sink: LineSink;
  /** Counts lines that were given up. */
  readonly onDropped: (lines: number) => void;
  /** Says once when lines begin to be given up, and once when they no longer are. */
  readonly warn: (message: string) => void;
  /** Lines are written when so many characters have come together. Default 32 KiB. */
  readonly flushChars?: number;
  /** Or when so much time has passed. Default 100 ms. */
  readonly flushMs?: number;
  /** Characters kept while the output does not take them; lines beyond are given up. Default 4 Mi. */
  readonly maxBufferedChars?: number;
}

interface Batch {
  readonly text: string;
  readonly lines: number;
}

/**
 * One line of JSON for each request, in batches. Never makes a request wait: when the output stalls, lines are kept up to
 * a bound, then given up and counted.
 */
export class AccessLog {
  readonly #options: Required<AccessLogOptions>;
  #text = '';
  #lines = 0;
  #queue: Batch[] = [];
  /** Characters in the open batch, in the queue and being written. */
  #bufferedChars = 0;
  #writing: Batch | undefined;
  #timer: NodeJS.Timeout | undefined;
  #droppedInRow = 0;
  #onIdle: (() => void) | undefined;

  constructor(options: AccessLogOptions) {
    this.#options = { flushChars: 32_768, flushMs: 100, maxBufferedChars: 4_194_304, ...options };
  }

  /** Logs a request. The record is read at once and not kept. */
  write(record: AccessRecord): void {
    if (this.#bufferedChars >= this.#options.maxBufferedChars) {
      this.#drop(1, 'its output does not keep up');
      return;
    }
    const line = accessLine(record);
    this.#text += line;
    this.#lines += 1;
    this.#bufferedChars += line.length;
    if (this.#text.length >= this.#options.flushChars) this.#flush();
    else this.#timer ??= setTimeout(() => this.#onTimer(), this.#options.flushMs);
  }

  /**
   * Writes what is there. Waits no longer than `timeoutMs`; what the output has not taken by then is given up. Nothing is
   * to be logged afterwards.
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
    const left = this.#queue.reduce((lines, batch) => lines + batch.lines, this.#writing?.lines ?? 0);
    this.#queue = [];
    if (left > 0) this.#drop(left, 'its output did not take them before the end');
  }

  #onTimer(): void {
    this.#timer = undefined;
    this.#flush();
  }

  #flush(): void {
    if (this.#lines > 0) this.#queue.push({ text: this.#text, lines: this.#lines });
    this.#text = '';
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
    this.#options.sink.write(batch.text, (error) => {
      this.#bufferedChars -= batch.text.length;
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
