import type { LookupFunction } from 'node:net';
import { RedisConnection } from '@sluice/ratelimit';

/** Time limit of one command, milliseconds. */
const commandTimeoutMs = 500;
/** Commands that wait at the same time. */
const maxPending = 10_000;

/** The client that a {@link RedisConnection} passes to its commands. */
export type Redis = Parameters<Parameters<RedisConnection['ask']>[0]>[0];

export interface SharedRedisOptions {
  readonly url: string;
  readonly lookup?: LookupFunction | undefined;
  readonly onAvailabilityChange: (available: boolean, reason: string | undefined) => void;
}

/**
 * The connection of the shared stores of a process. It is not that of the limit store, whose short
 * time limit decides about requests.
 */
export class SharedRedis {
  readonly #connection: RedisConnection;
  #first: Promise<void> | undefined;

  /** Starts to connect. Throws a TypeError when the URL is not a Redis URL. */
  constructor({ url, lookup, onAvailabilityChange }: SharedRedisOptions) {
    this.#connection = new RedisConnection({
      url,
      lookup,
      commandTimeoutMs,
      maxPending,
      commands: 'commands',
      probe: (redis) => redis.ping(),
      onAvailabilityChange,
    });
    this.#first = this.#connection.whenConnected(commandTimeoutMs).catch(() => undefined);
  }

  /**
   * Sends a command; the first ones wait until the connection is open. Rejects when Redis does not
   * answer in time, and at once when it is known to be down.
   */
  async ask<Answer>(command: (redis: Redis) => Promise<Answer>): Promise<Answer> {
    if (this.#first !== undefined) {
      await this.#first;
      this.#first = undefined;
    }
    return await this.#connection.ask(command);
  }

  async close(): Promise<void> {
    await this.#connection.close();
  }
}
