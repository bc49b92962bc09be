import {
  HttpFault,
  type HeaderPair,
  type HttpClient,
  type HttpResponse,
  type PolicyHost,
  type PolicyTimer,
} from '@sluice/policy-sdk';
import { RecordQueue } from './record-queue.ts';

export interface BatchSettings {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly format: 'json' | 'ndjson';
  readonly batchSize: number;
  readonly flushMs: number;
  readonly queueSize: number;
  readonly queueBytes: number;
  readonly timeoutMs: number;
  readonly attempts: number;
  readonly allowPrivateAddresses: boolean;
}

/** What became of records: values of the label `result`. */
type Result = 'sent' | 'queue_full' | 'failed' | 'refused' | 'closed';

/** Bytes of the records of a batch. */
const maxBatchBytes = 1_048_576;
const firstWaitMs = 500;
const longestWaitMs = 30_000;
/** Time for the records that wait when the policy closes. */
const drainMs = 5_000;
/** A warning about dropped records is logged at most this often. */
const warnEveryMs = 60_000;

/**
 * Collects records and sends them, one batch after the other. `add` only stores, so no request
 * waits. While the endpoint fails, records wait in the bounded queue; then they are dropped and
 * counted.
 */
export class BatchSender {
  readonly #settings: BatchSettings;
  readonly #host: PolicyHost;
  readonly #http: HttpClient;
  readonly #queue: RecordQueue;
  readonly #headers: readonly HeaderPair[];
  readonly #count: (records: number, result: Result) => void;
  #flushTimer: PolicyTimer | undefined;
  #sending: Promise<void> | undefined;
  /** Ends the wait before the next attempt. */
  #wake: (() => void) | undefined;
  /** Aborted when the time for closing is over. */
  readonly #closing = new AbortController();
  #closesAtMs = Number.POSITIVE_INFINITY;
  #warnedAtMs = Number.NEGATIVE_INFINITY;
  #droppedSinceWarning = 0;

  constructor(settings: BatchSettings, host: PolicyHost) {
    this.#settings = settings;
    this.#host = host;
    const { allowPrivateAddresses, timeoutMs, queueSize, queueBytes, format } = settings;
    this.#http = host.http({
      allowPrivateAddresses,
      timeoutMs,
      maxConnections: 1,
      maxQueued: 1,
      maxBytes: 65_536,
    });
    this.#queue = new RecordQueue(queueSize, queueBytes);
    const type = format === 'json' ? 'application/json' : 'application/x-ndjson';
    const own = Object.entries(settings.headers);
    const isTyped = own.some(([name]) => name.toLowerCase() === 'content-type');
    this.#headers = isTyped ? own : [['Content-Type', type], ...own];
    const counter = host.metrics.counter('records_total', 'Records, by what became of them.', [
      'result',
    ]);
    this.#count = (records, result) => counter.add(records, result);
  }

  /** Stores a record for a later batch. Never throws. */
  add(record: string): void {
    if (this.#isClosing || !this.#queue.add(record)) {
      this.#drop(1, this.#isClosing ? 'closed' : 'queue_full', 'the queue is full');
      return;
    }
    if (this.#sending !== undefined) return;
    const { batchSize, flushMs } = this.#settings;
    if (this.#queue.size >= batchSize || this.#queue.bytes >= maxBatchBytes) this.#flush();
    else this.#flushTimer ??= this.#host.timers.after(flushMs, () => this.#flush());
  }

  /**
   * Sends what waits, without waiting between attempts, for at most five seconds; the rest is
   * dropped and counted.
   */
  async close(): Promise<void> {
    this.#closesAtMs = performance.now() + drainMs;
    this.#flushTimer?.stop();
    this.#wake?.();
    const overdue = this.#host.timers.after(drainMs, () => this.#closing.abort());
    await this.#sending;
    await this.#sendAll();
    overdue.stop();
    this.#drop(this.#queue.take(Infinity, Infinity).length, 'closed', 'the policy is closed');
  }

  get #isClosing(): boolean {
    return this.#closesAtMs !== Number.POSITIVE_INFINITY;
  }

  #flush(): void {
    this.#flushTimer?.stop();
    this.#flushTimer = undefined;
    this.#sending ??= this.#sendAll().finally(() => {
      this.#sending = undefined;
    });
  }

  /** Sends batches until the queue is empty. Never rejects. */
  async #sendAll(): Promise<void> {
    const { batchSize } = this.#settings;
    while (this.#queue.size > 0 && performance.now() < this.#closesAtMs)
      await this.#send(this.#queue.take(batchSize, maxBatchBytes));
  }

  async #send(records: readonly string[]): Promise<void> {
    const body =
      this.#settings.format === 'json' ? `[${records.join(',')}]` : `${records.join('\n')}\n`;
    for (let attempt = 1; ; attempt++) {
      const { reason, isFinal, retryAfterMs } = await this.#attempt(body);
      if (reason === undefined) {
        this.#count(records.length, 'sent');
        return;
      }
      const isOver = performance.now() >= this.#closesAtMs;
      if (isFinal || isOver || attempt >= this.#settings.attempts) {
        const result = isOver ? 'closed' : isFinal ? 'refused' : 'failed';
        this.#drop(records.length, result, reason);
        return;
      }
      if (!this.#isClosing) await this.#wait(waitMs(attempt, retryAfterMs));
    }
  }

  async #attempt(body: string): Promise<Attempt> {
    try {
      const response = await this.#http.request(this.#settings.url, {
        method: 'POST',
        headers: this.#headers,
        body,
        signal: this.#closing.signal,
      });
      return attemptOf(response);
    } catch (error) {
      // The status decides; nothing is read from the content.
      if (error instanceof HttpFault && error.status !== undefined)
        return attemptOf({ status: error.status, headers: undefined });
      const mayPass =
        error instanceof HttpFault &&
        ['timeout', 'not_connected', 'broken_off', 'invalid_response'].includes(error.reason);
      return { reason: (error as Error).message, isFinal: !mayPass, retryAfterMs: 0 };
    }
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#host.timers.after(ms, resolve);
      this.#wake = () => {
        timer.stop();
        resolve();
      };
    });
  }

  #drop(records: number, result: Result, reason: string): void {
    if (records === 0) return;
    this.#count(records, result);
    this.#droppedSinceWarning += records;
    const nowMs = performance.now();
    if (nowMs - this.#warnedAtMs < warnEveryMs) return;
    this.#host.logger.warn('records of http-log were dropped', {
      records: this.#droppedSinceWarning,
      reason,
    });
    this.#warnedAtMs = nowMs;
    this.#droppedSinceWarning = 0;
  }
}

/** The result of one call; without a reason it has succeeded. */
interface Attempt {
  readonly reason: string | undefined;
  /** Whether another attempt would end in the same way. */
  readonly isFinal: boolean;
  /** What the endpoint asked for; 0 when it did not. */
  readonly retryAfterMs: number;
}

function attemptOf({
  status,
  headers,
}: {
  status: number;
  headers: HttpResponse['headers'] | undefined;
}): Attempt {
  if (status < 300) return { reason: undefined, isFinal: true, retryAfterMs: 0 };
  const seconds = Number(headers?.get('retry-after') ?? 0);
  return {
    reason: `the endpoint answered with ${status}`,
    isFinal: status < 500 && status !== 408 && status !== 429,
    retryAfterMs: seconds > 0 ? seconds * 1_000 : 0,
  };
}

/** Doubles with each attempt; half of it is random, so that nodes do not call at the same time. */
function waitMs(attempt: number, retryAfterMs: number): number {
  const most = Math.min(longestWaitMs, firstWaitMs * 2 ** (attempt - 1));
  const backoff = most / 2 + (most / 2) * Math.random();
  return Math.min(longestWaitMs, Math.max(backoff, retryAfterMs));
}
