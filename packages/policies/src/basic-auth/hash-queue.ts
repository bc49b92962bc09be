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

interface Job {
  run(): Promise<void>;
  reject(fault: Error): void;
}

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
   * Runs a hash in its turn. Rejects with its fault. When too many wait, a caller that has none
   * takes the place of one of the caller that has the most.
   * @param caller whose turn it is, such as a client network
   * @throws HashQueueFull when too many wait
   */
  run<Result>(caller: string, hash: () => Promise<Result>): Promise<Result> {
    const count = this.#countByCaller.get(caller) ?? 0;
    const { maxPerCaller, maxWaiting } = this.#options;
    if (count >= maxPerCaller) return Promise.reject(new HashQueueFull('caller'));
    if (this.#waitingCount >= maxWaiting && !(count === 0 && this.#makeRoom()))
      return Promise.reject(new HashQueueFull('process'));
    this.#countByCaller.set(caller, count + 1);
    return new Promise((resolve, reject) => {
      const run = async (): Promise<void> => {
        try {
          resolve(await hash());
        } catch (fault) {
          reject(fault as Error);
        } finally {
          this.#running -= 1;
          this.#forget(caller);
          this.#start();
        }
      };
      this.#add(caller, { run, reject });
    });
  }

  /** Refuses the last job of the caller with the most; false when each has one at most. */
  #makeRoom(): boolean {
    let most: [string, Job[]] | undefined;
    for (const entry of this.#waiting) if (entry[1].length > (most?.[1].length ?? 1)) most = entry;
    const job = most?.[1].pop();
    if (most === undefined || job === undefined) return false;
    this.#waitingCount -= 1;
    this.#forget(most[0]);
    job.reject(new HashQueueFull('caller'));
    return true;
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
      void job.run();
    }
  }

  #forget(caller: string): void {
    const left = (this.#countByCaller.get(caller) ?? 1) - 1;
    if (left > 0) this.#countByCaller.set(caller, left);
    else this.#countByCaller.delete(caller);
  }
}
