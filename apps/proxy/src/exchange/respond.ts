import { catalogue, GatewayError, grpcDenial, problem, problemMediaType } from '@sluice/errors';
import { HeaderList } from '@sluice/http1';
import { deny, type Reply, type ResponseHead } from '@sluice/policy-sdk';
import { clientGone as clientLeft } from '@sluice/telemetry';
import type { ContentSource } from './content.ts';
import type { Exchange } from './exchange.ts';
import { ownFields } from './own-fields.ts';
import type { Tunnel, TunnelFault } from './tunnel.ts';

/** Sends an answer of the gateway's own. Throws when a policy fails on it, or makes something of it that cannot be sent. */
export function respond(exchange: Exchange, reply: Reply): void {
  send(exchange, reply, exchange.pipeline.respond, exchange.responseFields);
}

function send(exchange: Exchange, reply: Reply, steps: ResponseSteps, fields: Exchange['responseFields']): void {
  const { code } = reply;
  exchange.code = code;
  exchange.source = code === undefined ? 'gateway' : catalogue[code].source;
  const headers = new HeaderList();
  for (const [name, value] of reply.headers) headers.add(name, value);
  let content = reply.content;
  const isDenial = code !== undefined && content === undefined;
  const isGrpcDenial = isDenial && exchange.downstream.isGrpc;
  if (isDenial) {
    if (isGrpcDenial) {
      const { title } = catalogue[code];
      const message = reply.detail === undefined ? title : `${title}: ${reply.detail}`;
      for (const [name, value] of grpcDenial(reply.status, message)) headers.set(name, value);
    } else {
      content = JSON.stringify(problem(code, { detail: reply.detail, requestId: exchange.requestId }));
      headers.set('Content-Type', problemMediaType);
    }
    // "Retry-After on every 503 of ours": a client that is told to come back is told when.
    if (reply.status === 503 && !headers.has('retry-after')) headers.set('Retry-After', '1');
  }
  const head = finishHead(exchange, { status: reply.status, headers, origin: 'gateway' }, steps, fields);
  // A caller of gRPC reads grpc-status. Log, metrics and spans keep the HTTP status that says the same.
  const sentStatus = isGrpcDenial ? 200 : head.status;
  exchange.downstream.respond(sentStatus, headers, typeof content === 'object' ? Buffer.from(content) : content);
  // Last, so that what could not be sent does not count as an answer.
  exchange.status = head.status;
}

/** Answers what a fault that nobody expected comes to, and closes the matter for the client. Never throws. */
export function respondToFault(exchange: Exchange, fault: unknown): void {
  const code = fault instanceof GatewayError ? fault.code : 'internal_error';
  if (code === 'internal_error') exchange.proxy.noteFault(fault, exchange.requestId);
  exchange.reason = reasonOf(fault);
  if (exchange.status !== 0) {
    exchange.brokenOff = code;
    return exchange.downstream.abort();
  }
  try {
    respond(exchange, deny(code));
  } catch {
    // The policies that fail on a response fail on this one, too: it goes out without them.
    sendBare(exchange, deny(code));
  }
}

function sendBare(exchange: Exchange, reply: Reply): void {
  try {
    send(exchange, reply, undefined, undefined);
  } catch (fault) {
    exchange.proxy.noteFault(fault, exchange.requestId);
    exchange.downstream.abort();
  }
}

/**
 * Sends the upstream's response on, content following as fast as the client takes it. Throws when a policy fails on it, or
 * makes something of it that cannot be sent; nothing has been sent then.
 */
export function respondFromUpstream(exchange: Exchange, status: number, received: HeaderList, content: ContentSource, over: Over): void {
  exchange.source = 'upstream';
  // The list belongs to the upstream's connection, which uses it again; a custom policy may keep what it is given.
  const headers = exchange.isLent && exchange.pipeline.respond !== undefined ? received.clone() : received;
  headers.addOwn(ownFields.via, exchange.proxy.viaHttp1);
  const head = finishHead(exchange, { status, headers, origin: 'upstream' }, exchange.pipeline.respond, exchange.responseFields);
  // Before, because all of it may be over when `stream` returns.
  exchange.status = head.status;
  try {
    exchange.downstream.stream(head.status, headers, content, (fault) => {
      over(fault === undefined ? undefined : notWhole(exchange, fault));
    });
  } catch (fault) {
    exchange.status = 0;
    throw fault;
  }
}

/** Notes that the response of the upstream did not reach the client whole. Gives the `error.type` of that. */
function notWhole(exchange: Exchange, fault: Error): string {
  if (fault instanceof GatewayError) {
    brokeOff(exchange, fault);
    return fault.code;
  }
  clientGone(exchange);
  return clientLeft;
}

/** The client sees a message that is not complete, or a 502 when nothing was sent yet; the log says why. */
function brokeOff(exchange: Exchange, fault: GatewayError): void {
  exchange.proxy.noteFailure(exchange, fault.code, reasonOf(fault));
  if (!exchange.downstream.responseBegun) {
    exchange.status = 0;
    return respondToFault(exchange, fault);
  }
  exchange.code = fault.code;
  exchange.brokenOff = fault.code;
  exchange.reason = reasonOf(fault);
}

function reasonOf(fault: unknown): string {
  if (fault instanceof GatewayError && typeof fault.cause === 'string') return fault.cause;
  return fault instanceof Error ? fault.message : String(fault);
}

/** Sends 101 and joins the two connections. */
export function switchProtocols(exchange: Exchange, headers: HeaderList, tunnel: Tunnel, over: Over): void {
  exchange.source = 'upstream';
  exchange.status = 101;
  headers.setOwn(ownFields.requestId, exchange.requestId);
  exchange.downstream.upgrade(headers, tunnel, (fault: TunnelFault | undefined) => {
    exchange.reason = fault?.reason;
    exchange.brokenOff = fault?.errorType;
    over(fault?.errorType);
  });
}

/** Passes an interim response on, RFC 9110 section 15.2. */
export function sendInterim(exchange: Exchange, status: number, headers: HeaderList): void {
  exchange.downstream.sendInterim(status, headers);
}

/** The client left before it had its answer. 499 is what logs have called this for a long time; it is never sent. */
export function clientGone(exchange: Exchange): void {
  if (exchange.status === 0) exchange.status = 499;
  exchange.source = 'client';
  exchange.brokenOff = clientLeft;
}

/** Called once, when a response is over: with the `error.type` when it did not reach the client whole. */
type Over = (errorType: string | undefined) => void;

type ResponseSteps = Exchange['pipeline']['respond'];

/** Puts on a head what policies want of every response, and what every response has. */
function finishHead(exchange: Exchange, head: ResponseHead, steps: ResponseSteps, fields: Exchange['responseFields']): ResponseHead {
  const { headers } = head;
  if (fields !== undefined) {
    for (const { name, value, replaces } of fields) {
      if (replaces) headers.set(name, value);
      else headers.add(name, value);
    }
  }
  if (steps !== undefined) for (const step of steps) step.run(exchange, head);
  headers.setOwn(ownFields.requestId, exchange.requestId);
  return head;
}
