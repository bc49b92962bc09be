import { GatewayError } from '@sluice/errors';
import type { LimitDecision, LimitRequest, LimitStore } from '@sluice/ratelimit';
import type { Take } from './limit-messages.ts';

const timeoutMs = 1_000;
const maxWaiting = 10_000;

interface Waiting {
  readonly resolve: (decisions: readonly LimitDecision[]) => void;
  readonly reject: (fault: Error) => void;
  readonly deadlineMs: number;
}

/**
 * The limit store of a worker when there is no Redis: the node counts for all its workers, so that a limit of the node is
 * one limit. Waits at most a second, and for at most ten thousand answers at once.
 */
export class RemoteLimitStore implements LimitStore {
  readonly #send: (take: Take) => void;
  readonly #waiting = new Map<number, Waiting>();
  readonly #sweeper = setInterval(() => this.#expire(), timeoutMs / 4);
  #lastId = 0;

  constructor(send: (take: Take) => void) {
    this.#send = send;
    this.#sweeper.unref();
  }

  take(requests: readonly LimitRequest[], cost = 1): Promise<readonly LimitDecision[]> {
    if (this.#waiting.size >= maxWaiting) return Promise.reject(new GatewayError('policy_failed', { cause: 'too many limits are being asked at once' }));
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject, deadlineMs: performance.now() + timeoutMs });
      this.#send({ id, requests, cost });
    });
  }

  /** The node has answered; without decisions it could not decide. */
  answered(id: number, decisions: readonly LimitDecision[] | undefined): void {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return;
    this.#waiting.delete(id);
    if (decisions === undefined) waiting.reject(new GatewayError('policy_failed', { cause: 'the node could not decide' }));
    else waiting.resolve(decisions);
  }

  close(): Promise<void> {
    clearInterval(this.#sweeper);
    return Promise.resolve();
  }

  #expire(): void {
    const now = performance.now();
    for (const [id, { deadlineMs, reject }] of this.#waiting) {
      // Ids ascend, and so do deadlines: the first that is still good ends the search.
      if (deadlineMs > now) return;
      this.#waiting.delete(id);
      reject(new GatewayError('policy_failed', { cause: 'the node did not answer in time' }));
    }
  }
}
