import { clientNetwork } from '@sluice/schema';
import type { Exchange } from '../exchange.ts';
import type { FailureLimits } from '../host/failure-limits.ts';
import type { Clock } from '../host.ts';
import { deny, type Reply } from '../reply.ts';
import { FailureTable, type FailureBudget } from './failure-table.ts';

/** A minute of one failure each second, for offices and carriers that share an address. */
const ofNetwork: FailureBudget = { burst: 60, forgetMs: 1_000 };
const ofUser: FailureBudget = { burst: 20, forgetMs: 10_000 };
/** A network that has failed for a user, for the time in which its next attempt may be refused. */
const ofPair: FailureBudget = { burst: 1, forgetMs: 600_000 };
/** How long a user that has succeeded from a network is not refused there. */
const successMs = 86_400_000;
const maxKeys = 10_000;
const maxUserLength = 256;

/** The failures that one mode of policies counts. */
class Failures {
  readonly networks: FailureTable;
  readonly users: FailureTable;
  readonly pairs: FailureTable;
  /** The end of each success by user and network, the most recent one last. */
  readonly successes = new Map<string, number>();

  constructor(clock: Clock) {
    this.networks = new FailureTable(clock, ofNetwork, maxKeys);
    this.users = new FailureTable(clock, ofUser, maxKeys);
    this.pairs = new FailureTable(clock, ofPair, maxKeys);
  }
}

/**
 * The failed attempts of a process. Policies in shadow mode count theirs apart, so that they refuse
 * what they would refuse if they were enforced, and affect no policy that is.
 */
export class SharedFailures {
  readonly #clock: Clock;
  readonly #enforced: Failures;
  #shadow: Failures | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#enforced = new Failures(clock);
  }

  /** The limits for a policy: users of two policies are two users. */
  of(policy: string): FailureLimits {
    return {
      refusal: (exchange, user) => this.#refusal(exchange, policy, user),
      failed: (exchange, user) => this.#failed(exchange, policy, user),
      succeeded: (exchange, user) => this.#succeeded(exchange, policy, user),
    };
  }

  #refusal(exchange: Exchange, policy: string, user: string | undefined): Reply | undefined {
    const { networks, users, pairs, successes } = this.#of(exchange);
    const network = clientNetwork(exchange.clientAddress);
    const ofUserMs = user === undefined ? 0 : users.waitMs(nameOf(policy, user));
    const ofNetworkMs = networks.waitMs(network);
    if (ofUserMs === 0 && ofNetworkMs === 0) return undefined;
    if (user !== undefined) {
      const pair = pairOf(policy, user, network);
      const until = successes.get(pair);
      if (until !== undefined && until > this.#clock.now()) return undefined;
      if (ofNetworkMs === 0 && !pairs.hasFailed(pair)) return undefined;
    }
    return tooMany(Math.max(ofUserMs, ofNetworkMs));
  }

  #failed(exchange: Exchange, policy: string, user: string | undefined): void {
    const { networks, users, pairs } = this.#of(exchange);
    const network = clientNetwork(exchange.clientAddress);
    networks.add(network);
    if (user === undefined) return;
    users.add(nameOf(policy, user));
    pairs.add(pairOf(policy, user, network));
  }

  #succeeded(exchange: Exchange, policy: string, user: string): void {
    const { successes } = this.#of(exchange);
    const pair = pairOf(policy, user, clientNetwork(exchange.clientAddress));
    // The pair moves to the end, because it was used last.
    successes.delete(pair);
    while (successes.size >= maxKeys) {
      const [oldest] = successes.keys();
      successes.delete(oldest as string);
    }
    successes.set(pair, this.#clock.now() + successMs);
  }

  #of(exchange: Exchange): Failures {
    const { isShadow } = exchange as { readonly isShadow?: boolean };
    return isShadow === true ? (this.#shadow ??= new Failures(this.#clock)) : this.#enforced;
  }
}

function nameOf(policy: string, user: string): string {
  return `${policy} ${user.slice(0, maxUserLength)}`;
}

function pairOf(policy: string, user: string, network: string): string {
  return `${network} ${nameOf(policy, user)}`;
}

function tooMany(waitMs: number): Reply {
  const seconds = String(Math.max(1, Math.ceil(waitMs / 1_000)));
  return deny(
    'too_many_failures',
    `Correct the credential, and wait ${seconds} seconds before the next attempt.`,
    [['Retry-After', seconds]],
    'too_many_failures',
  );
}
