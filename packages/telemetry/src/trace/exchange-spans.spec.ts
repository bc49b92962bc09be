import { SpanKind } from '@opentelemetry/api';
import { describe, expect, it } from '@jest/globals';
import { spanAttributes } from '../names.ts';
import { exchangeSpans } from './exchange-spans.ts';
import type { AttemptFacts, SpanFacts } from './span-facts.ts';
import { TraceContext } from './trace-context.ts';

const trace = Object.assign(new TraceContext(), {
  traceId: '0af7651916cd43dd8448eb211c80319c',
  spanId: '00f067aa0ba902b7',
  parentSpanId: 'b7ad6b7169203331',
  sampled: true,
  random: true,
  recorded: true,
});

const attempt: AttemptFacts = {
  spanId: '53995c3f42cd8ad8',
  startTimeMs: 1_001,
  durationMs: 8,
  scheme: 'http',
  host: '127.0.0.1',
  port: 9_101,
  path: '/v2/orders/12',
  protocol: '2',
  status: 200,
  grpcStatus: -1,
  errorType: undefined,
};

const facts: SpanFacts = {
  trace,
  tracestate: undefined,
  requestId: '4bf92f3577b34da6a3ce929d0e0e4736',
  startTimeMs: 1_000,
  durationMs: 10,
  status: 200,
  grpcStatus: -1,
  source: 'upstream',
  code: undefined,
  brokenOff: undefined,
  method: 'GET',
  scheme: 'https',
  host: 'api.example.com',
  port: 8_443,
  path: '/orders/12',
  protocol: '1.1',
  clientAddress: '203.0.113.9',
  peerAddress: '10.0.0.7',
  peerPort: 40_123,
  userAgent: 'curl/8.11',
  route: { name: 'orders' },
  routePattern: '/orders/{id}',
  service: { name: 'orders-v1' },
  consumer: { username: 'acme' },
  revision: 42,
  attempts: [attempt],
};

const server = (changes: Partial<SpanFacts>) => exchangeSpans({ ...facts, ...changes })[0]!;
const client = (changes: Partial<AttemptFacts>) =>
  exchangeSpans({ ...facts, attempts: [{ ...attempt, ...changes }] })[1]!;

describe('the spans of a request', () => {
  it('tell what the client experienced', () => {
    expect(server({})).toMatchObject({
      name: 'GET /orders/{id}',
      kind: SpanKind.SERVER,
      spanId: trace.spanId,
      parentSpanId: trace.parentSpanId,
      parentIsRemote: true,
      failed: false,
    });
    expect(server({}).attributes).toEqual({
      'http.request.method': 'GET',
      'http.response.status_code': 200,
      'http.route': '/orders/{id}',
      'url.path': '/orders/12',
      'url.scheme': 'https',
      'server.address': 'api.example.com',
      'server.port': 8_443,
      'client.address': '203.0.113.9',
      'network.peer.address': '10.0.0.7',
      'network.peer.port': 40_123,
      'network.protocol.version': '1.1',
      'user_agent.original': 'curl/8.11',
      'sluice.route': 'orders',
      'sluice.service': 'orders-v1',
      'sluice.consumer': 'acme',
      'sluice.revision': 42,
      'sluice.request_id': '4bf92f3577b34da6a3ce929d0e0e4736',
    });
  });

  it('tell of each attempt, numbered from the second on', () => {
    const failed: AttemptFacts = {
      ...attempt,
      spanId: '1111111111111111',
      status: 0,
      errorType: 'upstream_connect_failed',
    };
    const [, first, second] = exchangeSpans({ ...facts, attempts: [failed, attempt] });
    expect(first).toMatchObject({
      name: 'GET',
      kind: SpanKind.CLIENT,
      parentSpanId: trace.spanId,
      parentIsRemote: false,
    });
    expect(first!.attributes).toEqual({
      'http.request.method': 'GET',
      'url.full': 'http://127.0.0.1:9101/v2/orders/12',
      'server.address': '127.0.0.1',
      'server.port': 9_101,
      'network.protocol.version': '2',
      'error.type': 'upstream_connect_failed',
      'sluice.service': 'orders-v1',
    });
    expect(first!.failed).toBe(true);
    expect(second!.attributes).toMatchObject({
      'http.request.resend_count': 1,
      'http.response.status_code': 200,
    });
    expect(second!.failed).toBe(false);
  });

  it.each([
    [404, undefined, false, undefined],
    [429, 'rate_limited', false, undefined],
    [500, undefined, true, '500'],
    [503, 'no_target_available', true, 'no_target_available'],
    [0, undefined, true, '_OTHER'],
  ] as const)(
    'judge status %s (code %s) on the client side: failed %s, %s',
    (status, code, failed, errorType) => {
      const span = server({ status, code });
      expect(span.failed).toBe(failed);
      expect(span.attributes['error.type']).toBe(errorType);
      expect(span.attributes['http.response.status_code']).toBe(status === 0 ? undefined : status);
    },
  );

  it.each([
    [399, undefined, false, undefined],
    [404, undefined, true, '404'],
    [502, undefined, true, '502'],
    [200, 'upstream_reset', true, 'upstream_reset'],
  ] as const)(
    'judge status %s (error %s) on the upstream side: failed %s, %s',
    (status, error, failed, errorType) => {
      const span = client({ status, errorType: error });
      expect(span.failed).toBe(failed);
      expect(span.attributes['error.type']).toBe(errorType);
    },
  );

  it.each([
    [200, 'upstream_reset', 'upstream_reset', 'upstream_reset', 200],
    [200, undefined, 'client_closed_request', 'client_closed_request', 200],
    [101, undefined, 'tunnel_idle', 'tunnel_idle', 101],
    [499, undefined, 'client_closed_request', 'client_closed_request', undefined],
    [404, undefined, 'client_closed_request', 'client_closed_request', 404],
  ] as const)(
    'are errors when the response breaks off: status %s, code %s, %s',
    (status, code, brokenOff, errorType, sent) => {
      const span = server({ status, code, brokenOff });
      expect(span.failed).toBe(true);
      expect(span.attributes['error.type']).toBe(errorType);
      expect(span.attributes['http.response.status_code']).toBe(sent);
    },
  );

  it('tell of 499 as any status when an upstream sent it', () => {
    expect(server({ status: 499 })).toMatchObject({
      failed: false,
      attributes: { 'http.response.status_code': 499 },
    });
  });

  it.each([
    [0, 'OK', false, false],
    [1, 'CANCELLED', false, true],
    [2, 'UNKNOWN', true, true],
    [3, 'INVALID_ARGUMENT', false, true],
    [4, 'DEADLINE_EXCEEDED', true, true],
    [5, 'NOT_FOUND', false, true],
    [6, 'ALREADY_EXISTS', false, true],
    [7, 'PERMISSION_DENIED', false, true],
    [8, 'RESOURCE_EXHAUSTED', false, true],
    [9, 'FAILED_PRECONDITION', false, true],
    [10, 'ABORTED', false, true],
    [11, 'OUT_OF_RANGE', false, true],
    [12, 'UNIMPLEMENTED', true, true],
    [13, 'INTERNAL', true, true],
    [14, 'UNAVAILABLE', true, true],
    [15, 'DATA_LOSS', true, true],
    [16, 'UNAUTHENTICATED', false, true],
    [77, '77', true, true],
  ] as const)(
    'judge the gRPC status %s, %s: error of the SERVER span %s, of the CLIENT span %s',
    (grpcStatus, name, serverFails, clientFails) => {
      for (const [span, fails] of [
        [server({ grpcStatus }), serverFails],
        [client({ grpcStatus }), clientFails],
      ] as const) {
        expect(span.failed).toBe(fails);
        expect(span.attributes).toMatchObject({
          'rpc.system.name': 'grpc',
          'rpc.status_code': name,
        });
        expect(span.attributes['error.type']).toBe(fails ? name : undefined);
      }
    },
  );

  it('name no method of a request whose head was not understood', () => {
    const span = server({
      method: '',
      host: '',
      routePattern: undefined,
      status: 400,
      code: 'malformed_request',
      peerPort: 0,
    });
    expect(span).toMatchObject({ name: 'HTTP', failed: false });
    expect(span.attributes['http.request.method']).toBe('_OTHER');
    for (const name of [
      'http.request.method_original',
      'server.address',
      'server.port',
      'network.peer.port',
    ]) {
      expect(span.attributes).not.toHaveProperty([name]);
    }
  });

  it('keep names few: a method that is not known is not in them', () => {
    const [span, call] = exchangeSpans({ ...facts, method: 'BREW' });
    expect(span!.name).toBe('HTTP /orders/{id}');
    expect(call!.name).toBe('HTTP');
    expect(span!.attributes).toMatchObject({
      'http.request.method': '_OTHER',
      'http.request.method_original': 'BREW',
    });
  });

  it('leave out what is not there', () => {
    const span = server({
      ...{
        route: { name: '' },
        routePattern: undefined,
        service: undefined,
        consumer: undefined,
        userAgent: undefined,
      },
    });
    expect(span.name).toBe('GET');
    for (const name of [
      'http.route',
      'sluice.route',
      'sluice.service',
      'sluice.consumer',
      'user_agent.original',
    ]) {
      expect(span.attributes).not.toHaveProperty([name]);
    }
  });

  it('bound the User-Agent and write IPv6 targets as URLs do', () => {
    expect(server({ userAgent: 'x'.repeat(9_999) }).attributes['user_agent.original']).toBe(
      'x'.repeat(256),
    );
    expect(client({ host: '::1' }).attributes['url.full']).toBe('http://[::1]:9101/v2/orders/12');
  });

  it('use every attribute of the table of names, and no other', () => {
    const spans = [
      ...exchangeSpans({
        ...facts,
        method: 'BREW',
        status: 500,
        grpcStatus: 0,
        attempts: [attempt, attempt],
      }),
    ];
    const used = new Set(spans.flatMap(({ attributes }) => Object.keys(attributes)));
    expect([...used].sort()).toEqual(Object.values(spanAttributes).sort());
  });

  it('carry no secret of the exchange that is handed to them', () => {
    const exchange = {
      ...facts,
      query: 's3cret',
      headers: { authorization: 's3cret' },
      credential: { hash: 's3cret' },
    };
    expect(JSON.stringify(exchangeSpans(exchange))).not.toContain('s3cret');
  });
});
