import { context, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { Span } from '@opentelemetry/api';
import { spanAttributes } from '@sluice/telemetry';
import type { NextFunction, Request, Response } from 'express';
import { requestIdOf } from '../http/request-id.ts';
import { remoteContext, tracer } from './spans.ts';

/** Probes and scrapes come every few seconds and would hide what is done by operators. */
const untracedPaths = new Set(['/livez', '/readyz', '/metrics']);
const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/**
 * Express middleware: a SERVER span for each request to the Admin API, a child of the caller's
 * `traceparent` if there is one. Neither the query nor any field of the request is in it, so
 * credentials cannot be.
 */
export function traceRequests(request: Request, response: Response, next: NextFunction): void {
  if (untracedPaths.has(request.path)) {
    next();
    return;
  }
  const parent = remoteContext(
    single(request.headers['traceparent']),
    single(request.headers['tracestate']),
  );
  const method = methods.has(request.method) ? request.method : '_OTHER';
  const span = tracer.startSpan(
    method,
    { kind: SpanKind.SERVER, attributes: attributesOf(request, response, method) },
    parent,
  );
  if (!span.isRecording()) {
    span.end();
    next();
    return;
  }
  response.once('close', () => finish(span, method, request, response));
  context.with(trace.setSpan(parent, span), next);
}

/**
 * A field that came more than once is not a valid `traceparent` (W3C Trace Context section 3.2).
 */
function single(value: string | string[] | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function attributesOf(
  request: Request,
  response: Response,
  method: string,
): Record<string, string> {
  return {
    [spanAttributes.requestMethod]: method,
    [spanAttributes.urlPath]: request.path,
    [spanAttributes.urlScheme]: 'http',
    [spanAttributes.clientAddress]: request.socket.remoteAddress ?? '',
    [spanAttributes.requestId]: requestIdOf(response),
  };
}

function finish(span: Span, method: string, request: Request, response: Response): void {
  const { path: pattern } = (request.route ?? {}) as { path?: unknown };
  if (typeof pattern === 'string') {
    span.updateName(`${method} ${pattern}`);
    span.setAttribute(spanAttributes.httpRoute, pattern);
  }
  const { statusCode } = response;
  if (!response.writableFinished) {
    // The caller has left before the response was sent.
    span.setAttribute(spanAttributes.errorType, 'client_closed_request');
  } else {
    span.setAttribute(spanAttributes.statusCode, statusCode);
    if (statusCode >= 500) {
      span.setAttribute(spanAttributes.errorType, String(statusCode));
      span.setStatus({ code: SpanStatusCode.ERROR });
    }
  }
  span.end();
}
