import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createTestAuthority, startOtlpReceiver } from '@sluice/testkit';
import { applied, registerService } from '../harness/configure.ts';
import { Origin } from '../harness/origin.ts';
import { Stack } from '../harness/stack.ts';

describe('a secret of a resource', () => {
  const started = new AsyncDisposableStack();
  const token = 'planted-secret-of-a-policy-0123456789';
  let stack: Stack;
  let receiver: Awaited<ReturnType<typeof startOtlpReceiver>>;

  beforeAll(async () => {
    receiver = await startOtlpReceiver();
    started.defer(() => receiver.close());
    const origin = started.use(await Origin.start('orders'));
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint };
    stack = started.use(await Stack.start({ proxyEnv: env, controlPlaneEnv: env }));
    const config = { url: 'https://auth.example.com/', headers: { via: token } };
    await registerService(stack.admin, 'orders', [origin.address], {
      route: { policies: [{ name: 'external-auth', config, onError: 'open' }] },
    });
  }, 60_000);
  afterAll(() => started.disposeAsync());

  it('reaches the node, and is in no dump, file, log line or span', async () => {
    const { cert, key } = await (await createTestAuthority()).issue({ names: ['www.example.com'] });
    const written = await stack.admin.request('PUT', '/v1/certificates/www?wait=applied', {
      content: { certificate: cert, key },
    });
    expect(written.status).toBe(201);
    await stack.admin.quotas.create(
      { name: 'last', limits: [{ requests: 3, per: 'hour' }] },
      applied,
    );
    await fetch(`${stack.proxy.url}/orders/1`);
    await receiver.waitForSpans(2, 10_000);
    const dump = await (await fetch(`${stack.proxy.statusUrl}/config`)).text();
    expect(dump).toContain('"certificate"');
    await stack.proxy.process.end('SIGTERM');
    const files = await readdir(stack.proxy.dataDir);
    expect(files).toContain('last-good.snapshot');
    const stored = await Promise.all(
      files.map((file) => readFile(join(stack.proxy.dataDir, file), 'latin1')),
    );
    const places = [
      dump,
      JSON.stringify(written),
      ...stored,
      ...[stack.proxy.process, stack.controlPlane.process].map(({ lines }) => lines.join('\n')),
      JSON.stringify(receiver.spans(), (_, value: unknown) =>
        typeof value === 'bigint' ? String(value) : value,
      ),
    ];
    const lines = key.split('\n').filter((line) => /^[A-Za-z0-9+/=]{30,}$/.test(line));
    for (const planted of [token, ...lines])
      for (const place of places) expect(place.includes(planted)).toBe(false);
  }, 60_000);
});
