import {
  errorEntry,
  faultReason,
  GatewayError,
  grpcDenial,
  problem,
  problemMediaType,
  type ErrorCode,
} from '@sluice/errors';
import { HeaderList } from '@sluice/http1';
import { deny, type Reply } from '@sluice/policy-sdk';
import { FinalHead, runPolicies } from '@sluice/policy-sdk/run';
import { clientGone as clientLeft } from '@sluice/telemetry';
import type { Exchange } from './exchange.ts';
import { addResponseFields } from './response-fields.ts';
import { ownFields } from './own-fields.ts';
import type { Tunnel, TunnelFault } from './tunnel.ts';

/** Called once, when the response was sent, or when there is no client to send it to. */
export type Over = (exchange: Exchange) => void;

/** The head that is sent. */
interface SentHead {
  readonly status: number;
  readonly headers: HeaderList;
}

/** A response of the gateway. */
interface OwnResponse extends SentHead {
  readonly content: Reply['content'];
  /** gRPC clients read `grpc-status`: the HTTP status is for log, metrics and spans only. */
  readonly isGrpcDenial: boolean;
}

/**
 * Sends a response of the gateway, after the policies of `respond`. Never throws. Calls `over`
 * before it returns, unless a policy returns a promise.
 */
export function respond(exchange: Exchange, reply: Reply, over: Over): void {
  try {
    send(exchange, reply, respondToFault, over);
  } catch (fault) {
    respondToFault(exchange, fault, over);
  }
}

/**
 * Sends the error response for an unexpected fault, or aborts the connection when a response has
 * already begun. Never throws. Calls `over` as {@link respond} does.
 */
export function respondToFault(exchange: Exchange, fault: unknown, over: Over): void {
  const code = fault instanceof GatewayError ? fault.code : 'internal_error';
  if (code === 'internal_error') exchange.proxy.noteFault(fault, exchange.requestId);
  exchange.reason = faultReason(fault);
  if (exchange.status !== 0) {
    exchange.brokenOff = code;
    exchange.downstream.abort();
    return over(exchange);
  }
  // When a response policy fails again, the response is sent without response policies.
  const sendBare = (current: Exchange): void => sendWithoutPolicies(current, deny(code), over);
  try {
    send(exchange, deny(code), sendBare, over);
  } catch {
    sendBare(exchange);
  }
}

/** Sends the reply of a policy of `respond`, for which these policies do not run. Never throws. */
export function respondFinally(exchange: Exchange, reply: Reply, over: Over): void {
  try {
    const own = ownResponse(exchange, reply);
    addResponseFields(exchange, own.headers);
    deliver(exchange, own, own);
  } catch (fault) {
    exchange.proxy.noteFault(fault, exchange.requestId);
    exchange.reason = faultReason(fault);
    return sendWithoutPolicies(exchange, deny('internal_error'), over);
  }
  over(exchange);
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

/** Sends 101 and joins the two connections. */
export function switchProtocols(
  exchange: Exchange,
  headers: HeaderList,
  tunnel: Tunnel,
  over: (errorType: string | undefined) => void,
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
 * @param failed called when a policy that returned a promise failed
 * @throws the fault of a policy that returned none, or a TypeError for an invalid head
 */
function send(
  exchange: Exchange,
  reply: Reply,
  failed: (exchange: Exchange, fault: unknown, over: Over) => void,
  over: Over,
): void {
  const own = ownResponse(exchange, reply);
  addResponseFields(exchange, own.headers);
  const steps = exchange.pipeline.respond;
  if (steps === undefined) {
    deliver(exchange, own, own);
    return over(exchange);
  }
  const head = new FinalHead(own.status, own.headers, 'gateway');
  const verdict = runPolicies(steps, 0, exchange, head);
  if (verdict === undefined) {
    deliver(exchange, own, head);
    return over(exchange);
  }
  if (!(verdict instanceof Promise)) return respondFinally(exchange, verdict, over);
  verdict
    .then((late) => {
      const { current } = exchange;
      if (isClientGone(current, over)) return;
      if (late !== undefined) return respondFinally(current, late, over);
      deliver(current, own, head.current);
      over(current);
    })
    .catch((fault: unknown) => {
      if (!isClientGone(exchange.current, over)) failed(exchange.current, fault, over);
    });
}

/** Ends an exchange whose client has disconnected while a policy was waiting. */
function isClientGone(exchange: Exchange, over: Over): boolean {
  if (exchange.isSettled) return true;
  if (!exchange.isAbandoned) return false;
  clientGone(exchange);
  over(exchange);
  return true;
}

function sendWithoutPolicies(exchange: Exchange, reply: Reply, over: Over): void {
  try {
    const own = ownResponse(exchange, reply);
    own.headers.setOwn(ownFields.requestId, exchange.requestId);
    deliver(exchange, own, own);
  } catch (fault) {
    exchange.proxy.noteFault(fault, exchange.requestId);
    exchange.downstream.abort();
  }
  over(exchange);
}

function ownResponse(exchange: Exchange, reply: Reply): OwnResponse {
  const { code } = reply;
  const error = code === undefined ? undefined : (reply.error ?? errorEntry(code as ErrorCode));
  exchange.code = code;
  exchange.source = error?.source ?? 'gateway';
  const headers = new HeaderList();
  for (const [name, value] of reply.headers) headers.add(name, value);
  let content = reply.content;
  const denial = content === undefined ? error : undefined;
  const isGrpcDenial = denial !== undefined && exchange.downstream.isGrpc;
  if (code !== undefined && denial !== undefined) {
    if (isGrpcDenial) {
      const { title } = denial;
      const message = reply.detail === undefined ? title : `${title}: ${reply.detail}`;
      for (const [name, value] of grpcDenial(reply.status, message)) headers.set(name, value);
    } else {
      content = JSON.stringify(
        problem(code, { detail: reply.detail, requestId: exchange.requestId }, denial),
      );
      headers.set('Content-Type', problemMediaType);
    }
    // Every 503 of the gateway has Retry-After.
    if (reply.status === 503 && !headers.has('retry-after')) headers.set('Retry-After', '1');
  }
  return { status: reply.status, headers, content, isGrpcDenial };
}

function deliver(exchange: Exchange, { content, isGrpcDenial }: OwnResponse, head: SentHead): void {
  // A policy may have removed it.
  if (exchange.pipeline.respond !== undefined)
    head.headers.setOwn(ownFields.requestId, exchange.requestId);
  exchange.downstream.respond(
    isGrpcDenial ? 200 : head.status,
    head.headers,
    typeof content === 'object' ? Buffer.from(content) : content,
  );
  // Set last, so that a response that could not be sent does not count.
  exchange.status = head.status;
}
