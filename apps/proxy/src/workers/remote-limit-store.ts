import { every, GatewayError } from '@sluice/errors';
import { Leases, type LimitDecision, type LimitRequest, type LimitStore } from '@sluice/ratelimit';
import type { LimitAnswer, LimitQuestion } from './limit-messages.ts';

const timeoutMs = 1_000;
const maxWaiting = 10_000;

interface Waiting {
  readonly resolve: (decisions: readonly LimitDecision[]) => void;
  readonly reject: (fault: Error) => void;
  readonly deadlineMs: number;
}

/**
 * The limit store of a worker when there is no Redis: the node counts for all its workers, so that a limit of the node is
 * one limit. What is asked for often is leased, so that most requests need not wait for another process; those that do wait
 * at most a second, at most ten thousand at once. Several limits that must admit together are never leased.
 */
export class RemoteLimitStore implements LimitStore {
  readonly #send: (question: LimitQuestion) => void;
  readonly #leases = new Leases((report, id) => this.#send({ kind: 'renewal', id, report }));
  readonly #waiting = new Map<number, Waiting>();
  readonly #sweeper = every('limits', timeoutMs / 4, () => this.#expire());
  #lastId = 0;

  constructor(send: (question: LimitQuestion) => void) {
    this.#send = send;
    this.#sweeper.unref();
  }

  take(requests: readonly LimitRequest[], cost = 1): readonly LimitDecision[] | Promise<readonly LimitDecision[]> {
    const decision = requests.length === 1 ? this.#leases.take(requests[0] as LimitRequest, cost) : undefined;
    return decision === undefined ? this.#ask(requests, cost) : [decision];
  }

  /** The node has answered; without decisions it could not decide. */
  answered(answer: LimitAnswer): void {
    if (answer.kind === 'granted') {
      this.#leases.granted(answer.id, answer.grant);
      return;
    }
    const waiting = this.#waiting.get(answer.id);
    if (waiting === undefined) return;
    this.#waiting.delete(answer.id);
    if (answer.decisions === undefined) waiting.reject(new GatewayError('policy_failed', { cause: 'the node could not decide' }));
    else waiting.resolve(answer.decisions);
  }

  close(): Promise<void> {
    clearInterval(this.#sweeper);
    this.#leases.close();
    return Promise.resolve();
  }

  #ask(requests: readonly LimitRequest[], cost: number): Promise<readonly LimitDecision[]> {
    if (this.#waiting.size >= maxWaiting) return Promise.reject(new GatewayError('policy_failed', { cause: 'too many limits are being asked at once' }));
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject, deadlineMs: performance.now() + timeoutMs });
      this.#send({ kind: 'take', id, requests, cost });
    });
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
