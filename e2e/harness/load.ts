import { Agent, request } from 'node:http';

/** How requests under load ended. */
export interface LoadReport {
  readonly total: number;
  /** Responses by status. */
  readonly statuses: ReadonlyMap<number, number>;
  /** The errors of requests without a complete response, by message. */
  readonly faults: ReadonlyMap<string, number>;
}

export interface LoadOptions {
  /** Called for every request; returns its URL. */
  readonly url: () => string;
  readonly connections: number;
  readonly headers?: Readonly<Record<string, string>>;
  /**
   * When true, a request whose connection fails is sent to another address, as every load balancer
   * does. A request that was sent is never repeated.
   */
  readonly retriesRefusedConnections?: boolean;
}

/** Keep-alive clients that send one request after the other until they are stopped. */
export class Load {
  readonly #statuses = new Map<number, number>();
  readonly #faults = new Map<string, number>();
  readonly #agent: Agent;
  readonly #loops: Promise<void>[];
  #total = 0;
  #running = true;

  constructor(options: LoadOptions) {
    this.#agent = new Agent({ keepAlive: true, maxSockets: options.connections });
    this.#loops = Array.from({ length: options.connections }, () => this.#loop(options));
  }

  get total(): number {
    return this.#total;
  }

  /** Waits for the requests in progress and returns the outcome of all requests. */
  async stop(): Promise<LoadReport> {
    this.#running = false;
    await Promise.all(this.#loops);
    this.#agent.destroy();
    return { total: this.#total, statuses: this.#statuses, faults: this.#faults };
  }

  async #loop(options: LoadOptions): Promise<void> {
    // The count is bounded as well, in case the test never stops the load.
    for (let sent = 0; this.#running && sent < 200_000; sent++) {
      let outcome = await this.#send(options.url(), options.headers ?? {});
      if (outcome === 'ECONNREFUSED' && options.retriesRefusedConnections === true)
        outcome = await this.#send(options.url(), options.headers ?? {});
      this.#total++;
      if (typeof outcome === 'number')
        this.#statuses.set(outcome, (this.#statuses.get(outcome) ?? 0) + 1);
      else this.#faults.set(outcome, (this.#faults.get(outcome) ?? 0) + 1);
      if (typeof outcome === 'string') await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  #send(url: string, headers: Readonly<Record<string, string>>): Promise<number | string> {
    return new Promise((resolve) => {
      const outgoing = request(
        url,
        { agent: this.#agent, headers, timeout: 15_000 },
        (response) => {
          response.on('error', (fault) => resolve(fault.message));
          response.on('end', () =>
            resolve(response.complete ? (response.statusCode ?? 0) : 'truncated'),
          );
          response.resume();
        },
      );
      outgoing.on('timeout', () => outgoing.destroy(new Error('timeout')));
      outgoing.on('error', (fault: NodeJS.ErrnoException) => resolve(fault.code ?? fault.message));
      outgoing.end();
    });
  }
}
