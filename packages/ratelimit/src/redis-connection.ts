import { after, guarded, soon } from '@sluice/errors';
import { Redis } from 'ioredis';
import type { LookupFunction } from 'node:net';
import { Breaker } from './breaker.ts';
import { connectorWith } from './redis-connector.ts';

export interface RedisConnectionOptions {
  /** `redis://[user:password@]host[:port][/database]`, or `rediss://` for TLS. */
  readonly url: string;
  /** Resolves the name of the server; by default Node resolves it in its thread pool. */
  readonly lookup?: LookupFunction | undefined;
  /** Time limit of one command, in milliseconds. */
  readonly commandTimeoutMs: number;
  /** The largest number of commands that wait for an answer; further ones fail immediately. */
  readonly maxPending: number;
  /** What the commands are, in the messages of faults: `takes`. */
  readonly commands: string;
  /** A command that writes nothing: the breaker sends it to learn whether Redis answers. */
  readonly probe: (redis: Redis) => Promise<unknown>;
  /**
   * Called once per change with whether commands are sent: the connection is up and Redis answers
   * in time. The first call follows the first result. `reason` is the fault.
   */
  readonly onAvailabilityChange?:
    ((available: boolean, reason: string | undefined) => void) | undefined;
  /** Called after each connect. */
  readonly onReady?: ((redis: Redis) => unknown) | undefined;
}

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
 * A connection to Redis whose commands have a time limit. When Redis stays silent, a
 * {@link Breaker} opens within a second: commands then reject immediately, and one probe at a time
 * is sent until Redis answers. So a Redis that hangs delays few requests, and few commands wait at
 * any time. It reconnects by itself.
 */
export class RedisConnection {
  readonly #redis: Redis;
  readonly #options: RedisConnectionOptions;
  readonly #breaker: Breaker;
  #pending = 0;
  #lastFault: string | undefined;
  #wasAvailable: boolean | undefined;

  /** Starts to connect. Throws a TypeError when the URL is not a Redis URL. */
  constructor(options: RedisConnectionOptions) {
    const { url, lookup, probe, onReady } = options;
    if (!/^rediss?:\/\/./.test(url))
      throw new TypeError(
        'a Redis URL begins with redis:// or rediss://, such as redis://127.0.0.1:6379',
      );
    this.#options = options;
    this.#redis = new Redis(url, {
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
    this.#breaker = new Breaker({
      probe: () => this.#withinTime(probe(this.#redis)),
      onChange: (_open, reason) => this.#tell(reason),
    });
    this.#redis.on('error', (error: Error) => (this.#lastFault = error.message));
    const ready = (): unknown => {
      this.#tell(undefined);
      return onReady?.(this.#redis);
    };
    this.#redis.on('ready', guarded('limits', ready));
    this.#redis.on(
      'close',
      guarded('limits', () => this.#tell(this.#lastFault ?? 'the connection was closed')),
    );
  }

  /** True while commands are sent to Redis: it is connected and answers in time. */
  get available(): boolean {
    return this.connected && !this.#breaker.isOpen;
  }

  /** True while commands can be sent. */
  get connected(): boolean {
    return this.#redis.status === 'ready';
  }

  /** Resolves once connected. Rejects when that takes longer than `timeoutMs`. */
  async whenConnected(timeoutMs: number): Promise<void> {
    if (this.connected) return;
    await new Promise<void>((resolve, reject) => {
      const connected = (): void => {
        clearTimeout(timer);
        resolve();
      };
      const timer = after('limits', timeoutMs, () => {
        this.#redis.off('ready', connected);
        reject(new Error(this.#lastFault ?? `Redis is not connected after ${timeoutMs} ms`));
      });
      this.#redis.once('ready', connected);
    });
  }

  /** Sends a command; rejects when the time limit is exceeded, or at once while Redis is down. */
  async ask<Answer>(command: (redis: Redis) => Promise<Answer>): Promise<Answer> {
    const { maxPending, commands } = this.#options;
    if (this.#breaker.isOpen)
      throw new Error('Redis does not answer in time and is not asked until it does');
    if (this.#pending >= maxPending)
      throw new Error(`${this.#pending} ${commands} are waiting for Redis`);
    this.#pending++;
    try {
      const answer = await this.#withinTime(command(this.#redis));
      this.#breaker.succeed();
      return answer;
    } catch (fault) {
      // Redis refused only this command, so the breaker ignores it; without a connection nothing
      // waits.
      if (fault instanceof SlowRedis) this.#breaker.fail(fault.message);
      throw fault;
    } finally {
      this.#pending--;
    }
  }

  /**
   * Closes the connection, without waiting for answers. Resolves within half a second, even when
   * Redis hangs.
   */
  async close(): Promise<void> {
    this.#breaker.close();
    const open = ['connecting', 'connect', 'ready'].includes(this.#redis.status);
    let timer: NodeJS.Timeout | undefined;
    const ended = new Promise<void>((resolve) => {
      this.#redis.once('end', resolve);
      timer = setTimeout(resolve, closeTimeoutMs);
    });
    this.#redis.disconnect();
    if (open) await ended;
    clearTimeout(timer);
  }

  #withinTime<Answer>(answer: Promise<Answer>): Promise<Answer> {
    const { commandTimeoutMs } = this.#options;
    return new Promise((resolve, reject) => {
      // A blocked event loop fires its timers before it reads its sockets: let it read once before
      // rejecting.
      const late = (): unknown => soon('limits', () => reject(new SlowRedis(commandTimeoutMs)));
      const timer = after('limits', commandTimeoutMs, late);
      answer.then(resolve, reject).finally(() => clearTimeout(timer));
    });
  }

  #tell(reason: string | undefined): void {
    const { available } = this;
    if (available === this.#wasAvailable) return;
    this.#wasAvailable = available;
    this.#options.onAvailabilityChange?.(available, available ? undefined : reason);
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
