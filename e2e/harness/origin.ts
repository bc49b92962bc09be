import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** A real upstream service. By default it returns the request that it received, as JSON. */
export class Origin implements AsyncDisposable {
  readonly name: string;
  readonly received: {
    readonly method: string;
    readonly url: string;
    readonly headers: IncomingMessage['headers'];
  }[] = [];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #port = 0;

  private constructor(
    name: string,
    answer: (request: IncomingMessage, response: ServerResponse) => void,
  ) {
    this.name = name;
    this.#server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
      if (this.received.length < 10_000)
        this.received.push({
          method: request.method ?? '',
          url: request.url ?? '',
          headers: request.headers,
        });
      answer(request, response);
    });
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
  }

  /** Starts it on a free port. */
  static async start(
    name: string,
    answer?: (request: IncomingMessage, response: ServerResponse) => void,
  ): Promise<Origin> {
    const origin = new Origin(
      name,
      answer ?? ((request, response) => echo(name, request, response)),
    );
    await origin.listen();
    return origin;
  }

  get address(): string {
    return `127.0.0.1:${this.#port}`;
  }

  /** Listens again on its previous port. */
  async listen(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(this.#port, '127.0.0.1', resolve);
    });
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  /** Handles upgrade requests. */
  onUpgrade(answer: (request: IncomingMessage, socket: Duplex) => void): void {
    this.#server.on('upgrade', (request, socket, head: Buffer) => {
      if (head.length > 0) socket.unshift(head);
      answer(request, socket);
    });
  }

  /** Behaves like a crashed process: it refuses new connections and resets every open one. */
  die(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}

function echo(name: string, request: IncomingMessage, response: ServerResponse): void {
  let bytes = 0;
  request.on('data', (chunk: Buffer) => (bytes += chunk.length));
  request.on('end', () => {
    response.setHeader('content-type', 'application/json');
    response.end(
      JSON.stringify({
        origin: name,
        method: request.method,
        url: request.url,
        headers: request.headers,
        bytes,
      }),
    );
  });
}
