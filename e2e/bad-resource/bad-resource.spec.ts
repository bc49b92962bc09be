import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { applied, registerService } from '../harness/configure.ts';
import { Origin } from '../harness/origin.ts';
import { Stack } from '../harness/stack.ts';

const schemaSource = `
import { definePolicySchema } from '@sluice/policy-sdk';
import { z } from 'zod';
export const schema = definePolicySchema({
  name: 'only-here',
  summary: 'Known to the control plane, not to the proxy.',
  phases: ['receive'],
  config: z.strictObject({}),
});
`;

describe('a resource that a node cannot use', () => {
  const started = new AsyncDisposableStack();
  let stack: Stack;
  let origin: Origin;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sluice-policies-'));
    started.defer(() => rm(folder, { recursive: true, force: true }));
    await mkdir(join(folder, 'only-here'));
    await writeFile(join(folder, 'only-here', 'schema.ts'), schemaSource);
    origin = started.use(await Origin.start('orders'));
    stack = started.use(await Stack.start({ controlPlaneEnv: { SLUICE_POLICIES_DIR: folder } }));
    await registerService(stack.admin, 'orders', [origin.address]);
  }, 60_000);
  afterAll(() => started.disposeAsync());

  it('is refused by name and pointer, and the other resources are still served', async () => {
    const answer = await stack.admin.request('POST', '/v1/routes?wait=applied', {
      content: {
        name: 'broken',
        paths: ['/broken/*'],
        service: 'orders',
        policies: [{ name: 'only-here' }],
      },
    });
    expect(answer.status).toBe(422);
    expect(answer.body).toMatchObject({ code: 'revision_rejected' });
    expect(JSON.stringify(answer.body)).toContain('/policies/0/name');
    expect(JSON.stringify(answer.body)).toContain('broken');
    expect((await fetch(`${stack.proxy.url}/orders/1`)).status).toBe(200);

    const node = await stack.admin.nodes.get('proxy-1');
    expect(JSON.stringify(node.resource)).toContain('unknown_policy');
  });

  it('does not block later revisions, and fails closed', async () => {
    await stack.admin.routes.create(
      {
        name: 'later',
        paths: ['/later'],
        policies: [{ name: 'static-response', config: { status: 200 } }],
      },
      applied,
    );
    expect((await fetch(`${stack.proxy.url}/later`)).status).toBe(200);
    const refused = await fetch(`${stack.proxy.url}/broken/1`);
    expect(refused.status).toBe(503);
    expect(await refused.json()).toMatchObject({ code: 'resource_quarantined' });
  });

  it('fails closed on a node that starts with it, too', async () => {
    const node = await stack.addProxy();
    expect((await fetch(`${node.url}/broken/1`)).status).toBe(503);
    expect((await fetch(`${node.url}/orders/1`)).status).toBe(200);
  }, 30_000);

  it('serves as soon as it is repaired', async () => {
    await stack.admin.routes.patch('broken', { policies: [] }, applied);
    for (const { url } of stack.proxies) expect((await fetch(`${url}/broken/1`)).status).toBe(200);
  });
});
