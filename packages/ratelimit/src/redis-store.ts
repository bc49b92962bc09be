import { createHash } from 'node:crypto';
import { GatewayError } from '@sluice/errors';
import type { Redis } from 'ioredis';
import type { LookupFunction } from 'node:net';
import { assertCost, assertRule, decide } from './limit-rule.ts';
import type { LimitDecision, LimitRequest, LimitStore } from './limit-store.ts';
import { RedisConnection } from './redis-connection.ts';
import { readDurability, type RedisDurability } from './redis-durability.ts';
import { takeLua } from './take-script.ts';

export interface RedisStoreOptions {
  /** `redis://[user:password@]host[:port][/database]`, or `rediss://` for TLS. */
  readonly url: string;
  /** Resolves the name of the server; by default Node resolves it in its thread pool. */
  readonly lookup?: LookupFunction | undefined;
  /** Prefix of every key. `sluice:` by default. */
  readonly keyPrefix?: string | undefined;
  /** Time limit of one take, in milliseconds. 50 by default. */
  readonly commandTimeoutMs?: number | undefined;
  /**
   * The largest number of takes that wait for an answer; further ones fail immediately. 10,000 by
   * default.
   */
  readonly maxPending?: number | undefined;
  /**
   * Called once per change with whether limits can be counted: the connection is up and Redis
   * answers in time. The first call follows the first result. `reason` is the fault.
   */
  readonly onAvailabilityChange?:
    ((available: boolean, reason: string | undefined) => void) | undefined;
  /** Called after connecting with how Redis persists counts, and again only when that changes. */
  readonly onDurability?: ((durability: RedisDurability) => void) | undefined;
}

const takeSha = createHash('sha1').update(takeLua).digest('hex');

/**
 * Counts in Redis (6.2 or newer, or Valkey), so that all nodes share one count. A take is one
 * script call: atomic over all limits of a request, with the clock of Redis. A take whose answer
 * was lost may be counted: faults admit less, never more.
 *
 * A take waits at most `commandTimeoutMs`, and rejects at once while Redis is down: see
 * {@link RedisConnection}.
 *
 * All keys share one hash tag, because a script's keys must be in one slot of a cluster. Run Redis
 * with `maxmemory-policy noeviction`: eviction of a key resets its limit.
 */
export class RedisStore implements LimitStore {
  private readonly connection: RedisConnection;
  private readonly keyPrefix: string;
  private readonly onDurability: RedisStoreOptions['onDurability'];
  private toldDurability: string | undefined;

  /** Starts to connect. Throws a TypeError when the URL is not a Redis URL. */
  constructor({
    url,
    lookup,
    keyPrefix = 'sluice:',
    commandTimeoutMs = 50,
    maxPending = 10_000,
    ...told
  }: RedisStoreOptions) {
    this.keyPrefix = keyPrefix;
    this.onDurability = told.onDurability;
    this.connection = new RedisConnection({
      url,
      lookup,
      commandTimeoutMs,
      maxPending,
      commands: 'takes',
      // The script that takes use, without limits, so it writes nothing.
      probe: (redis) => evaluate(redis, [], [0]),
      onAvailabilityChange: told.onAvailabilityChange,
      onReady: (redis) => this.checkDurability(redis),
    });
  }

  /** True while takes are sent to Redis: it is connected and answers in time. */
  get available(): boolean {
    return this.connection.available;
  }

  /** True while commands can be sent. */
  get connected(): boolean {
    return this.connection.connected;
  }

  /**
   * Resolves once connected. Rejects with a `GatewayError('policy_failed')` when that takes longer
   * than `timeoutMs`.
   */
  async whenConnected(timeoutMs: number): Promise<void> {
    await this.connection.whenConnected(timeoutMs).catch((fault: unknown) => {
      throw failed(fault);
    });
  }

  async take(requests: readonly LimitRequest[], cost = 1): Promise<readonly LimitDecision[]> {
    assertCost(cost);
    if (requests.length === 0) return [];
    const keys: string[] = [];
    const words: (string | number)[] = [cost];
    for (const { key, rule } of requests) {
      assertRule(rule);
      const bucket = rule.algorithm === 'token-bucket';
      keys.push(`${this.keyPrefix}{limits}:${bucket ? 'bucket' : 'window'}:${key}`);
      if (bucket) words.push('bucket', rule.ratePerSecond, rule.burst);
      else words.push('window', rule.period, rule.limit);
    }
    const answer = await this.ask(keys, words);
    return requests.map(({ rule }, index) => {
      const [admits, left, windowEndsInMs] = answer.slice(3 * index, 3 * index + 3);
      return decide(rule, admits === '1', Number(left), cost, Number(windowEndsInMs));
    });
  }

  /**
   * Closes the connection, without waiting for answers. Resolves within half a second, even when
   * Redis hangs.
   */
  async close(): Promise<void> {
    await this.connection.close();
  }

  /** Runs the script; rejects when the time limit is exceeded. */
  private async ask(
    keys: readonly string[],
    words: readonly (string | number)[],
  ): Promise<readonly string[]> {
    try {
      return (await this.connection.ask((redis) =>
        evaluate(redis, keys, words),
      )) as readonly string[];
    } catch (fault) {
      throw failed(fault);
    }
  }

  /**
   * Reports how Redis persists its data. If the connection fails meanwhile, the next one is
   * checked.
   */
  private async checkDurability(redis: Redis): Promise<void> {
    if (this.onDurability === undefined) return;
    const durability = await readDurability(redis).catch(() => undefined);
    const text = JSON.stringify(durability);
    if (durability === undefined || text === this.toldDurability) return;
    this.toldDurability = text;
    this.onDurability(durability);
  }
}

function evaluate(
  redis: Redis,
  keys: readonly string[],
  words: readonly (string | number)[],
): Promise<unknown> {
  return redis.evalsha(takeSha, keys.length, ...keys, ...words).catch((error: unknown) => {
    // The script cache is empty after a restart; EVAL fills it again.
    if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
    return redis.eval(takeLua, keys.length, ...keys, ...words);
  });
}

function failed(cause: unknown): GatewayError {
  return new GatewayError('policy_failed', {
    detail: 'The limits of this request could not be checked. Try again later.',
    cause,
  });
}
