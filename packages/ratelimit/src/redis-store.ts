import { createHash } from 'node:crypto';
import { after, GatewayError, guarded, soon } from '@sluice/errors';
import { Redis } from 'ioredis';
import type { LookupFunction } from 'node:net';
import { Breaker } from './breaker.ts';
import { assertCost, assertRule, decide } from './limit-rule.ts';
import type { LimitDecision, LimitRequest, LimitStore } from './limit-store.ts';
import { connectorWith } from './redis-connector.ts';
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
 * A connection that is silent for this long while an answer is due is replaced. This also clears
 * the queue of a frozen server.
 */
const silentConnectionMs = 1000;
/** Time limit for closing the connection. */
const closeTimeoutMs = 500;
const reconnectBaseMs = 50;
const reconnectCapMs = 2000;

/**
 * Counts in Redis (6.2 or newer, or Valkey), so that all nodes share one count. A take is one
 * script call: atomic over all limits of a request, with the clock of Redis. A take whose answer
 * was lost may be counted: faults admit less, never more.
 *
 * A take waits at most `commandTimeoutMs`. When Redis stays silent, a {@link Breaker} opens within
 * a second: takes then reject immediately, and one probe at a time is sent until Redis answers. So
 * a Redis that hangs delays few requests, and few commands wait at any time.
 *
 * All keys share one hash tag, because a script's keys must be in one slot of a cluster. Run Redis
 * with `maxmemory-policy noeviction`: eviction of a key resets its limit.
 */
export class RedisStore implements LimitStore {
  private readonly redis: Redis;
  private readonly keyPrefix: string;
  private readonly commandTimeoutMs: number;
  private readonly maxPending: number;
  private readonly breaker: Breaker;
  private readonly onAvailabilityChange: RedisStoreOptions['onAvailabilityChange'];
  private readonly onDurability: RedisStoreOptions['onDurability'];
  private pending = 0;
  private lastFault: string | undefined;
  private wasAvailable: boolean | undefined;
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
    if (!/^rediss?:\/\/./.test(url))
      throw new TypeError(
        'a Redis URL begins with redis:// or rediss://, such as redis://127.0.0.1:6379',
      );
    this.keyPrefix = keyPrefix;
    this.commandTimeoutMs = commandTimeoutMs;
    this.maxPending = maxPending;
    this.onAvailabilityChange = told.onAvailabilityChange;
    this.onDurability = told.onDurability;
    this.redis = new Redis(url, {
      ...(lookup === undefined ? {} : { Connector: connectorWith(lookup) }),
      enableOfflineQueue: false,
      maxRetriesPerRequest: 1,
      autoResendUnfulfilledCommands: false,
      connectTimeout: silentConnectionMs,
      socketTimeout: silentConnectionMs,
      disconnectTimeout: 100,
      retryStrategy: reconnectDelayMs,
      // After a fail-over the old primary refuses writes: reconnect to find the new one.
      reconnectOnError: (error) => error.message.startsWith('READONLY'),
    });
    this.breaker = new Breaker({
      // The probe runs the script that takes use, without limits, so it writes nothing.
      probe: () => this.withinTime(this.evaluate([], [0])),
      onChange: (_open, reason) => this.tell(reason),
    });
    this.redis.on('error', (error: Error) => (this.lastFault = error.message));
    const ready = (): unknown => {
      this.tell(undefined);
      return this.checkDurability();
    };
    this.redis.on('ready', guarded('limits', ready));
    this.redis.on(
      'close',
      guarded('limits', () => this.tell(this.lastFault ?? 'the connection was closed')),
    );
  }

  /** True while takes are sent to Redis: it is connected and answers in time. */
  get available(): boolean {
    return this.connected && !this.breaker.isOpen;
  }

  /** True while commands can be sent. */
  get connected(): boolean {
    return this.redis.status === 'ready';
  }

  /**
   * Resolves once connected. Rejects with a `GatewayError('policy_failed')` when that takes longer
   * than `timeoutMs`.
   */
  async whenConnected(timeoutMs: number): Promise<void> {
    if (this.connected) return;
    await new Promise<void>((resolve, reject) => {
      const connected = (): void => {
        clearTimeout(timer);
        resolve();
      };
      const timer = after('limits', timeoutMs, () => {
        this.redis.off('ready', connected);
        reject(failed(new Error(this.lastFault ?? `Redis is not connected after ${timeoutMs} ms`)));
      });
      this.redis.once('ready', connected);
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
    this.breaker.close();
    const open = ['connecting', 'connect', 'ready'].includes(this.redis.status);
    let timer: NodeJS.Timeout | undefined;
    const ended = new Promise<void>((resolve) => {
      this.redis.once('end', resolve);
      timer = setTimeout(resolve, closeTimeoutMs);
    });
    this.redis.disconnect();
    if (open) await ended;
    clearTimeout(timer);
  }

  /** Runs the script; rejects when the time limit is exceeded. */
  private async ask(
    keys: readonly string[],
    words: readonly (string | number)[],
  ): Promise<readonly string[]> {
    if (this.breaker.isOpen)
      throw failed(new Error('Redis does not answer in time and is not asked until it does'));
    if (this.pending >= this.maxPending)
      throw failed(new Error(`${this.pending} takes are waiting for Redis`));
    this.pending++;
    try {
      const answer = await this.withinTime(this.evaluate(keys, words));
      this.breaker.succeed();
      return answer as readonly string[];
    } catch (fault) {
      // Redis refused only this command, so the breaker ignores it; without a connection nothing
      // waits.
      if (fault instanceof SlowRedis) this.breaker.fail(fault.message);
      throw failed(fault);
    } finally {
      this.pending--;
    }
  }

  private withinTime(answer: Promise<unknown>): Promise<unknown> {
    return new Promise((resolve, reject) => {
      // A blocked event loop fires its timers before it reads its sockets: let it read once before
      // rejecting.
      const late = (): unknown =>
        soon('limits', () => reject(new SlowRedis(this.commandTimeoutMs)));
      const timer = after('limits', this.commandTimeoutMs, late);
      answer.then(resolve, reject).finally(() => clearTimeout(timer));
    });
  }

  private tell(reason: string | undefined): void {
    const { available } = this;
    if (available === this.wasAvailable) return;
    this.wasAvailable = available;
    this.onAvailabilityChange?.(available, available ? undefined : reason);
  }

  /**
   * Reports how Redis persists its data. If the connection fails meanwhile, the next one is
   * checked.
   */
  private async checkDurability(): Promise<void> {
    if (this.onDurability === undefined) return;
    const durability = await readDurability(this.redis).catch(() => undefined);
    const text = JSON.stringify(durability);
    if (durability === undefined || text === this.toldDurability) return;
    this.toldDurability = text;
    this.onDurability(durability);
  }

  private evaluate(keys: readonly string[], words: readonly (string | number)[]): Promise<unknown> {
    return this.redis.evalsha(takeSha, keys.length, ...keys, ...words).catch((error: unknown) => {
      // The script cache is empty after a restart; EVAL fills it again.
      if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
      return this.redis.eval(takeLua, keys.length, ...keys, ...words);
    });
  }
}

class SlowRedis extends Error {
  constructor(timeoutMs: number) {
    super(`Redis did not answer within ${timeoutMs} ms`);
  }
}

/**
 * Full jitter, so that nodes that lost Redis at the same time do not reconnect at the same time.
 */
export function reconnectDelayMs(attempt: number): number {
  return (
    10 +
    Math.floor(
      Math.random() * Math.min(reconnectCapMs, reconnectBaseMs * 2 ** Math.min(attempt, 10)),
    )
  );
}

function failed(cause: unknown): GatewayError {
  return new GatewayError('policy_failed', {
    detail: 'The limits of this request could not be checked. Try again later.',
    cause,
  });
}
