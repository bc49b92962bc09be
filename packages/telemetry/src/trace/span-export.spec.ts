import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { startOtlpReceiver } from '@sluice/testkit';
import type { OtlpReceiver } from '@sluice/testkit';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { schemaUrl } from '../names.ts';
import type { SpanExportOptions } from './span-export.ts';
import type { AttemptFacts, SpanFacts } from './span-facts.ts';
import { Tracer } from './tracer.ts';

const callerTraceId = '0af7651916cd43dd8448eb211c80319c';
const callerSpanId = 'b7ad6b7169203331';

let receiver: OtlpReceiver;
let tracers: Tracer[] = [];

function setUp(options: Partial<SpanExportOptions> = {}) {
  const facts = { exported: 0, dropped: 0, warnings: [] as string[] };
  const tracer = new Tracer({
    serviceName: 'sluice-proxy',
    instanceId: 'node-7',
    version: '1.2.3',
    ratio: 1,
    export: {
      endpoint: receiver.endpoint,
      onExported: (spans) => (facts.exported += spans),
      onDropped: (spans) => (facts.dropped += spans),
      warn: (message) => facts.warnings.push(message),
      collectMs: 10,
      // Patience for a busy machine; what is to time out says so.
      exportTimeoutMs: 5_000,
      ...options,
    },
  });
  tracers.push(tracer);
  return { tracer, facts };
}

const attemptOf = (spanId: string, changes: Partial<AttemptFacts> = {}): AttemptFacts => ({
  spanId,
  startTimeMs: 1_764_000_000_001.25,
  durationMs: 7.5,
  scheme: 'http',
  host: '127.0.0.1',
  port: 9_101,
  path: '/orders/12',
  protocol: '1.1',
  status: 200,
  grpcStatus: -1,
  errorType: undefined,
  ...changes,
});

/** A finished request that arrived with this `traceparent`. */
function request(
  tracer: Tracer,
  traceparent?: string,
  changes: Partial<SpanFacts> = {},
): SpanFacts {
  const trace = tracer.decide(traceparent);
  return {
    trace,
    tracestate: trace.continued ? 'vendor=opaque' : undefined,
    requestId: 'r1',
    startTimeMs: 1_764_000_000_000,
    durationMs: 10,
    status: 200,
    grpcStatus: -1,
    source: 'upstream',
    code: undefined,
    brokenOff: undefined,
    method: 'GET',
    scheme: 'http',
    host: 'api.example.com',
    port: 8_000,
    path: '/orders/12',
    protocol: '1.1',
    clientAddress: '203.0.113.9',
    peerAddress: '203.0.113.9',
    peerPort: 40_123,
    userAgent: 'curl/8.11',
    route: { name: 'orders' },
    routePattern: '/orders/*',
    service: { name: 'orders' },
    consumer: undefined,
    revision: 3,
    attempts: [attemptOf(tracer.attemptSpanId(trace))],
    ...changes,
  };
}

beforeEach(async () => {
  receiver = await startOtlpReceiver();
});
afterEach(async () => {
  await receiver.close();
  await Promise.all(tracers.map((tracer) => tracer.shutdown(0)));
  tracers = [];
});

describe('spans on the wire', () => {
  it('continue the trace of the caller: client, server span, attempts', async () => {
    const { tracer, facts } = setUp();
    const finished = request(tracer, `00-${callerTraceId}-${callerSpanId}-01`);
    const retried = attemptOf(tracer.attemptSpanId(finished.trace), {
      status: 0,
      errorType: 'upstream_connect_failed',
    });
    tracer.record({ ...finished, attempts: [retried, ...finished.attempts] });

    const spans = await receiver.waitForSpans(3);
    const [server, first, second] = spans;
    expect(spans.map(({ traceId }) => traceId)).toEqual(Array(3).fill(callerTraceId));
    expect(server).toMatchObject({
      name: 'GET /orders/*',
      kind: 'server',
      parentSpanId: callerSpanId,
      status: 'unset',
    });
    expect(server!.spanId).toBe(finished.trace.spanId);
    expect(first).toMatchObject({
      name: 'GET',
      kind: 'client',
      parentSpanId: server!.spanId,
      status: 'error',
    });
    expect(second).toMatchObject({ kind: 'client', parentSpanId: server!.spanId, status: 'unset' });
    expect(second!.attributes).toMatchObject({
      'http.request.resend_count': 1,
      'server.port': 9_101,
    });
    // What the upstream receives names the very span that is exported.
    expect(finished.trace.traceparent(second!.spanId)).toBe(
      `00-${callerTraceId}-${second!.spanId}-01`,
    );
    expect(server!.attributes).toMatchObject({
      'http.response.status_code': 200,
      'sluice.revision': 3,
      'url.path': '/orders/12',
    });
    expect(server!.traceState).toBe('vendor=opaque');
    // The parent of the server span is remote (bit 9), that of an attempt is not; both say so (bit
    // 8); sampled is bit 0.
    expect([server!.flags, first!.flags]).toEqual([0x301, 0x101]);
    expect(server!.scope).toBe('sluice');
    expect([server!.resourceSchemaUrl, server!.scopeSchemaUrl]).toEqual([schemaUrl, schemaUrl]);
    expect(server!.resource).toEqual({
      'service.name': 'sluice-proxy',
      'service.instance.id': 'node-7',
      'service.version': '1.2.3',
    });
    await tracer.shutdown();
    expect(facts).toEqual({ exported: 3, dropped: 0, warnings: [] });
  });

  it('carry the tracestate and the random flag that were passed on, also where the OpenTelemetry API keeps less', async () => {
    const { tracer } = setUp();
    const tracestate = `0vendor=1,${Array.from({ length: 30 }, (_, index) => `k${index}=${'v'.repeat(60)}`).join(',')}`;
    tracer.record({ ...request(tracer, `00-${callerTraceId}-${callerSpanId}-03`), tracestate });
    const [server] = await receiver.waitForSpans(2);
    expect(server).toMatchObject({ traceState: tracestate, flags: 0x303 });
    await tracer.shutdown();
  });

  it('follow the conventions of the version that the names come from', () => {
    const entry = createRequire(import.meta.url).resolve('@opentelemetry/semantic-conventions');
    const { version } = JSON.parse(
      readFileSync(join(dirname(entry), '../package.json'), 'utf8'),
    ) as { version: string };
    expect(schemaUrl).toBe(`https://opentelemetry.io/schemas/${version}`);
  });

  it('have the times that were measured', async () => {
    const { tracer } = setUp();
    tracer.record(request(tracer));
    const [server, attempt] = await receiver.waitForSpans(2);
    expect(server!.startTimeUnixNano).toBe(1_764_000_000_000_000_000n);
    expect(server!.endTimeUnixNano).toBe(1_764_000_000_010_000_000n);
    expect(attempt!.startTimeUnixNano).toBe(1_764_000_000_001_250_000n);
    expect(attempt!.endTimeUnixNano).toBe(1_764_000_000_008_750_000n);
  });

  it('begin a trace when there is none, and are not made when the caller is not sampled', async () => {
    const { tracer } = setUp();
    tracer.record(request(tracer, `00-${callerTraceId}-${callerSpanId}-00`));
    tracer.record(request(tracer));
    await tracer.shutdown();
    const spans = receiver.spans();
    expect(spans).toHaveLength(2);
    expect(spans[0]!.traceId).not.toBe(callerTraceId);
    expect(spans[0]!.parentSpanId).toBe('');
  });

  it('are copies: the exchange may be used again at once', async () => {
    const { tracer } = setUp();
    const finished = { ...request(tracer) };
    tracer.record(finished);
    tracer.decide(undefined, finished.trace);
    Object.assign(finished, { path: '/other', attempts: [] });
    const [server, attempt] = await receiver.waitForSpans(2);
    expect(server!.attributes['url.path']).toBe('/orders/12');
    expect(attempt!.parentSpanId).toBe(server!.spanId);
  });
});

/** Waits until something holds, for ten seconds at most. */
async function until(holds: () => boolean): Promise<void> {
  for (let i = 0; i < 2_000 && !holds(); i++)
    await new Promise((resolve) => setTimeout(resolve, 5));
  expect(holds()).toBe(true);
}

describe('an endpoint in trouble', () => {
  it('that refuses: spans are counted as dropped, said once, and said once when it is over', async () => {
    const { tracer, facts } = setUp();
    receiver.setMode(400);
    tracer.record(request(tracer));
    await until(() => facts.dropped === 2);
    tracer.record(request(tracer));
    await until(() => facts.dropped === 4);
    expect(facts.warnings).toEqual([
      `spans cannot be exported to ${receiver.endpoint} and are dropped until they can: Bad Request`,
    ]);
    receiver.setMode('accept');
    tracer.record(request(tracer));
    await until(() => facts.exported === 2);
    expect(facts.warnings[1]).toBe(`spans are exported to ${receiver.endpoint} again`);
  });

  it('that stalls: the queue is bounded, adding never waits, the rest is counted', async () => {
    const { tracer, facts } = setUp({ maxQueuedSpans: 10, exportTimeoutMs: 1_500 });
    receiver.setMode('stall');
    const finished = request(tracer);
    for (let i = 0; i < 1_000; i++) tracer.record(finished);
    // Ten may be on their way and ten in the queue.
    expect(facts.dropped).toBeGreaterThanOrEqual(1_980);
    await tracer.shutdown(50);
    // The end does not wait for the export either, whose time is not over.
    expect(facts).toMatchObject({ exported: 0, warnings: [] });
    // No timer of this test remains for later tests.
    await until(() => facts.warnings.length > 0);
  });

  it('that is not there: nothing is thrown, spans are counted', async () => {
    await receiver.close();
    const { tracer, facts } = setUp({ exportTimeoutMs: 100 });
    tracer.record(request(tracer));
    await tracer.shutdown(10_000);
    expect(facts).toMatchObject({ exported: 0, dropped: 2 });
    expect(facts.warnings).toHaveLength(1);
    receiver = await startOtlpReceiver();
  });

  it('whose address has a path and a password: the path is kept, the password not shown', async () => {
    const { tracer, facts } = setUp({
      endpoint: receiver.endpoint.replace('http://', 'http://user:pass@') + '/otlp/',
    });
    tracer.record(request(tracer));
    await until(() => facts.dropped === 2);
    expect(facts.warnings[0]).toBe(
      `spans cannot be exported to ${receiver.endpoint} and are dropped until they can: Not Found`,
    );
  });
});
