import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { applied, registerService } from '../harness/configure.ts';
import { Origin } from '../harness/origin.ts';
import { Stack } from '../harness/stack.ts';

const folder = fileURLToPath(new URL('../../examples/policies', import.meta.url));

describe('a custom policy, loaded from a folder by both planes', () => {
  const started = new AsyncDisposableStack();
  let stack: Stack;
  let origin: Origin;

  beforeAll(async () => {
    origin = started.use(await Origin.start('orders'));
    const env = { SLUICE_POLICIES_DIR: folder };
    stack = started.use(
      await Stack.start({ controlPlaneEnv: env, proxyEnv: { ...env, SLUICE_ACCESS_LOG: 'on' } }),
    );
    await registerService(stack.admin, 'orders', [origin.address]);
  }, 60_000);
  afterAll(() => started.disposeAsync());

  const get = (headers: Record<string, string> = {}) =>
    fetch(`${stack.proxy.url}/orders/1`, { headers });
  const attach = (
    mode: 'enforce' | 'shadow',
    config: Readonly<Record<string, unknown>> = { header: 'X-Tenant', values: ['acme'] },
  ) =>
    stack.admin.routes.patch(
      'orders',
      { policies: [{ name: 'require-header', config, mode }] },
      applied,
    );

  it('is in the catalogue of the Admin API, with its schema', async () => {
    const answer = await stack.admin.request('GET', '/v1/policies/require-header');
    expect(answer.status).toBe(200);
    expect(JSON.stringify(answer.body)).toContain('The header that a request must have.');
  });

  it('has its configuration validated when it is attached', async () => {
    const answer = await stack.admin.request('PATCH', '/v1/routes/orders', {
      content: {
        policies: [{ name: 'require-header', config: { header: 'not a header', vlaues: [] } }],
      },
    });
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({ code: 'validation_failed' });
    const pointers = (answer.body['errors'] as { pointer: string }[])
      .map(({ pointer }) => pointer)
      .sort();
    expect(pointers).toEqual(['/policies/0/config/header', '/policies/0/config/vlaues']);
  });

  it('is enforced from the next request on', async () => {
    expect((await get()).status).toBe(200);
    await attach('enforce');
    const refused = await get();
    expect(refused.status).toBe(403);
    expect(await refused.json()).toMatchObject({
      code: 'forbidden',
      detail: 'Send the header X-Tenant.',
    });
    expect((await get({ 'x-tenant': 'hooli' })).status).toBe(403);
    expect((await get({ 'x-tenant': 'acme' })).status).toBe(200);
    expect(await denials('enforce')).toBe(2);
  });

  it('only reports in shadow mode: in the access log and in a metric', async () => {
    await attach('shadow');
    const [without, other, right] = [
      await get(),
      await get({ 'x-tenant': 'hooli' }),
      await get({ 'x-tenant': 'acme' }),
    ];
    expect([without.status, other.status, right.status]).toEqual([200, 200, 200]);
    expect(await denials('shadow')).toBe(2);
    expect(await denials('enforce')).toBe(2);
    for (const response of [without, other])
      expect(await logLine(response)).toMatchObject({
        status: 200,
        source: 'upstream',
        shadow: ['require-header'],
      });
    expect(await logLine(right)).not.toHaveProperty('shadow');
  });

  it('is reported as unknown by a node without the folder, which refuses the requests', async () => {
    await attach('enforce');
    const node = await stack.addProxy({ SLUICE_POLICIES_DIR: '' });
    expect((await fetch(`${node.url}/orders/1`, { headers: { 'x-tenant': 'acme' } })).status).toBe(
      503,
    );
    const { resource } = await stack.admin.nodes.get(node.name);
    expect(JSON.stringify(resource)).toContain(
      'this node does not know the policy \\"require-header\\"',
    );
  }, 30_000);

  async function denials(mode: string): Promise<number> {
    const metrics = await (await fetch(`${stack.proxy.statusUrl}/metrics`)).text();
    return Number(
      new RegExp(
        `^sluice_policy_denials_total\\{policy="require-header",mode="${mode}"\\} (\\d+)$`,
        'm',
      ).exec(metrics)?.[1] ?? 0,
    );
  }

  async function logLine(response: Response): Promise<Record<string, unknown>> {
    const requestId = response.headers.get('x-request-id') ?? '';
    for (let turn = 0; turn < 40; turn++) {
      const line = stack.proxy.process.lines.find((text) =>
        text.includes(`"requestId":"${requestId}"`),
      );
      if (line !== undefined) return JSON.parse(line) as Record<string, unknown>;
      await sleep(50);
    }
    throw new Error('no access log line appeared');
  }
});
