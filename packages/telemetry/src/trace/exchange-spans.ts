import { SpanKind } from '@opentelemetry/api';
import type { Attributes } from '@opentelemetry/api';
import { maxUserAgentChars } from '../exchange-facts.ts';
import { spanAttributes } from '../names.ts';
import { grpcStatusName, isGrpcServerError } from './grpc-status.ts';
import type { FinishedSpanFacts } from './finished-span.ts';
import { clientGone } from './span-facts.ts';
import type { AttemptFacts, SpanFacts } from './span-facts.ts';

/**
 * Methods that are used as the value of an attribute (RFC 9110 section 9.3, PATCH, QUERY); any
 * other is `_OTHER`.
 */
const knownMethods: ReadonlySet<string> = new Set([
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'DELETE',
  'CONNECT',
  'OPTIONS',
  'TRACE',
  'PATCH',
  'QUERY',
]);

function setMethod(attributes: Attributes, method: string): void {
  if (knownMethods.has(method)) attributes[spanAttributes.requestMethod] = method;
  else {
    attributes[spanAttributes.requestMethod] = '_OTHER';
    set(attributes, spanAttributes.requestMethodOriginal, method);
  }
}

/**
 * The method at the beginning of a span's name: `HTTP` for an unknown one, to bound the number of
 * names.
 */
const methodName = (method: string): string => (knownMethods.has(method) ? method : 'HTTP');

function set(attributes: Attributes, name: string, value: string | undefined): void {
  if (value !== undefined && value !== '') attributes[name] = value;
}

interface Outcome {
  /** 0 without a response. */
  readonly status: number;
  /** -1 without a gRPC status. */
  readonly grpcStatus: number;
  /** What went wrong, when this is known more exactly than from the status. */
  readonly errorType: string | undefined;
  readonly failed: boolean;
}

/**
 * The value of `error.type`: our own code, else the name of the gRPC status, else the status code
 * as text.
 */
function setOutcome(
  attributes: Attributes,
  { status, grpcStatus, errorType, failed }: Outcome,
): void {
  if (status > 0) attributes[spanAttributes.statusCode] = status;
  if (grpcStatus >= 0) {
    attributes[spanAttributes.rpcSystem] = 'grpc';
    attributes[spanAttributes.rpcStatus] = grpcStatusName(grpcStatus);
  }
  if (!failed) return;
  const fromStatus =
    grpcStatus > 0 ? grpcStatusName(grpcStatus) : status > 0 ? String(status) : '_OTHER';
  attributes[spanAttributes.errorType] = errorType ?? fromStatus;
}

/**
 * Creates the SERVER span, which has the client's view. A 4xx is the client's fault, and so not an
 * error of this span; a response that the client received incompletely is an error, whatever its
 * status.
 */
function serverSpan(facts: SpanFacts): FinishedSpanFacts {
  const { brokenOff, grpcStatus } = facts;
  // Our 499 is only for the log: no status was sent to a client that had disconnected.
  const status = brokenOff === clientGone && facts.status === 499 ? 0 : facts.status;
  const failed =
    status >= 500 || status === 0 || brokenOff !== undefined || isGrpcServerError(grpcStatus);
  const attributes: Attributes = {
    [spanAttributes.urlPath]: facts.path,
    [spanAttributes.urlScheme]: facts.scheme,
    [spanAttributes.clientAddress]: facts.clientAddress,
    [spanAttributes.peerAddress]: facts.peerAddress,
    [spanAttributes.protocolVersion]: facts.protocol,
    [spanAttributes.revision]: facts.revision,
    [spanAttributes.requestId]: facts.requestId,
  };
  setMethod(attributes, facts.method);
  setOutcome(attributes, { status, grpcStatus, errorType: facts.code ?? brokenOff, failed });
  set(attributes, spanAttributes.serverAddress, facts.host);
  if (facts.host !== '' && facts.port > 0) attributes[spanAttributes.serverPort] = facts.port;
  if (facts.peerPort > 0) attributes[spanAttributes.peerPort] = facts.peerPort;
  set(attributes, spanAttributes.httpRoute, facts.routePattern);
  set(attributes, spanAttributes.userAgent, facts.userAgent?.slice(0, maxUserAgentChars));
  set(attributes, spanAttributes.route, facts.route?.name);
  set(attributes, spanAttributes.service, facts.service?.name);
  set(attributes, spanAttributes.consumer, facts.consumer?.username);
  const { traceId, spanId, parentSpanId, random } = facts.trace;
  const method = methodName(facts.method);
  return {
    name: facts.routePattern === undefined ? method : `${method} ${facts.routePattern}`,
    kind: SpanKind.SERVER,
    traceId,
    random,
    spanId,
    parentSpanId,
    parentIsRemote: true,
    tracestate: facts.tracestate,
    startTimeMs: facts.startTimeMs,
    durationMs: facts.durationMs,
    failed,
    attributes,
  };
}

/**
 * Creates the CLIENT span of one attempt, from the request to the last byte of the response. Here a
 * 4xx is an error, and so is every gRPC status but OK, as the conventions say.
 */
function attemptSpan(
  facts: SpanFacts,
  attempt: AttemptFacts,
  resendCount: number,
): FinishedSpanFacts {
  const { status, grpcStatus, errorType } = attempt;
  const failed = status >= 400 || status === 0 || errorType !== undefined || grpcStatus > 0;
  const host = attempt.host.includes(':') ? `[${attempt.host}]` : attempt.host;
  const attributes: Attributes = {
    [spanAttributes.urlFull]: `${attempt.scheme}://${host}:${attempt.port}${attempt.path}`,
    [spanAttributes.serverAddress]: attempt.host,
    [spanAttributes.serverPort]: attempt.port,
    [spanAttributes.protocolVersion]: attempt.protocol,
  };
  setMethod(attributes, facts.method);
  setOutcome(attributes, { status, grpcStatus, errorType, failed });
  set(attributes, spanAttributes.service, facts.service?.name);
  if (resendCount > 0) attributes[spanAttributes.resendCount] = resendCount;
  return {
    name: methodName(facts.method),
    kind: SpanKind.CLIENT,
    traceId: facts.trace.traceId,
    random: facts.trace.random,
    spanId: attempt.spanId,
    parentSpanId: facts.trace.spanId,
    parentIsRemote: false,
    tracestate: facts.tracestate,
    startTimeMs: attempt.startTimeMs,
    durationMs: attempt.durationMs,
    failed,
    attributes,
  };
}

/**
 * Creates the spans of a request, by OpenTelemetry's stable HTTP conventions: one SERVER span, and
 * below it one CLIENT span for each attempt.
 */
export function exchangeSpans(facts: SpanFacts): FinishedSpanFacts[] {
  return [serverSpan(facts), ...facts.attempts.map((attempt, i) => attemptSpan(facts, attempt, i))];
}
