import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request that the origin has received completely. */
export interface ReceivedRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

type Answer = (
  request: ReceivedRequest,
  response: ServerResponse,
  origin: ContentOrigin,
) => void | Promise<void>;

/** An HTTP/1.1 server that records requests with their content. Tests only. */
export class ContentOrigin {
  readonly requests: ReceivedRequest[] = [];
  private readonly server: Server;

  private constructor(answer: Answer) {
    this.server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('error', () => undefined);
      request.on('end', () => {
        const { method = '', url = '', headers } = request;
        const received = { method, url, headers, body: Buffer.concat(chunks) };
        this.requests.push(received);
        void answer(received, response, this);
      });
    });
  }

  /** @param answer default: 200 with the number of bytes received */
  static async start(
    answer: Answer = ({ body }, response) => void response.end(String(body.length)),
  ): Promise<ContentOrigin> {
    const origin = new ContentOrigin(answer);
    origin.server.listen(0, '127.0.0.1');
    await once(origin.server, 'listening');
    return origin;
  }

  get address(): string {
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** The last request. */
  get last(): ReceivedRequest {
    const request = this.requests.at(-1);
    if (request === undefined) throw new Error('the origin received no request');
    return request;
  }

  stop(): void {
    this.server.close();
    this.server.closeAllConnections();
  }
}
