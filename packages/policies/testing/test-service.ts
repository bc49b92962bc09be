import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request that a service received. */
export interface ReceivedRequest {
  readonly method: string;
  readonly url: string;
  /** In the order of the message: name, value, name, value. */
  readonly rawHeaders: readonly string[];
  readonly body: string;
}

type Handler = (request: ReceivedRequest, response: ServerResponse) => void;

/** An HTTP service that a policy calls in a spec. Tests only. */
export class TestService {
  readonly received: ReceivedRequest[] = [];
  /** Answers each request; replace it in a test. */
  handler: Handler = (_request, response) => response.end();
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((message, response) => void this.#serve(message, response));
  }

  static async start(handler?: Handler): Promise<TestService> {
    const service = new TestService();
    if (handler !== undefined) service.handler = handler;
    service.#server.listen(0, '127.0.0.1');
    await once(service.#server, 'listening');
    return service;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/service`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  /** All values of a field of a request, in order. */
  static values({ rawHeaders }: ReceivedRequest, name: string): string[] {
    return rawHeaders.filter(
      (_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === name,
    );
  }

  async #serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = '';
    for await (const chunk of message) body += String(chunk);
    const { method = '', url = '', rawHeaders } = message;
    const request = { method, url, rawHeaders, body };
    this.received.push(request);
    this.handler(request, response);
  }
}
