import { createHash } from 'node:crypto';
import { after, GatewayError, guarded, soon } from '@sluice/errors';
import { Redis } from 'ioredis';
import type { LookupFunction } from 'node:net';
import { assertCost, assertRule, decide } from './limit-rule.ts';
import type { LimitDecision, LimitRequest, LimitStore } from './limit-store.ts';
import { connectorWith } from './redis-connector.ts';
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
  /** Told once per change, for the log. `reason` is what went wrong. */
  readonly onConnectionChange?: ((connected: boolean, reason: string | undefined) => void) | undefined;
}

const takeSha = createHash('sha1').update(takeLua).digest('hex');
/** A connection that says nothing for so long while an answer is due is replaced. Ends a frozen server's queue, too. */
const silentConnectionMs = 1000;
const reconnectBaseMs = 50;
const reconnectCapMs = 2000;

/**
 * Counts in Redis (6.2 or newer, or Valkey), so that all nodes share one count. A take is one script call: atomic over all
 * limits of a request, on Redis' own clock. A lost answer may have been counted: faults admit less, never more.
 *
 * All keys share one hash tag, because a script's keys must lie in one slot of a cluster. Run Redis with
 * `maxmemory-policy noeviction`: an evicted key is a limit that begins anew.
 */
export class RedisStore implements LimitStore {
  private readonly redis: Redis;
  private readonly keyPrefix: string;
  private readonly commandTimeoutMs: number;
  private readonly maxPending: number;
  private pending = 0;
  private lastFault: string | undefined;

  /** Begins to connect. Throws a TypeError when the URL is not one of Redis. */
  constructor({ url, lookup, keyPrefix = 'sluice:', commandTimeoutMs = 50, maxPending = 10_000, onConnectionChange }: RedisStoreOptions) {
    if (!/^rediss?:\/\/./.test(url)) throw new TypeError('a Redis URL begins with redis:// or rediss://, such as redis://127.0.0.1:6379');
    this.keyPrefix = keyPrefix;
    this.commandTimeoutMs = commandTimeoutMs;
    this.maxPending = maxPending;
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
    let connected = false;
    const tell = (now: boolean): void => {
      if (now === connected) return;
      connected = now;
      onConnectionChange?.(now, now ? undefined : this.lastFault);
    };
    this.redis.on('error', (error: Error) => (this.lastFault = error.message));
    this.redis.on('ready', guarded('limits', () => tell(true)));
    this.redis.on('close', guarded('limits', () => tell(false)));
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

  /** Closes the connection, without waiting for answers. */
  async close(): Promise<void> {
    const open = ['connecting', 'connect', 'ready'].includes(this.redis.status);
    const ended = new Promise((resolve) => this.redis.once('end', resolve));
    this.redis.disconnect();
    if (open) await ended;
  }

  /** Runs the script, in time or not at all. */
  private ask(keys: readonly string[], words: readonly (string | number)[]): Promise<readonly string[]> {
    if (this.pending >= this.maxPending) return Promise.reject(failed(new Error(`${this.pending} takes are waiting for Redis`)));
    this.pending++;
    return new Promise<readonly string[]>((resolve, reject) => {
      // An event loop that was held up fires its timers before it reads its sockets: let it read once before giving up.
      const late = (): unknown => soon('limits', () => reject(new Error(`Redis did not answer within ${this.commandTimeoutMs} ms`)));
      const timer = after('limits', this.commandTimeoutMs, late);
      this.evaluate(keys, words)
        .then((answer) => resolve(answer as readonly string[]), reject)
        .finally(() => clearTimeout(timer));
    })
      .catch((cause: unknown) => Promise.reject(failed(cause)))
      .finally(() => this.pending--);
  }

  private evaluate(keys: readonly string[], words: readonly (string | number)[]): Promise<unknown> {
    return this.redis.evalsha(takeSha, keys.length, ...keys, ...words).catch((error: unknown) => {
      // The script cache is empty after a restart; EVAL fills it again.
      if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
      return this.redis.eval(takeLua, keys.length, ...keys, ...words);
    });
  }
}

/** Full jitter, so that the nodes that lost a Redis at the same time do not come back at the same time. */
export function reconnectDelayMs(attempt: number): number {
  return 10 + Math.floor(Math.random() * Math.min(reconnectCapMs, reconnectBaseMs * 2 ** Math.min(attempt, 10)));
}

function failed(cause: unknown): GatewayError {
  return new GatewayError('policy_failed', { detail: 'The limits of this request could not be checked. Try again later.', cause });
}
