import {
  catalogue,
  faultReason,
  GatewayError,
  grpcDenial,
  problem,
  problemMediaType,
} from '@sluice/errors';
import { HeaderList } from '@sluice/http1';
import { deny, type Reply, type ResponseHead } from '@sluice/policy-sdk';
import { clientGone as clientLeft } from '@sluice/telemetry';
import type { ContentSource } from '../net/content.ts';
import type { Exchange } from './exchange.ts';
import { ownFields } from './own-fields.ts';
import type { Tunnel, TunnelFault } from './tunnel.ts';

/**
 * Sends a response of the gateway. Throws when a response policy fails or produces an invalid head.
 */
export function respond(exchange: Exchange, reply: Reply): void {
  send(exchange, reply, exchange.pipeline.respond, exchange.responseFields);
}

function send(
  exchange: Exchange,
  reply: Reply,
  steps: ResponseSteps,
  fields: Exchange['responseFields'],
): void {
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
      content = JSON.stringify(
        problem(code, { detail: reply.detail, requestId: exchange.requestId }),
      );
      headers.set('Content-Type', problemMediaType);
    }
    // Every 503 of the gateway has Retry-After.
    if (reply.status === 503 && !headers.has('retry-after')) headers.set('Retry-After', '1');
  }
  const head = finishHead(
    exchange,
    { status: reply.status, headers, origin: 'gateway' },
    steps,
    fields,
  );
  // A gRPC client reads grpc-status. Log, metrics and spans keep the corresponding HTTP status.
  const sentStatus = isGrpcDenial ? 200 : head.status;
  exchange.downstream.respond(
    sentStatus,
    headers,
    typeof content === 'object' ? Buffer.from(content) : content,
  );
  // Set last, so that a response that could not be sent does not count.
  exchange.status = head.status;
}

/**
 * Sends the error response for an unexpected fault, or aborts the connection when a response has
 * already begun. Never throws.
 */
export function respondToFault(exchange: Exchange, fault: unknown): void {
  const code = fault instanceof GatewayError ? fault.code : 'internal_error';
  if (code === 'internal_error') exchange.proxy.noteFault(fault, exchange.requestId);
  exchange.reason = faultReason(fault);
  if (exchange.status !== 0) {
    exchange.brokenOff = code;
    return exchange.downstream.abort();
  }
  try {
    respond(exchange, deny(code));
  } catch {
    // A response policy failed: this response is sent without response policies.
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
 * Forwards the upstream's response; the content follows at the client's pace. Throws when a
 * response policy fails or produces an invalid head; nothing has been sent then.
 */
export function respondFromUpstream(
  exchange: Exchange,
  status: number,
  received: HeaderList,
  content: ContentSource,
  over: Over,
): void {
  exchange.source = 'upstream';
  // The upstream connection reuses the list, and a custom policy may keep a reference to it.
  const headers =
    exchange.isShared && exchange.pipeline.respond !== undefined ? received.clone() : received;
  headers.addOwn(ownFields.via, exchange.proxy.viaHttp1);
  const head = finishHead(
    exchange,
    { status, headers, origin: 'upstream' },
    exchange.pipeline.respond,
    exchange.responseFields,
  );
  // Set first, because the exchange may be complete when `stream` returns.
  exchange.status = head.status;
  try {
    exchange.downstream.stream(head.status, headers, content, (fault) => {
      over(fault === undefined ? undefined : noteIncomplete(exchange, fault));
    });
  } catch (fault) {
    exchange.status = 0;
    throw fault;
  }
}

/**
 * Records that the client did not receive the whole upstream response. Returns its `error.type`.
 */
function noteIncomplete(exchange: Exchange, fault: Error): string {
  if (fault instanceof GatewayError) {
    contentFailed(exchange, fault);
    return fault.code;
  }
  clientGone(exchange);
  return clientLeft;
}

/**
 * Handles upstream content that failed: the client sees an incomplete message, or a 502 when
 * nothing was sent yet; the log has the reason.
 */
function contentFailed(exchange: Exchange, fault: GatewayError): void {
  exchange.proxy.noteFailure(exchange, fault.code, faultReason(fault));
  if (!exchange.downstream.responseBegun) {
    exchange.status = 0;
    return respondToFault(exchange, fault);
  }
  exchange.code = fault.code;
  exchange.brokenOff = fault.code;
  exchange.reason = faultReason(fault);
}

/** Sends 101 and joins the two connections. */
export function switchProtocols(
  exchange: Exchange,
  headers: HeaderList,
  tunnel: Tunnel,
  over: Over,
): void {
  exchange.source = 'upstream';
  exchange.status = 101;
  headers.setOwn(ownFields.requestId, exchange.requestId);
  exchange.downstream.upgrade(headers, tunnel, (fault: TunnelFault | undefined) => {
    exchange.reason = fault?.reason;
    exchange.brokenOff = fault?.errorType;
    over(fault?.errorType);
  });
}

/** Forwards an interim response, RFC 9110 section 15.2. */
export function sendInterim(exchange: Exchange, status: number, headers: HeaderList): void {
  exchange.downstream.sendInterim(status, headers);
}

/**
 * Records that the client disconnected before its response. Logs show the status 499, nginx's
 * convention for this; it is never sent.
 */
export function clientGone(exchange: Exchange): void {
  if (exchange.status === 0) exchange.status = 499;
  exchange.source = 'client';
  exchange.brokenOff = clientLeft;
}

/** Called once, when a response ends: with the `error.type` when it was incomplete. */
type Over = (errorType: string | undefined) => void;

type ResponseSteps = Exchange['pipeline']['respond'];

/** Applies the policies' response fields and response hooks, and adds the request ID. */
function finishHead(
  exchange: Exchange,
  head: ResponseHead,
  steps: ResponseSteps,
  fields: Exchange['responseFields'],
): ResponseHead {
  const { headers } = head;
  if (fields !== undefined) {
    for (const { name, value, replaces } of fields) {
      if (typeof name !== 'string') {
        if (replaces) headers.setOwn(name, value);
        else headers.addOwn(name, value);
      } else if (replaces) headers.set(name, value);
      else headers.add(name, value);
    }
  }
  if (steps !== undefined) for (const step of steps) step.run(exchange, head);
  headers.setOwn(ownFields.requestId, exchange.requestId);
  return head;
}
