import { every, GatewayError } from '@sluice/errors';
import {
  Breaker,
  Leases,
  type LimitDecision,
  type LimitRequest,
  type LimitStore,
} from '@sluice/ratelimit';
import type { LimitAnswer, LimitQuestion } from './limit-messages.ts';

const timeoutMs = 1_000;
const maxWaiting = 10_000;

type OnAvailabilityChange = (available: boolean, reason: string | undefined) => void;

interface Waiting {
  readonly resolve: (decisions: readonly LimitDecision[]) => void;
  readonly reject: (fault: Error) => void;
  readonly deadlineMs: number;
}

/**
 * The limit store of a worker when there is no Redis: the node counts for all its workers, so that
 * a limit applies to the node as a whole. Frequently used limits are leased, so that most requests
 * need not wait for another process; the others wait at most a second, at most ten thousand at
 * once. When the node does not answer, a circuit breaker stops the requests to it until it answers
 * a probe; leases can still be used. Several limits that must admit together are never leased.
 */
export class RemoteLimitStore implements LimitStore {
  readonly #send: (question: LimitQuestion) => void;
  readonly #leases = new Leases((report, id) => this.#send({ kind: 'renewal', id, report }));
  readonly #waiting = new Map<number, Waiting>();
  readonly #sweeper = every('limits', timeoutMs / 4, () => this.#expire());
  readonly #breaker: Breaker;
  #lastId = 0;

  /** Calls `onAvailabilityChange` once per change of whether the node answers. */
  constructor(
    send: (question: LimitQuestion) => void,
    onAvailabilityChange: OnAvailabilityChange = () => undefined,
  ) {
    this.#send = send;
    this.#sweeper.unref();
    this.#breaker = new Breaker({
      probe: () => this.#question([], 0),
      onChange: (open, reason) => onAvailabilityChange(!open, reason),
    });
  }

  /** False while the circuit breaker is open because the node does not answer. */
  get available(): boolean {
    return !this.#breaker.isOpen;
  }

  take(
    requests: readonly LimitRequest[],
    cost = 1,
  ): readonly LimitDecision[] | Promise<readonly LimitDecision[]> {
    const decision =
      requests.length === 1 ? this.#leases.take(requests[0] as LimitRequest, cost) : undefined;
    return decision === undefined ? this.#ask(requests, cost) : [decision];
  }

  /** Handles an answer of the node; without decisions the node could not decide. */
  answered(answer: LimitAnswer): void {
    if (answer.kind === 'granted') {
      this.#leases.granted(answer.id, answer.grant);
      return;
    }
    const waiting = this.#waiting.get(answer.id);
    if (waiting === undefined) return;
    this.#waiting.delete(answer.id);
    this.#breaker.succeed();
    if (answer.decisions === undefined)
      waiting.reject(new GatewayError('policy_failed', { cause: 'the node could not decide' }));
    else waiting.resolve(answer.decisions);
  }

  close(): Promise<void> {
    clearInterval(this.#sweeper);
    this.#breaker.close();
    this.#leases.close();
    return Promise.resolve();
  }

  #ask(requests: readonly LimitRequest[], cost: number): Promise<readonly LimitDecision[]> {
    if (this.#breaker.isOpen)
      return Promise.reject(
        new GatewayError('policy_failed', {
          cause: 'the node does not answer; limits are not requested until it does',
        }),
      );
    if (this.#waiting.size >= maxWaiting)
      return Promise.reject(
        new GatewayError('policy_failed', {
          cause: 'too many limit requests are waiting for the node',
        }),
      );
    return this.#question(requests, cost);
  }

  #question(requests: readonly LimitRequest[], cost: number): Promise<readonly LimitDecision[]> {
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject, deadlineMs: performance.now() + timeoutMs });
      this.#send({ kind: 'take', id, requests, cost });
    });
  }

  #expire(): void {
    const now = performance.now();
    for (const [id, { deadlineMs, reject }] of this.#waiting) {
      // Ids and deadlines ascend: the first deadline in the future ends the search.
      if (deadlineMs > now) return;
      this.#waiting.delete(id);
      reject(new GatewayError('policy_failed', { cause: 'the node did not answer in time' }));
      this.#breaker.fail('the node did not answer in time');
    }
  }
}
