import { randomUUID } from 'node:crypto';
import type {
  IncomingMessage,
  RequestListener,
  Server,
  ServerOptions,
  ServerResponse,
} from 'node:http';
import type { Duplex } from 'node:stream';
import { problem, problemMediaType } from '@sluice/errors';
import { faultOfHead, refusal, refuseBytes } from '@sluice/http1';
import type { Http1Fault, PendingExchange } from '@sluice/http1';

/**
 * Closes slow and idle connections. Malformed requests are left to {@link strictly}, which answers
 * with problems.
 */
export const serverOptions: ServerOptions = Object.freeze({
  insecureHTTPParser: false,
  requireHostHeader: false,
  maxHeaderSize: 16_384,
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  keepAliveTimeout: 65_000,
  connectionsCheckingInterval: 1_000,
});

/**
 * Passes requests to `listener` that are well-formed by the rules of the proxy's edge
 * (docs/guides/edge.md), and answers all others with a problem document, including those that
 * `node:http` cannot parse.
 */
export function strictly(server: Server, listener: RequestListener): void {
  // With a limit, Node would silently drop the fields beyond it; the edge rules count them instead.
  server.maxHeadersCount = 0;
  const pending = new WeakMap<Duplex, PendingExchange>();
  const take = (request: IncomingMessage, response: ServerResponse): void => {
    const { socket } = request;
    pending.set(socket, { request, response });
    response.once('close', () => pending.delete(socket));
    const fault = faultOfHead(request);
    if (fault === undefined) listener(request, response);
    else refuse(request, response, fault);
  };
  server.on('request', take);
  server.on('checkExpectation', take);
  server.on('connect', (_request: IncomingMessage, socket: Duplex) => {
    socket.on('error', () => undefined).end(refusal('admin_method_not_allowed', randomUUID()));
  });
  server.on('clientError', (fault: NodeJS.ErrnoException, socket) =>
    refuseBytes(fault, socket, pending.get(socket), randomUUID()),
  );
}

function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  { error, reason }: Http1Fault,
): void {
  const requestId = randomUUID();
  const body = JSON.stringify(problem(error, { detail: reason, requestId }));
  response.writeHead(problem(error).status, {
    'X-Request-Id': requestId,
    'Cache-Control': 'no-store',
    'Content-Type': problemMediaType,
    'Content-Length': Buffer.byteLength(body),
    Connection: 'close',
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}
