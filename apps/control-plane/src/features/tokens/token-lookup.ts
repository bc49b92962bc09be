import { GatewayError } from '@sluice/errors';
import type { Caller } from '../../platform/auth/role.ts';

const maxPerQuery = 500;
const maxWaiting = 10_000;

/** Finds the callers of token hashes. The result has no entry for an unknown hash. */
export type FindCallers = (hashes: readonly string[]) => Promise<ReadonlyMap<string, Caller>>;

/**
 * Looks up tokens with one query at a time; lookups that arrive during a query share the next one.
 * So a flood of guesses takes one database connection and a bounded number of queries, and a valid
 * token among up to 500 waits for at most two queries.
 */
export class TokenLookup {
  private readonly waiting = new Map<string, PromiseWithResolvers<Caller | undefined>>();
  private isAsking = false;

  constructor(private readonly findCallers: FindCallers) {}

  /**
   * Finds the caller whose token has this hash; resolves to undefined when there is none.
   * @throws GatewayError overloaded when 10,000 other hashes are waiting, and the errors of the
   * query.
   */
  find(hash: string): Promise<Caller | undefined> {
    const asked = this.waiting.get(hash);
    if (asked !== undefined) return asked.promise;
    if (this.waiting.size >= maxWaiting)
      return Promise.reject(
        new GatewayError('overloaded', {
          detail: 'too many tokens are being looked up; try again',
        }),
      );
    const answer = Promise.withResolvers<Caller | undefined>();
    this.waiting.set(hash, answer);
    if (!this.isAsking) void this.ask();
    return answer.promise;
  }

  private async ask(): Promise<void> {
    this.isAsking = true;
    while (this.waiting.size > 0) {
      const batch = new Map([...this.waiting].slice(0, maxPerQuery));
      for (const hash of batch.keys()) this.waiting.delete(hash);
      try {
        const callers = await this.findCallers([...batch.keys()]);
        for (const [hash, answer] of batch) answer.resolve(callers.get(hash));
      } catch (error) {
        for (const answer of batch.values()) answer.reject(error);
      }
    }
    this.isAsking = false;
  }
}
