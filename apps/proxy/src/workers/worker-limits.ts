import { LeaseGrantor, type LeaseGrant, type MemoryStore } from '@sluice/ratelimit';
import type { LimitAnswer, LimitQuestion } from './limit-messages.ts';

const nothing: LeaseGrant = { granted: 0, left: 0, endMs: Number.POSITIVE_INFINITY };

/** The node's limits for one of its workers, and the leases of that worker. */
export class WorkerLimits {
  readonly #store: MemoryStore;
  readonly #grantor: LeaseGrantor;
  readonly #answer: (answer: LimitAnswer) => void;
  #isOver = false;

  /** @param store counts for all workers @param workers number of workers */
  constructor(store: MemoryStore, workers: number, answer: (answer: LimitAnswer) => void) {
    this.#store = store;
    this.#grantor = new LeaseGrantor(store, workers);
    this.#answer = answer;
  }

  /**
   * Handles a request of the worker. Invalid requests are answered too, because the worker waits.
   */
  hear(question: LimitQuestion): void {
    // Messages of a worker that has ended may still arrive; it gets no more leases.
    if (this.#isOver) return;
    if (question.kind === 'take')
      this.#answer({
        kind: 'decided',
        id: question.id,
        decisions: attempt(() => this.#store.take(question.requests, question.cost)),
      });
    else {
      const grant = attempt(() => this.#grantor.renew(question.report)) ?? nothing;
      if (question.id !== 0) this.#answer({ kind: 'granted', id: question.id, grant });
    }
  }

  /** Handles the end of the worker: its leases count as spent. */
  end(): void {
    this.#isOver = true;
    this.#grantor.forfeit();
  }
}

function attempt<Result>(act: () => Result): Result | undefined {
  try {
    return act();
  } catch {
    return undefined;
  }
}
