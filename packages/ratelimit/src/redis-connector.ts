import { AbstractConnector, type RedisOptions } from 'ioredis';
import { connect, type LookupFunction, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

/**
 * Returns a connector class for ioredis that resolves names with `lookup`, not in Node's thread
 * pool.
 */
export function connectorWith(lookup: LookupFunction): new (options: unknown) => AbstractConnector {
  return class extends AbstractConnector {
    readonly #options: RedisOptions;

    constructor(options: unknown) {
      const given = options as RedisOptions;
      super(given.disconnectTimeout ?? 0);
      this.#options = given;
    }

    async connect(): Promise<Socket> {
      const { host = 'localhost', port = 6379, tls } = this.#options;
      this.connecting = true;
      // The caller may have cancelled the connection by then.
      await Promise.resolve();
      if (!this.connecting) throw new Error('Connection is closed.');
      const target = { host, port, lookup };
      const socket = tls === undefined ? connect(target) : connectTls({ ...target, ...tls });
      this.stream = socket;
      socket.once('error', (error) => (this.firstError = error));
      return socket;
    }
  };
}
