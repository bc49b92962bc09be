import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startOtlpReceiver } from '@sluice/testkit';
import { registerService, issueKey } from '../harness/configure.ts';
import { Origin } from '../harness/origin.ts';
import { Stack } from '../harness/stack.ts';

describe('telemetry of a request', () => {
  const started = new AsyncDisposableStack();
  let stack: Stack;
  let origin: Origin;
  let receiver: Awaited<ReturnType<typeof startOtlpReceiver>>;

  beforeAll(async () => {
    receiver = await startOtlpReceiver();
    started.defer(() => receiver.close());
    origin = started.use(await Origin.start('orders'));
    stack = started.use(
      await Stack.start({
        proxyEnv: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint, SLUICE_ACCESS_LOG: 'on' },
      }),
    );
    await registerService(stack.admin, 'orders', [origin.address], {
      route: { policies: [{ name: 'key-auth' }] },
    });
  }, 60_000);
  afterAll(() => started.disposeAsync());

  it('is one trace from the client through the proxy to the upstream, and one log line with its id', async () => {
    const { key } = await issueKey(stack.admin, 'acme');
    const traceId = '0af7651916cd43dd8448eb211c80319c';
    const response = await fetch(`${stack.proxy.url}/orders/7?token=hush`, {
      headers: {
        'x-api-key': key,
        authorization: 'Bearer hush-hush',
        traceparent: `00-${traceId}-b7ad6b7169203331-01`,
      },
    });
    expect(response.status).toBe(200);

    const spans = await receiver.waitForSpans(2, 10_000);
    const ours = spans.filter((span) => span.traceId === traceId);
    const server = ours.find((span) => span.parentSpanId === 'b7ad6b7169203331');
    const client = ours.find((span) => span.parentSpanId === server?.spanId);
    expect(server).toMatchObject({ name: 'GET /orders/*' });
    expect(server?.attributes).toMatchObject({
      'http.request.method': 'GET',
      'http.response.status_code': 200,
      'http.route': '/orders/*',
      'url.path': '/orders/7',
      'url.scheme': 'http',
      'sluice.consumer': 'acme',
    });
    expect(client).toBeDefined();
    const seen = origin.received.at(-1)?.headers['traceparent'];
    expect(seen).toBe(`00-${traceId}-${client?.spanId ?? ''}-01`);

    const line = await logLine(stack, traceId);
    expect(line).toMatchObject({
      traceId,
      route: 'orders',
      service: 'orders',
      consumer: 'acme',
      status: 200,
      source: 'upstream',
      target: origin.address,
      path: '/orders/7',
      clientAddress: '127.0.0.1',
    });
    expect(line['requestId']).toBe(response.headers.get('x-request-id'));
    const everything = stack.proxy.process.lines.join('\n');
    expect(everything).not.toContain(key);
    expect(everything).not.toContain('hush');
  });
});

async function logLine(stack: Stack, traceId: string): Promise<Record<string, unknown>> {
  for (let attempt = 0; attempt < 40; attempt++) {
    const line = stack.proxy.process.lines.find((text) => text.includes(`"traceId":"${traceId}"`));
    if (line !== undefined) return JSON.parse(line) as Record<string, unknown>;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('no access log line appeared');
}
