// Imported because the global `performance` is a getter that costs as much as reading the clock.
import { performance } from 'node:perf_hooks';
import { every } from '@sluice/errors';
import type { SharedSetOptions, SharedStore, SharedSubscription } from '@sluice/policy-sdk';
import type { SharedRedis } from './shared-redis.ts';

/** How often a channel is read. */
const pollMs = 200;
/** Messages are kept for this long, so that a node that lost its connection still gets them. */
const keptMs = 600_000;
const maxMessages = 10_000;
const messagesOfRead = 500;

/**
 * The shared store of one policy in Redis (6.2 or newer). A channel is a stream that each process
 * reads several times a second, and not a Redis channel of PUBLISH: those lose the messages that
 * are sent while a connection is down, and nothing tells the subscriber.
 */
export class RedisSharedStore implements SharedStore {
  readonly isShared = true;
  readonly #redis: SharedRedis;
  readonly #prefix: string;

  /** @param prefix of all keys of the policy */
  constructor(redis: SharedRedis, prefix: string) {
    this.#redis = redis;
    this.#prefix = prefix;
  }

  /** {@inheritDoc SharedStore.get} */
  async get(key: string): Promise<string | undefined> {
    return (await this.#redis.ask((redis) => redis.get(this.#keyOf(key)))) ?? undefined;
  }

  /** {@inheritDoc SharedStore.set} */
  async set(key: string, value: string, { ttlMs, ifAbsent }: SharedSetOptions): Promise<boolean> {
    const name = this.#keyOf(key);
    const time = Math.ceil(ttlMs);
    const answer = await this.#redis.ask((redis) =>
      ifAbsent === true
        ? redis.set(name, value, 'PX', time, 'NX')
        : redis.set(name, value, 'PX', time),
    );
    return answer === 'OK';
  }

  /** {@inheritDoc SharedStore.take} */
  async take(key: string): Promise<string | undefined> {
    return (await this.#redis.ask((redis) => redis.getdel(this.#keyOf(key)))) ?? undefined;
  }

  /** {@inheritDoc SharedStore.delete} */
  async delete(key: string): Promise<void> {
    await this.#redis.ask((redis) => redis.del(this.#keyOf(key)));
  }

  /** {@inheritDoc SharedStore.publish} */
  async publish(channel: string, text: string): Promise<void> {
    const name = this.#channelOf(channel);
    await this.#redis.ask(async (redis) => {
      await redis.xadd(name, 'MAXLEN', '~', maxMessages, '*', 'text', text);
      await redis.pexpire(name, keptMs);
    });
  }

  /** {@inheritDoc SharedStore.subscribe} */
  subscribe(channel: string, act: (text: string) => unknown): SharedSubscription {
    return new RedisSubscription(this.#redis, this.#channelOf(channel), act);
  }

  #keyOf(key: string): string {
    return `${this.#prefix}key:${key}`;
  }

  #channelOf(channel: string): string {
    return `${this.#prefix}channel:${channel}`;
  }
}

/** Reads a stream from the moment of the subscription on. */
class RedisSubscription implements SharedSubscription {
  gaps = 0;
  readonly #redis: SharedRedis;
  readonly #stream: string;
  readonly #act: (text: string) => unknown;
  readonly #timer: NodeJS.Timeout;
  /** Id of the last message that was read; undefined until the stream was read once. */
  #last: string | undefined;
  #readAtMs = Number.NEGATIVE_INFINITY;
  #isReading = false;
  #isStopped = false;

  constructor(redis: SharedRedis, stream: string, act: (text: string) => unknown) {
    this.#redis = redis;
    this.#stream = stream;
    this.#act = act;
    this.#timer = every('observation', pollMs, () => this.#poll()).unref();
    void this.#poll();
  }

  /** {@inheritDoc SharedSubscription.staleMs} */
  get staleMs(): number {
    return performance.now() - this.#readAtMs;
  }

  stop(): void {
    this.#isStopped = true;
    clearInterval(this.#timer);
  }

  async #poll(): Promise<void> {
    if (this.#isReading || this.#isStopped) return;
    this.#isReading = true;
    const startedAtMs = performance.now();
    try {
      if (this.#last === undefined) this.#last = await this.#newest();
      else await this.#readFrom(this.#last, startedAtMs);
      this.#readAtMs = startedAtMs;
    } catch {
      // The connection reports its faults; `staleMs` grows until a read succeeds.
    } finally {
      this.#isReading = false;
    }
  }

  async #newest(): Promise<string> {
    const entries = await this.#redis.ask((redis) =>
      redis.xrevrange(this.#stream, '+', '-', 'COUNT', 1),
    );
    return entries[0]?.[0] ?? '0-0';
  }

  async #readFrom(last: string, startedAtMs: number): Promise<void> {
    let from = last;
    let count = 0;
    for (let isComplete = false; !isComplete && !this.#isStopped;) {
      const entries = await this.#redis.ask((redis) =>
        redis.xrange(this.#stream, `(${from}`, '+', 'COUNT', messagesOfRead),
      );
      for (const [id, fields] of entries) {
        from = this.#last = id;
        if (!this.#isStopped) this.#act(fields[1] ?? '');
      }
      count += entries.length;
      isComplete = entries.length < messagesOfRead;
    }
    // Redis has removed older messages by now: some may never have been read.
    if (startedAtMs - this.#readAtMs >= keptMs || count >= maxMessages) this.gaps++;
  }
}
