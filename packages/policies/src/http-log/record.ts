import type { Exchange, Outcome } from '@sluice/policy-sdk';

const maxUserAgentLength = 256;
const maxPathLength = 4_096;

/**
 * The record of a request as JSON text. The names are those of the access log. No header of the
 * request is a field but User-Agent, and the query is none: credentials cannot leak.
 */
export function recordOf(exchange: Exchange, outcome: Outcome): string {
  const { route, service, consumer, credential } = exchange;
  return JSON.stringify({
    time: new Date(outcome.startTimeMs).toISOString(),
    requestId: exchange.requestId,
    gateway: exchange.gateway.name || undefined,
    route: route.name || undefined,
    service: service?.name,
    consumer: consumer?.username,
    credentialId: credential?.id,
    target: outcome.target,
    status: outcome.status,
    source: outcome.source,
    code: outcome.code,
    stoppedBy: outcome.stoppedBy,
    brokenOff: outcome.brokenOff,
    method: exchange.method,
    scheme: exchange.scheme,
    host: exchange.host,
    path: exchange.path.slice(0, maxPathLength),
    requestBytes: outcome.requestBytes,
    responseBytes: outcome.responseBytes,
    durationMs: rounded(outcome.durationMs),
    upstreamDurationMs: rounded(outcome.upstreamDurationMs),
    attempts: outcome.attempts,
    clientAddress: exchange.clientAddress,
    userAgent: exchange.headers.get('user-agent')?.slice(0, maxUserAgentLength),
  });
}

/** To microseconds, as in the access log. */
function rounded(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : Math.round(ms * 1_000) / 1_000;
}
