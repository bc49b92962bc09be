import { after, guarded } from '@sluice/errors';
import { fork, type ChildProcess } from 'node:child_process';
import {
  eachQuestion,
  encodeAnswers,
  type LimitAnswer,
  type LimitQuestion,
} from './limit-messages.ts';
import type { FromWorker, ToWorker, WorkerAnswers, WorkerRequest } from './messages.ts';
import { TurnBatch } from './turn-batch.ts';

interface Pending {
  readonly resolve: (answer: never) => void;
  readonly reject: (fault: Error) => void;
  readonly timer: NodeJS.Timeout;
}

/** The node's side of a worker process. */
export class WorkerProcess {
  readonly index: number;
  /** Fulfils when the worker accepts requests; rejects when it ends before that. */
  readonly started: Promise<void>;
  /** Fulfils when the process has ended. */
  readonly gone: Promise<void>;
  isGone = false;
  readonly #child: ChildProcess;
  readonly #limitAnswers = new TurnBatch<LimitAnswer>((ofThisTurn) =>
    this.#send({ kind: 'limitAnswers', text: encodeAnswers(ofThisTurn) }),
  );
  readonly #pending = new Map<number, Pending>();
  #lastId = 0;

  /**
   * Starts `program` with `--worker`, as one of `size`. Calls `onQuestion` for each request to the
   * limits.
   */
  constructor(
    index: number,
    program: string,
    env: NodeJS.ProcessEnv,
    onQuestion: (question: LimitQuestion) => void,
    size = 1,
  ) {
    this.index = index;
    const child = fork(program, ['--worker', String(index), '--workers', String(size)], {
      env,
      serialization: 'advanced',
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.#child = child;
    let isStarted = (): void => undefined;
    let isLost = (_: Error): void => undefined;
    this.started = new Promise((resolve, reject) => {
      isStarted = resolve;
      isLost = reject;
    });
    this.started.catch(() => undefined);
    const heard = (message: FromWorker): void => {
      if (message.kind === 'started') isStarted();
      else if (message.kind === 'limitQuestions') eachQuestion(message.text, onQuestion);
      else this.#answered(message);
    };
    child.on('message', guarded('workers', heard));
    this.gone = new Promise((resolve) => {
      const lost = (): void => {
        this.isGone = true;
        const fault = new Error(`worker ${index} ended`);
        isLost(fault);
        for (const { reject, timer } of this.#pending.values()) {
          clearTimeout(timer);
          reject(fault);
        }
        this.#pending.clear();
        resolve();
      };
      child.once('exit', lost);
      child.once('error', lost);
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /**
   * Sends a request. Rejects when the worker has ended, reports a fault, or does not answer in
   * time.
   */
  ask<Type extends WorkerRequest['type']>(
    request: WorkerRequest & { readonly type: Type },
    timeoutMs: number,
  ): Promise<WorkerAnswers[Type]> {
    if (this.isGone) return Promise.reject(new Error(`worker ${this.index} ended`));
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      const timer = after('workers', timeoutMs, () => {
        this.#pending.delete(id);
        reject(new Error(`worker ${this.index} did not answer within ${timeoutMs} ms`));
      });
      this.#pending.set(id, { resolve, reject, timer });
      this.#send({ kind: 'request', id, request });
    });
  }

  /** Sends an answer of the limits, together with the other answers of this turn. */
  answerLimit(answer: LimitAnswer): void {
    this.#limitAnswers.add(answer);
  }

  /** Ignores send errors: the exit event reports the end of the process. */
  #send(message: ToWorker): void {
    if (this.#child.connected) this.#child.send(message, undefined, undefined, () => undefined);
  }

  /** Kills the process. */
  kill(): void {
    this.#child.kill('SIGKILL');
  }

  #answered({ id, answer, fault }: Extract<FromWorker, { kind: 'answer' }>): void {
    const pending = this.#pending.get(id);
    if (pending === undefined) return;
    this.#pending.delete(id);
    clearTimeout(pending.timer);
    if (fault === undefined) pending.resolve(answer as never);
    else pending.reject(new Error(fault));
  }
}
