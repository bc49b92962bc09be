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
  /** Resolves the name of the server; Node's own way, through the thread pool, when absent. */
  readonly lookup?: LookupFunction | undefined;
  /** Begins every key. `sluice:` by default. */
  readonly keyPrefix?: string | undefined;
  /** How long one take may last. 50 by default. */
  readonly commandTimeoutMs?: number | undefined;
  /** How many takes may wait for an answer at once; further ones fail at once. 10,000 by default. */
  readonly maxPending?: number | undefined;
  /**
   * Told once per change whether limits can be counted: the connection is up and Redis answers in time. Told at first when
   * that is known. `reason` is what went wrong.
   */
  readonly onAvailabilityChange?: ((available: boolean, reason: string | undefined) => void) | undefined;
  /** Told after connecting how Redis keeps what is counted; again only when that is different from before. */
  readonly onDurability?: ((durability: RedisDurability) => void) | undefined;
}

const takeSha = createHash('sha1').update(takeLua).digest('hex');
/** A connection that says nothing for so long while an answer is due is replaced. Ends a frozen server's queue, too. */
const silentConnectionMs = 1000;
/** How long closing waits for the connection to end. */
const closeTimeoutMs = 500;
const reconnectBaseMs = 50;
const reconnectCapMs = 2000;

/**
 * Counts in Redis (6.2 or newer, or Valkey), so that all nodes share one count. A take is one script call: atomic over all
 * limits of a request, on Redis' own clock. A lost answer may have been counted: faults admit less, never more.
 *
 * A take waits at most `commandTimeoutMs`. When Redis stays silent a {@link Breaker} opens within a second: takes then
 * reject at once, and Redis is asked by one probe at a time until it answers. So a Redis that hangs costs few requests
 * their time-out, and few commands are ever waiting.
 *
 * All keys share one hash tag, because a script's keys must lie in one slot of a cluster. Run Redis with
 * `maxmemory-policy noeviction`: an evicted key is a limit that begins anew.
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

  /** Begins to connect. Throws a TypeError when the URL is not one of Redis. */
  constructor({ url, lookup, keyPrefix = 'sluice:', commandTimeoutMs = 50, maxPending = 10_000, ...told }: RedisStoreOptions) {
    if (!/^rediss?:\/\/./.test(url)) throw new TypeError('a Redis URL begins with redis:// or rediss://, such as redis://127.0.0.1:6379');
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
      // After a fail-over the old primary refuses writes: look for the new one.
      reconnectOnError: (error) => error.message.startsWith('READONLY'),
    });
    this.breaker = new Breaker({
      // The script without limits: it writes nothing, and it is what takes need.
      probe: () => this.withinTime(this.evaluate([], [0])),
      onChange: (_open, reason) => this.tell(reason),
    });
    this.redis.on('error', (error: Error) => (this.lastFault = error.message));
    const ready = (): unknown => {
      this.tell(undefined);
      return this.checkDurability();
    };
    this.redis.on('ready', guarded('limits', ready));
    this.redis.on('close', guarded('limits', () => this.tell(this.lastFault ?? 'the connection was closed')));
  }

  /** True while takes are sent to Redis: it is connected and answers in time. */
  get available(): boolean {
    return this.connected && !this.breaker.isOpen;
  }

  /** True while commands can be sent. */
  get connected(): boolean {
    return this.redis.status === 'ready';
  }

  /** Resolves once connected. Rejects with a `GatewayError('policy_failed')` when that takes longer than `timeoutMs`. */
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

  /** Closes the connection, without waiting for answers. Resolves within half a second, also when Redis hangs. */
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

  /** Runs the script, in time or not at all. */
  private async ask(keys: readonly string[], words: readonly (string | number)[]): Promise<readonly string[]> {
    if (this.breaker.isOpen) throw failed(new Error('Redis does not answer in time and is not asked until it does'));
    if (this.pending >= this.maxPending) throw failed(new Error(`${this.pending} takes are waiting for Redis`));
    this.pending++;
    try {
      const answer = await this.withinTime(this.evaluate(keys, words));
      this.breaker.succeed();
      return answer as readonly string[];
    } catch (fault) {
      // Redis has refused this one command, which says nothing of others; and without a connection nothing waits.
      if (fault instanceof SlowRedis) this.breaker.fail(fault.message);
      throw failed(fault);
    } finally {
      this.pending--;
    }
  }

  private withinTime(answer: Promise<unknown>): Promise<unknown> {
    return new Promise((resolve, reject) => {
      // An event loop that was held up fires its timers before it reads its sockets: let it read once before giving up.
      const late = (): unknown => soon('limits', () => reject(new SlowRedis(this.commandTimeoutMs)));
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

  /** Tells how Redis keeps its data. A connection that fails meanwhile is asked again once it is back. */
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

/** Full jitter, so that the nodes that lost a Redis at the same time do not come back at the same time. */
export function reconnectDelayMs(attempt: number): number {
  return 10 + Math.floor(Math.random() * Math.min(reconnectCapMs, reconnectBaseMs * 2 ** Math.min(attempt, 10)));
}

function failed(cause: unknown): GatewayError {
  return new GatewayError('policy_failed', { detail: 'The limits of this request could not be checked. Try again later.', cause });
}
