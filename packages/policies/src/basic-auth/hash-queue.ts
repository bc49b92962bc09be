/** Why a hash was not computed. */
export type QueueRefusal = 'caller' | 'process';

/** Thrown when no further hash may wait. */
export class HashQueueFull extends Error {
  override readonly name = 'HashQueueFull';
  /** `caller`: this caller has too many; `process`: all callers together have. */
  readonly refusal: QueueRefusal;

  constructor(refusal: QueueRefusal) {
    super('too many passwords are being verified');
    this.refusal = refusal;
  }
}

export interface HashQueueOptions {
  /** Hashes at the same time; each occupies a core and its memory. */
  readonly maxRunning: number;
  readonly maxWaiting: number;
  /** Hashes of one caller, running and waiting. */
  readonly maxPerCaller: number;
}

type Job = () => Promise<void>;

/**
 * Bounds the hashes under way. Callers take turns, so that a caller with many wrong passwords
 * delays others by one hash at a time, and not by all of its own.
 */
export class HashQueue {
  readonly #options: HashQueueOptions;
  /** Callers with waiting jobs, in the order of their turns. */
  readonly #waiting = new Map<string, Job[]>();
  readonly #countByCaller = new Map<string, number>();
  #running = 0;
  #waitingCount = 0;

  constructor(options: HashQueueOptions) {
    this.#options = options;
  }

  /** Hashes that run or wait. */
  get size(): number {
    return this.#running + this.#waitingCount;
  }

  /**
   * Runs a hash in its turn. Rejects with its fault.
   * @param caller whose turn it is, such as a client network
   * @throws HashQueueFull when too many wait
   */
  run<Result>(caller: string, hash: () => Promise<Result>): Promise<Result> {
    const count = this.#countByCaller.get(caller) ?? 0;
    const { maxPerCaller, maxWaiting } = this.#options;
    if (count >= maxPerCaller) return Promise.reject(new HashQueueFull('caller'));
    if (this.#waitingCount >= maxWaiting) return Promise.reject(new HashQueueFull('process'));
    this.#countByCaller.set(caller, count + 1);
    return new Promise((resolve, reject) => {
      this.#add(caller, async () => {
        try {
          resolve(await hash());
        } catch (fault) {
          reject(fault as Error);
        } finally {
          this.#leave(caller);
        }
      });
    });
  }

  #add(caller: string, job: Job): void {
    const jobs = this.#waiting.get(caller);
    if (jobs === undefined) this.#waiting.set(caller, [job]);
    else jobs.push(job);
    this.#waitingCount += 1;
    this.#start();
  }

  #start(): void {
    while (this.#running < this.#options.maxRunning && this.#waitingCount > 0) {
      const [[caller, jobs] = ['', []]] = this.#waiting;
      const job = jobs.shift();
      // The caller goes to the end of the line.
      this.#waiting.delete(caller);
      if (jobs.length > 0) this.#waiting.set(caller, jobs);
      if (job === undefined) continue;
      this.#waitingCount -= 1;
      this.#running += 1;
      void job();
    }
  }

  #leave(caller: string): void {
    this.#running -= 1;
    const left = (this.#countByCaller.get(caller) ?? 1) - 1;
    if (left > 0) this.#countByCaller.set(caller, left);
    else this.#countByCaller.delete(caller);
    this.#start();
  }
}
