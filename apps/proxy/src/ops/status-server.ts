import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { GatewayError, problem, problemMediaType } from '@sluice/errors';
import { faultOfHead, refusal, refuseBytes } from '@sluice/http1';
import type { PendingExchange } from '@sluice/http1';
import type { NodeStatus } from './node-status.ts';
import { pages } from './pages.ts';
import type { Answer } from './pages.ts';
import { sendPieces } from './send-pieces.ts';

export interface StatusServerOptions {
  /** Address to listen on: loopback, unless the network is trusted. */
  readonly host: string;
  /** 0 chooses a free port. */
  readonly port: number;
  readonly node: NodeStatus;
  /** Called with the fault of each 500. */
  readonly noteFault: (fault: unknown) => void;
  /** Limit of concurrent connections. Default 64. */
  readonly maxConnections?: number;
  /** How long the node may take to provide its state. Default 5,000 ms. */
  readonly answerTimeoutMs?: number;
}

/**
 * Serves the status pages: `/livez`, `/readyz`, `/metrics`, `/config` and
 * `/.well-known/jwks.json`.
 */
export interface StatusServer {
  readonly port: number;
  /** Stops listening and closes all connections. */
  close(): Promise<void>;
}

/** Time for a request to arrive, and for a client to read the next piece of a response. */
const clientTimeoutMs = 10_000;
const maxConnections = 64;

const maxHeaderBytes = 16_384;

const common = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };

function problemAnswer(
  fault: GatewayError,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  const document = problem(fault.code, { detail: fault.detail });
  return {
    status: fault.status,
    headers: { 'content-type': problemMediaType, ...headers },
    content: [`${JSON.stringify(document)}\n`],
  };
}

async function withTimeout<T>(work: Promise<T>, timeoutMs: number): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(
    reject,
    timeoutMs,
    new Error(`the node did not answer within ${timeoutMs} ms`),
  );
  return Promise.race([work, promise]).finally(() => clearTimeout(timer));
}

async function answerTo(request: IncomingMessage, options: StatusServerOptions): Promise<Answer> {
  const [path = '', query = ''] = (request.url ?? '').split('?', 2);
  const page = pages.get(path);
  if (page === undefined) {
    const detail = `there is ${[...pages.keys()].join(', ')}`;
    return problemAnswer(new GatewayError('resource_not_found', { detail }));
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return problemAnswer(new GatewayError('method_not_allowed', { detail: 'use GET or HEAD' }), {
      allow: 'GET, HEAD',
    });
  }
  const question = { parameters: new URLSearchParams(query), accept: request.headers.accept };
  const ask = async (): Promise<Answer> => page(options.node, question);
  try {
    return await withTimeout(ask(), options.answerTimeoutMs ?? 5_000);
  } catch (fault) {
    if (fault instanceof GatewayError) return problemAnswer(fault);
    options.noteFault(fault);
    return problemAnswer(new GatewayError('internal_error', { detail: 'see the log of the node' }));
  }
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  options: StatusServerOptions,
): Promise<void> {
  const { socket } = request;
  pending.set(socket, { request, response });
  response.once('close', () => pending.delete(socket));
  try {
    // The edge's rules for request heads apply here too; a violation closes the connection.
    const fault = faultOfHead(request);
    const broken =
      fault === undefined
        ? undefined
        : problemAnswer(new GatewayError(fault.error, { detail: fault.reason }), {
            connection: 'close',
          });
    const { status, headers, content } = broken ?? (await answerTo(request, options));
    response.writeHead(status, { ...common, ...headers });
    if (request.method === 'HEAD') response.end();
    else await sendPieces(response, content);
  } catch (fault) {
    // The head was already sent: only closing the connection tells the client that the response is
    // incomplete.
    options.noteFault(fault);
    response.destroy();
  }
}

/** Returns an Error that names the setting to change when listening fails. */
function listenFault({ host, port }: StatusServerOptions, fault: NodeJS.ErrnoException): Error {
  const messages: Readonly<Record<string, string>> = {
    EADDRINUSE: `port ${port} on ${host} is taken: stop what listens there, or set SLUICE_STATUS_PORT to a free port`,
    EACCES: `port ${port} may not be opened by this user: set SLUICE_STATUS_PORT to one above 1023`,
    EADDRNOTAVAIL: `${host} is no address of this machine: set SLUICE_STATUS_HOST to one, such as 127.0.0.1`,
    ENOTFOUND: `${host} is no address of this machine: set SLUICE_STATUS_HOST to one, such as 127.0.0.1`,
  };
  const message =
    messages[fault.code ?? ''] ?? `cannot listen on ${host}, port ${port}: ${fault.message}`;
  return new Error(`status server: ${message}`, { cause: fault });
}

function listen(server: Server, options: StatusServerOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (fault: NodeJS.ErrnoException) => reject(listenFault(options, fault)));
    server.listen({ host: options.host, port: options.port }, resolve);
  });
}

/** The exchange in progress on each connection. */
const pending = new WeakMap<Duplex, PendingExchange>();

/**
 * Starts the status server. Rejects with an Error that names the port and the variable when it
 * cannot listen.
 */
export async function startStatusServer(options: StatusServerOptions): Promise<StatusServer> {
  const server = createServer(
    {
      requestTimeout: clientTimeoutMs,
      headersTimeout: clientTimeoutMs,
      keepAliveTimeout: clientTimeoutMs,
      connectionsCheckingInterval: 1_000,
      insecureHTTPParser: false,
      // `faultOfHead` refuses a missing Host, with a problem document.
      requireHostHeader: false,
      maxHeaderSize: maxHeaderBytes,
    },
    (request, response) => void serve(request, response, options),
  );
  // Node would silently drop further lines; `faultOfHead` counts them.
  server.maxHeadersCount = 0;
  server.on('checkExpectation', (request, response) => void serve(request, response, options));
  server.on('connect', (_request, socket) => {
    socket.on('error', () => undefined).end(refusal('method_not_allowed', randomUUID()));
  });
  server.on('clientError', (fault: NodeJS.ErrnoException, socket) =>
    refuseBytes(fault, socket, pending.get(socket), randomUUID()),
  );
  server.maxConnections = options.maxConnections ?? maxConnections;
  server.timeout = clientTimeoutMs;
  await listen(server, options);
  server.on('error', options.noteFault);
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      const closed = new Promise<void>((resolve) => void server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}
