import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** The ways in which an issuer can fail to publish its keys. */
export const issuerFaults = [
  'dead',
  'slow',
  'html',
  'not-modified',
  'huge',
  'redirect',
  'error',
  'empty',
] as const;

export type IssuerFault = (typeof issuerFaults)[number];

/** An issuer that publishes metadata and keys, well or badly. Tests only. */
export class KeyServer {
  /** The keys of the set. */
  keys: readonly object[] = [];
  fault: IssuerFault | undefined;
  /** Paths of all requests so far. */
  readonly paths: string[] = [];
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => this.#serve(request, response));
  }

  static async start(keys: readonly object[] = []): Promise<KeyServer> {
    const server = new KeyServer();
    server.keys = keys;
    server.#server.listen(0, '127.0.0.1');
    await once(server.#server, 'listening');
    return server;
  }

  /** Its name: `iss` of its tokens. */
  get issuer(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/realm`;
  }

  get jwksUri(): string {
    return `${this.issuer}/jwks`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #serve({ url = '' }: IncomingMessage, response: ServerResponse): void {
    this.paths.push(url);
    if (this.fault !== undefined) return fail(this.fault, response);
    const { issuer, jwksUri, keys } = this;
    const content = url.endsWith('/jwks') ? { keys } : { issuer, jwks_uri: jwksUri };
    response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(content));
  }
}

function fail(fault: IssuerFault, response: ServerResponse): void {
  switch (fault) {
    case 'dead':
      response.destroy();
      break;
    case 'slow':
      // The head arrives in time, and the content never ends.
      response.writeHead(200, { 'Content-Type': 'application/json' }).write('{"keys":');
      break;
    case 'html':
      response.writeHead(200, { 'Content-Type': 'text/html' }).end('<html>Maintenance</html>');
      break;
    case 'not-modified':
      response.writeHead(304).end();
      break;
    case 'huge':
      response.writeHead(200).end(`{"keys":[],"x":"${'x'.repeat(300_000)}"}`);
      break;
    case 'redirect':
      response.writeHead(302, { Location: 'http://127.0.0.1:1/jwks' }).end();
      break;
    case 'error':
      response.writeHead(500).end('{"keys":[]}');
      break;
    case 'empty':
      response.writeHead(200).end('');
      break;
  }
}
