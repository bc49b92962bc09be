import { faultReason, GatewayError } from '@sluice/errors';
import type { HeaderList } from '@sluice/http1';
import type { Reply } from '@sluice/policy-sdk';
import { FinalHead, runPolicies, type ResponseStep } from '@sluice/policy-sdk/run';
import { clientGone as clientLeft } from '@sluice/telemetry';
import type { ContentSource } from '../net/content.ts';
import { ReceivedContent } from './body/received-content.ts';
import { ReceivedResponse } from './body/received-response.ts';
import type { Exchange } from './exchange.ts';
import { addResponseFields } from './response-fields.ts';
import { ownFields } from './own-fields.ts';
import { clientGone, respond, respondFinally, respondToFault } from './respond.ts';

/** Is told how the response ended: it is an object, so that a response needs no closure for it. */
export interface ResponseOwner {
  /** Called once. @param errorType the `error.type`; undefined for a complete response */
  ended(errorType: string | undefined): void;
  /** A policy that returned a promise failed, or the head is not valid; nothing was sent. */
  failed(fault: unknown): void;
}

/**
 * Forwards the upstream's response, after the policies of `received` and `respond`; the content
 * follows at the client's pace. Creates no promise unless a policy returns one.
 * @throws the fault of a policy that returned no promise, or a TypeError for an invalid head;
 *   nothing has been sent then
 */
export function respondFromUpstream(
  exchange: Exchange,
  status: number,
  received: HeaderList,
  content: ContentSource,
  owner: ResponseOwner,
): void {
  exchange.source = 'upstream';
  if (exchange.pipeline.received !== undefined)
    return receive(exchange, status, received, content, owner);
  // The upstream connection reuses the list, and a custom policy may keep a reference to it.
  const headers =
    exchange.isShared && exchange.pipeline.respond !== undefined ? received.clone() : received;
  finish(exchange, status, headers, content, owner);
}

/** Runs the policies of `received`, then sends the response, or the reply of a policy instead. */
function receive(
  exchange: Exchange,
  status: number,
  headers: HeaderList,
  source: ContentSource,
  owner: ResponseOwner,
): void {
  const content = new ReceivedContent(source, exchange.proxy.buffers, exchange.callerKey);
  exchange.received = content;
  // The upstream connection reuses the list, possibly as soon as the content was read.
  const response = new ReceivedResponse(exchange, status, headers.clone(), content);
  const steps = exchange.pipeline.received as readonly ResponseStep[];
  const verdict = runPolicies(steps, 0, exchange, response);
  if (!(verdict instanceof Promise))
    return afterReceived(exchange, response, verdict, content, owner);
  content.hold();
  verdict
    .then((late) => {
      const { current } = exchange;
      if (current.isSettled) return;
      content.unhold();
      afterReceived(current, response.current, late, content, owner);
    })
    .catch((fault: unknown) => owner.failed(fault));
}

function afterReceived(
  exchange: Exchange,
  { status, headers }: ReceivedResponse,
  reply: Reply | undefined,
  received: ReceivedContent,
  owner: ResponseOwner,
): void {
  const content = received.take();
  if (reply === undefined) return finish(exchange, status, headers, content, owner);
  content.cancel();
  respond(exchange, reply, () => owner.ended(undefined));
}

/** Adds the gateway's fields, runs the policies of `respond`, and sends the response. */
function finish(
  exchange: Exchange,
  status: number,
  headers: HeaderList,
  content: ContentSource,
  owner: ResponseOwner,
): void {
  headers.addOwn(ownFields.via, exchange.proxy.viaHttp1);
  addResponseFields(exchange, headers);
  const steps = exchange.pipeline.respond;
  if (steps === undefined) return stream(exchange, status, headers, content, owner);
  const head = new FinalHead(status, headers, 'upstream');
  const verdict = runPolicies(steps, 0, exchange, head);
  if (!(verdict instanceof Promise)) return conclude(exchange, head, verdict, content, owner);
  content.pauseTimeouts?.();
  verdict
    .then((late) => {
      const { current } = exchange;
      if (current.isSettled) return content.cancel();
      content.resumeTimeouts?.();
      conclude(current, head.current, late, content, owner);
    })
    .catch((fault: unknown) => owner.failed(fault));
}

/** Sends the response, or the reply of a policy instead. */
function conclude(
  exchange: Exchange,
  { status, headers }: FinalHead,
  reply: Reply | undefined,
  content: ContentSource,
  owner: ResponseOwner,
): void {
  if (reply !== undefined) {
    content.cancel();
    return respondFinally(exchange, reply, () => owner.ended(undefined));
  }
  // A policy may have removed it.
  headers.setOwn(ownFields.requestId, exchange.requestId);
  stream(exchange, status, headers, content, owner);
}

function stream(
  exchange: Exchange,
  status: number,
  headers: HeaderList,
  content: ContentSource,
  owner: ResponseOwner,
): void {
  exchange.body?.release();
  // Set first, because the exchange may be complete when `stream` returns.
  exchange.status = status;
  try {
    exchange.downstream.stream(status, headers, content, (fault) => {
      if (fault === undefined) owner.ended(undefined);
      else noteIncomplete(exchange, fault, owner);
    });
  } catch (fault) {
    exchange.status = 0;
    throw fault;
  }
}

/** Records that the client did not receive the whole upstream response. */
function noteIncomplete(exchange: Exchange, fault: Error, owner: ResponseOwner): void {
  if (!(fault instanceof GatewayError)) {
    clientGone(exchange);
    return owner.ended(clientLeft);
  }
  // The client sees an incomplete message, or a 502 when nothing was sent yet; the log has the
  // reason.
  exchange.proxy.noteFailure(exchange, fault.code, faultReason(fault));
  if (!exchange.downstream.responseBegun) {
    exchange.status = 0;
    return respondToFault(exchange, fault, () => owner.ended(fault.code));
  }
  exchange.code = fault.code;
  exchange.brokenOff = fault.code;
  exchange.reason = faultReason(fault);
  owner.ended(fault.code);
}
