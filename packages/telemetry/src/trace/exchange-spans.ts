import { SpanKind } from '@opentelemetry/api';
import type { Attributes } from '@opentelemetry/api';
import { maxUserAgentChars } from '../exchange-facts.ts';
import { spanAttributes } from '../names.ts';
import type { FinishedSpanFacts } from './finished-span.ts';
import type { AttemptFacts, SpanFacts } from './span-facts.ts';

/** Methods that may be an attribute's value (RFC 9110 section 9.3, PATCH, QUERY); any other is `_OTHER`. */
const knownMethods: ReadonlySet<string> = new Set(
  ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH', 'QUERY'],
);

function setMethod(attributes: Attributes, method: string): void {
  if (knownMethods.has(method)) attributes[spanAttributes.requestMethod] = method;
  else {
    attributes[spanAttributes.requestMethod] = '_OTHER';
    attributes[spanAttributes.requestMethodOriginal] = method;
  }
}

/** The method as a span's name begins with it: `HTTP` stands for one that is not known, to keep names few. */
const methodName = (method: string): string => (knownMethods.has(method) ? method : 'HTTP');

function set(attributes: Attributes, name: string, value: string | undefined): void {
  if (value !== undefined && value !== '') attributes[name] = value;
}

/** `error.type` is a code of our catalogue where there is one, else the status code as text. */
function setOutcome(attributes: Attributes, status: number, code: string | undefined, failed: boolean): void {
  if (status > 0) attributes[spanAttributes.statusCode] = status;
  if (failed) attributes[spanAttributes.errorType] = code ?? (status > 0 ? String(status) : '_OTHER');
}

/** The SERVER span: what the client experienced. A 4xx is the client's fault, and so not an error of this span. */
function serverSpan(facts: SpanFacts): FinishedSpanFacts {
  const failed = facts.status >= 500 || facts.status === 0;
  const attributes: Attributes = {
    [spanAttributes.urlPath]: facts.path,
    [spanAttributes.urlScheme]: facts.scheme,
    [spanAttributes.serverAddress]: facts.host,
    [spanAttributes.serverPort]: facts.port,
    [spanAttributes.clientAddress]: facts.clientAddress,
    [spanAttributes.protocolVersion]: facts.protocol,
    [spanAttributes.revision]: facts.revision,
    [spanAttributes.requestId]: facts.requestId,
  };
  setMethod(attributes, facts.method);
  setOutcome(attributes, facts.status, facts.code, failed);
  set(attributes, spanAttributes.httpRoute, facts.routePattern);
  set(attributes, spanAttributes.userAgent, facts.userAgent?.slice(0, maxUserAgentChars));
  set(attributes, spanAttributes.route, facts.route?.name);
  set(attributes, spanAttributes.service, facts.service?.name);
  set(attributes, spanAttributes.consumer, facts.consumer?.username);
  const { traceId, spanId, parentSpanId } = facts.trace;
  const method = methodName(facts.method);
  return {
    name: facts.routePattern === undefined ? method : `${method} ${facts.routePattern}`,
    kind: SpanKind.SERVER,
    traceId,
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

/** The CLIENT span of one attempt. Here a 4xx is an error, as the conventions have it. */
function attemptSpan(facts: SpanFacts, attempt: AttemptFacts, resendCount: number): FinishedSpanFacts {
  const failed = attempt.status >= 400 || attempt.status === 0 || attempt.code !== undefined;
  const host = attempt.host.includes(':') ? `[${attempt.host}]` : attempt.host;
  const attributes: Attributes = {
    [spanAttributes.urlFull]: `${attempt.scheme}://${host}:${attempt.port}${attempt.path}`,
    [spanAttributes.serverAddress]: attempt.host,
    [spanAttributes.serverPort]: attempt.port,
  };
  setMethod(attributes, facts.method);
  setOutcome(attributes, attempt.status, attempt.code, failed);
  set(attributes, spanAttributes.service, facts.service?.name);
  if (resendCount > 0) attributes[spanAttributes.resendCount] = resendCount;
  return {
    name: methodName(facts.method),
    kind: SpanKind.CLIENT,
    traceId: facts.trace.traceId,
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
 * The spans of a request, by OpenTelemetry's stable HTTP conventions: one SERVER span, and below it one CLIENT span for
 * each attempt.
 */
export function exchangeSpans(facts: SpanFacts): FinishedSpanFacts[] {
  return [serverSpan(facts), ...facts.attempts.map((attempt, i) => attemptSpan(facts, attempt, i))];
}
