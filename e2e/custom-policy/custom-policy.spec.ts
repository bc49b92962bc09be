import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { applied, registerService } from '../harness/configure.ts';
import { Origin } from '../harness/origin.ts';
import { Stack } from '../harness/stack.ts';

const example = fileURLToPath(new URL('../../examples/policies/require-header', import.meta.url));

const schemaOf = (name: string, phases: string, config = ''): string => `
  import { definePolicySchema } from '@sluice/policy-sdk';
  import { z } from 'zod';
  export const schema = definePolicySchema({
    name: '${name}', summary: 'For this spec.', phases: ${phases}, config: z.strictObject({${config}}),
  });`;
const policyOf = (hooks: string): string => `
  import { definePolicy } from '@sluice/policy-sdk';
  import { schema } from './schema.js';
  export const policy = definePolicy({ schema, compile: (config, host) => (${hooks}) });`;

/** A folder with the policy of the guide, one that logs outcomes and one that is wrong. */
async function policiesFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-policies-'));
  await symlink(example, join(folder, 'require-header'));
  const files = {
    'log-outcome/schema.js': schemaOf('log-outcome', "['settle']"),
    'log-outcome/policy.js': policyOf(
      '{ settle: ({ path }, outcome) => host.logger.info("settled", { path, outcome }) }',
    ),
    // The control plane does not find hooks that only some configurations have.
    'misplaced-hook/schema.js': schemaOf(
      'misplaced-hook',
      "['validate']",
      'early: z.boolean().default(false)',
    ),
    'misplaced-hook/policy.js': policyOf('config.early ? { limit: () => undefined } : {}'),
    'always-misplaced/schema.js': schemaOf(
      'always-misplaced',
      "['validate']",
      'header: z.string()',
    ),
    'always-misplaced/policy.js': policyOf(
      '{ limit: ({ headers }) => void headers.get(config.header.toLowerCase()) }',
    ),
  };
  for (const [name, text] of Object.entries(files)) {
    await mkdir(join(folder, name, '..'), { recursive: true });
    await writeFile(join(folder, name), text);
  }
  return folder;
}

/** The path decides how the response ends. */
function answer(request: IncomingMessage, response: ServerResponse): void {
  if (request.url === '/orders/hang') return;
  if (request.url === '/orders/closes') {
    request.socket.destroy();
    return;
  }
  if (request.url === '/orders/breaks') {
    response.writeHead(200, { 'content-length': '1000' });
    response.write('x'.repeat(100), () => setTimeout(() => request.socket.destroy(), 50));
    return;
  }
  response.end('x'.repeat(500));
}

describe('a custom policy, loaded from a folder by both planes', () => {
  const started = new AsyncDisposableStack();
  let stack: Stack;
  let origin: Origin;

  beforeAll(async () => {
    origin = started.use(await Origin.start('orders', answer));
    const folder = await policiesFolder();
    started.defer(() => rm(folder, { recursive: true, force: true }));
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

  describe('that observes outcomes', () => {
    beforeAll(() =>
      stack.admin.routes.patch(
        'orders',
        {
          policies: [
            { name: 'require-header', config: { header: 'X-Tenant' } },
            { name: 'log-outcome' },
          ],
        },
        applied,
      ),
    );

    it('sees a response of the upstream', async () => {
      expect((await get({ 'x-tenant': 'acme' })).status).toBe(200);
      const outcome = await outcomeOf('/orders/1');
      expect(outcome).toEqual({
        status: 200,
        source: 'upstream',
        startTimeMs: expect.any(Number),
        durationMs: expect.any(Number),
        upstreamDurationMs: expect.any(Number),
        requestBytes: expect.any(Number),
        responseBytes: expect.any(Number),
        target: origin.address,
        attempts: 1,
      });
      expect(outcome['durationMs']).toBeGreaterThan(0);
      expect(outcome['requestBytes']).toBeGreaterThan(50);
      expect(outcome['responseBytes']).toBeGreaterThan(500);
      expect(Math.abs(Number(outcome['startTimeMs']) - Date.now())).toBeLessThan(60_000);
    });

    it('sees a denial', async () => {
      expect((await fetch(`${stack.proxy.url}/orders/denied`)).status).toBe(403);
      expect(await outcomeOf('/orders/denied')).toEqual({
        status: 403,
        code: 'forbidden',
        source: 'client',
        stoppedBy: 'require-header',
        startTimeMs: expect.any(Number),
        durationMs: expect.any(Number),
        requestBytes: expect.any(Number),
        responseBytes: expect.any(Number),
        attempts: 0,
      });
    });

    it('sees a client that left', async () => {
      const socket = connect(stack.proxy.port, '127.0.0.1');
      socket.write('GET /orders/hang HTTP/1.1\r\nHost: a\r\nX-Tenant: acme\r\n\r\n');
      while (!origin.received.some(({ url }) => url === '/orders/hang')) await sleep(10);
      socket.destroy();
      expect(await outcomeOf('/orders/hang')).toMatchObject({
        status: 499,
        code: 'client_closed_request',
        source: 'client',
        requestBytes: expect.any(Number),
        durationMs: expect.any(Number),
        brokenOff: 'client_closed_request',
        target: origin.address,
        responseBytes: 0,
        attempts: 1,
      });
    });

    it('sees an upstream that broke off, before its response and within it', async () => {
      const headers = { 'x-tenant': 'acme' };
      const broken = await fetch(`${stack.proxy.url}/orders/breaks`, { headers });
      await expect(broken.text()).rejects.toThrow();
      expect(await outcomeOf('/orders/breaks')).toMatchObject({
        status: 200,
        code: 'upstream_reset',
        source: 'upstream',
        brokenOff: 'upstream_reset',
        target: origin.address,
        requestBytes: expect.any(Number),
        responseBytes: expect.any(Number),
      });
      expect((await fetch(`${stack.proxy.url}/orders/closes`, { headers })).status).toBe(502);
      const outcome = await outcomeOf('/orders/closes');
      expect(outcome).toMatchObject({ status: 502, code: 'upstream_reset', source: 'upstream' });
      expect(outcome).not.toHaveProperty('brokenOff');
    });
  });

  it('with a hook outside its phases is refused: the write reports why, the node serves on', async () => {
    const answer = await stack.admin.request('PATCH', '/v1/routes/orders?wait=applied', {
      content: { policies: [{ name: 'misplaced-hook', config: { early: true } }] },
    });
    expect(answer.status).toBe(422);
    expect(JSON.stringify(answer.body)).toContain(
      'policy \\"misplaced-hook\\" has a hook for \\"limit\\": list it in the phases of its schema, which are validate',
    );
    expect((await get({ 'x-tenant': 'acme' })).status).toBe(200);
    expect((await get()).status).toBe(403);
  });

  it('whose hook is always outside its phases is refused by the control plane, before any node', async () => {
    const answer = await stack.admin.request('PATCH', '/v1/routes/orders', {
      content: { policies: [{ name: 'always-misplaced', config: { header: 'X-Tenant' } }] },
    });
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({
      code: 'validation_failed',
      errors: [
        {
          pointer: '/policies/0/name',
          detail:
            'policy "always-misplaced" has a hook for "limit": list it in the phases of its schema, which are validate',
        },
      ],
    });
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

  async function outcomeOf(path: string): Promise<Record<string, unknown>> {
    for (let turn = 0; turn < 100; turn++) {
      const line = stack.proxy.process.lines.find(
        (text) => text.includes('"settled"') && text.includes(`"${path}"`),
      );
      if (line !== undefined)
        return (JSON.parse(line) as { outcome: Record<string, unknown> }).outcome;
      await sleep(50);
    }
    throw new Error(`no outcome of ${path} was logged`);
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
