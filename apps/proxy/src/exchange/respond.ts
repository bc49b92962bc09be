import { catalogue, GatewayError, problem, problemMediaType } from '@sluice/errors';
import { HeaderList } from '@sluice/http1';
import { deny, type Reply, type ResponseHead } from '@sluice/policy-sdk';
import type { ContentSource } from './content.ts';
import type { Exchange } from './exchange.ts';
import type { Tunnel } from './tunnel.ts';

/** Sends an answer of the gateway's own. */
export function respond(exchange: Exchange, reply: Reply): void {
  const { code } = reply;
  exchange.code = code;
  exchange.source = code === undefined ? 'gateway' : catalogue[code].source;
  const headers = new HeaderList();
  for (const [name, value] of reply.headers) headers.add(name, value);
  let content = reply.content;
  if (code !== undefined && content === undefined) {
    content = JSON.stringify(problem(code, { detail: reply.detail, requestId: exchange.requestId }));
    headers.set('Content-Type', problemMediaType);
    // "Retry-After on every 503 of ours": a client that is told to come back is told when.
    if (reply.status === 503 && !headers.has('retry-after')) headers.set('Retry-After', '1');
  }
  const head = finishHead(exchange, reply.status, headers, 'gateway');
  exchange.status = head.status;
  exchange.downstream.respond(head.status, headers, typeof content === 'object' ? Buffer.from(content) : content);
}

/** Answers what a fault that nobody expected comes to, and closes the matter for the client. */
export function respondToFault(exchange: Exchange, fault: unknown): void {
  const code = fault instanceof GatewayError ? fault.code : 'internal_error';
  if (code === 'internal_error') exchange.surroundings.noteFault(fault, exchange.requestId);
  if (exchange.status !== 0) return exchange.downstream.abort();
  exchange.reason = fault instanceof Error ? fault.message : String(fault);
  try {
    respond(exchange, deny(code));
  } catch (again) {
    exchange.surroundings.noteFault(again, exchange.requestId);
    exchange.downstream.abort();
  }
}

/** Sends the upstream's response on, content following as fast as the client takes it. */
export function respondFromUpstream(exchange: Exchange, status: number, headers: HeaderList, content: ContentSource, over: () => void): void {
  exchange.source = 'upstream';
  headers.add('Via', exchange.surroundings.viaHttp1);
  const head = finishHead(exchange, status, headers, 'upstream');
  exchange.status = head.status;
  exchange.downstream.stream(head.status, headers, content, (fault) => {
    if (fault !== undefined) {
      exchange.code = fault instanceof GatewayError ? fault.code : 'upstream_reset';
      exchange.reason = fault.message;
    }
    over();
  });
}

/** Sends 101 and joins the two connections. */
export function switchProtocols(exchange: Exchange, headers: HeaderList, tunnel: Tunnel, over: () => void): void {
  exchange.source = 'upstream';
  exchange.status = 101;
  exchange.downstream.upgrade(headers, tunnel, over);
}

/** Passes an interim response on, RFC 9110 section 15.2. */
export function sendInterim(exchange: Exchange, status: number, headers: HeaderList): void {
  exchange.downstream.sendInterim(status, headers);
}

/** The client left before it had its answer. 499 is what logs have called this for a long time; it is never sent. */
export function clientGone(exchange: Exchange): void {
  if (exchange.status === 0) exchange.status = 499;
  exchange.source = 'client';
}

function finishHead(exchange: Exchange, status: number, headers: HeaderList, origin: ResponseHead['origin']): ResponseHead {
  const head: ResponseHead = { status, headers, origin };
  const fields = exchange.responseFields;
  if (fields !== undefined) {
    for (const { name, value, replaces } of fields) {
      if (replaces) headers.set(name, value);
      else headers.add(name, value);
    }
  }
  const steps = exchange.pipeline.respond;
  if (steps !== undefined) for (const step of steps) step.run(exchange, head);
  headers.set('X-Request-Id', exchange.requestId);
  return head;
}
