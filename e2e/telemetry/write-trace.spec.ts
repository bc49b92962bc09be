import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startOtlpReceiver } from '@sluice/testkit';
import type { OtlpSpan } from '@sluice/testkit';
import { Stack } from '../harness/stack.ts';

const traceId = '5bf92f3577b34da6a3ce929d0e0e4736';
const callersSpan = '00f067aa0ba902b7';
const adminToken = 'e2e-admin-token-0123456789abcdef';

describe('the trace of a write', () => {
  const started = new AsyncDisposableStack();
  let stack: Stack;
  let receiver: Awaited<ReturnType<typeof startOtlpReceiver>>;

  beforeAll(async () => {
    receiver = await startOtlpReceiver();
    started.defer(() => receiver.close());
    const env = {
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint,
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=e2e',
    };
    stack = started.use(
      await Stack.start({
        controlPlaneEnv: { ...env, OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' },
        proxyEnv: env,
      }),
    );
  }, 60_000);
  afterAll(() => started.disposeAsync());

  const ours = async (
    isEnough: (spans: readonly OtlpSpan[]) => boolean,
  ): Promise<readonly OtlpSpan[]> => {
    for (let attempt = 0; attempt < 200; attempt++) {
      const spans = receiver.spans().filter((span) => span.traceId === traceId);
      if (isEnough(spans)) return spans;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(
      `the trace is not complete: ${receiver
        .spans()
        .map(({ name, traceId: id }) => `${name} ${id}`)
        .join(', ')}`,
    );
  };

  it('leads from the Admin API through Postgres to the node that applied it', async () => {
    const response = await stack.admin.request(
      'PUT',
      '/v1/consumers/traced?wait=applied&timeout=10s',
      {
        headers: { traceparent: `00-${traceId}-${callersSpan}-01` },
        content: { tags: ['a-value-of-the-caller'] },
      },
    );
    expect(response.status).toBe(201);
    const { revision } = response.body;

    const named = (spans: readonly OtlpSpan[], name: string): OtlpSpan | undefined =>
      spans.find((span) => span.name === name);
    const spans = await ours((seen) =>
      [
        'PUT /v1/consumers/:consumer',
        'commit revision',
        'deliver revision',
        'apply revision',
        'COMMIT',
      ].every((name) => named(seen, name) !== undefined),
    );
    const request = named(spans, 'PUT /v1/consumers/:consumer');
    const commit = named(spans, 'commit revision');
    expect(request).toMatchObject({
      kind: 'server',
      parentSpanId: callersSpan,
      resource: { 'service.name': 'sluice-control-plane', 'deployment.environment.name': 'e2e' },
      attributes: {
        'http.request.method': 'PUT',
        'http.route': '/v1/consumers/:consumer',
        'http.response.status_code': 201,
        'url.path': '/v1/consumers/traced',
      },
    });
    expect(commit).toMatchObject({
      kind: 'producer',
      parentSpanId: request?.spanId,
      attributes: { 'sluice.revision': revision, 'sluice.changes': 1 },
    });
    const statement = spans.find(({ attributes }) =>
      String(attributes['db.query.text']).includes('UPDATE config_head'),
    );
    expect(statement).toMatchObject({
      kind: 'client',
      parentSpanId: commit?.spanId,
      attributes: { 'db.system.name': 'postgresql' },
    });
    expect(named(spans, 'COMMIT')).toMatchObject({ kind: 'client', parentSpanId: request?.spanId });
    expect(named(spans, 'deliver revision')).toMatchObject({
      kind: 'client',
      parentSpanId: commit?.spanId,
      attributes: {
        'sluice.revision': revision,
        'sluice.node': 'proxy-1',
        'sluice.outcome': 'applied',
      },
    });
    expect(named(spans, 'apply revision')).toMatchObject({
      kind: 'consumer',
      parentSpanId: commit?.spanId,
      resource: {
        'service.name': 'sluice-proxy',
        'service.instance.id': 'proxy-1',
        'deployment.environment.name': 'e2e',
      },
      attributes: {
        'sluice.revision': revision,
        'sluice.gateway': 'default',
        'sluice.node': 'proxy-1',
        'sluice.changes': 1,
        'sluice.outcome': 'applied',
      },
      status: 'unset',
    });
    const everything = JSON.stringify(receiver.spans(), (_, value: unknown) =>
      typeof value === 'bigint' ? String(value) : value,
    );
    expect(everything).not.toContain(adminToken);
    expect(everything).not.toContain('a-value-of-the-caller');
  }, 30_000);

  it('is not begun by probes, scrapes, or what the control plane does by itself', () => {
    for (const { name, attributes } of receiver.spans()) {
      expect(String(attributes['url.path'] ?? '')).not.toMatch(/livez|readyz|metrics/);
      expect(name).not.toBe('UPDATE');
    }
  });

  it('is counted in the metrics of the control plane, which need a token', async () => {
    const url = `${stack.controlPlane.url}/metrics`;
    expect((await fetch(url)).status).toBe(401);
    const { headers, text } = await stack.admin.request('GET', '/metrics');
    expect(headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(text).toContain('sluice_writes_total{kind="consumer",outcome="committed"} 1\n');
    expect(text).toMatch(/sluice_commit_to_applied_seconds_count [1-9]/);
    expect(text).toContain('sluice_connected_nodes 1\n');
    expect(text).toContain('sluice_config_streams 1\n');
    expect(text).toContain('sluice_feed_listening 1\n');
    expect(text).toMatch(/sluice_spans_exported_total [1-9]/);
    expect(text).toMatch(/sluice_database_connections\{state="idle"\} \d/);
    expect(text).toMatch(/sluice_idempotency_records 0\n/);
    expect(text).toMatch(/sluice_build_info\{version="[0-9.]+",/);
  });
});
