import { LeaseGrantor, type LeaseGrant, type MemoryStore } from '@sluice/ratelimit';
import type { LimitAnswer, LimitQuestion } from './limit-messages.ts';

const nothing: LeaseGrant = { granted: 0, left: 0, endMs: Number.POSITIVE_INFINITY };

/** The limits of a node as one of its workers may ask them, and what this worker has leased of them. */
export class WorkerLimits {
  readonly #store: MemoryStore;
  readonly #grantor: LeaseGrantor;
  readonly #answer: (answer: LimitAnswer) => void;
  #isOver = false;

  /** `store` counts for all workers, of which there are `workers`. */
  constructor(store: MemoryStore, workers: number, answer: (answer: LimitAnswer) => void) {
    this.#store = store;
    this.#grantor = new LeaseGrantor(store, workers);
    this.#answer = answer;
  }

  /** The worker asks something. What makes no sense is answered, too: it waits for that. */
  hear(question: LimitQuestion): void {
    // A worker that has ended may still be heard of; nothing is lent to it any more.
    if (this.#isOver) return;
    if (question.kind === 'take') this.#answer({ kind: 'decided', id: question.id, decisions: attempt(() => this.#store.take(question.requests, question.cost)) });
    else {
      const grant = attempt(() => this.#grantor.renew(question.report)) ?? nothing;
      if (question.id !== 0) this.#answer({ kind: 'granted', id: question.id, grant });
    }
  }

  /** The worker has ended. What it had leased counts as spent. */
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
