import { setTimeout as sleep } from 'node:timers/promises';
import { createTestDatabase } from '@sluice/testkit';
import { expect, it } from '@jest/globals';
import { FixtureNode } from '../apps/control-plane/src/testing/fixture-node.ts';
import { Replica, fixtureToken } from '../apps/control-plane/src/testing/replica.ts';
import { startTestControlPlane } from '../apps/control-plane/src/testing/test-control-plane.ts';
import type { TestControlPlane } from '../apps/control-plane/src/testing/test-control-plane.ts';

/** The status code of gRPC. */
const NOT_FOUND = 5;

/**
 * A node asks for its gateway by name. A gateway with connected nodes could be renamed: every node
 * then refused the gateway, and no later change to it, not even a denied address, took effect.
 */
it('a gateway cannot be renamed while live nodes of it are connected to any replica', async () => {
  await using started = new AsyncDisposableStack();
  const api = started.adopt(await startReplica(), (one) => one.close());
  const other = started.adopt(await startReplica(api.databaseUrl), (one) => one.close());
  await api.post('/v1/gateways', { name: 'idle' });
  const nodes = new Map<string, FixtureNode>();
  for (const [id, at] of [['here', api] as const, ['elsewhere', other] as const]) {
    const node = new FixtureNode(streamPort(at), { id });
    nodes.set(
      id,
      started.adopt(node, () => node.close()),
    );
    await node.until(() => node.revision > 0);
  }
  const reporting = setInterval(() => {
    for (const node of nodes.values()) report(node, false);
  }, 1_000);
  started.defer(() => clearInterval(reporting));

  const { id } = (await api.get('/v1/gateways/default')).body;
  const before = (await api.get('/v1/revisions?limit=1')).body.data;
  for (const renamed of [
    await api.patch('/v1/gateways/default', { name: 'edge' }),
    await api.patch(`/v1/gateways/${String(id)}`, { name: 'edge' }),
    await api.put(`/v1/gateways/${String(id)}`, { name: 'edge' }),
    await other.patch('/v1/gateways/default', { name: 'edge', trustedProxies: ['10.0.0.0/8'] }),
  ]) {
    expect(renamed).toMatchObject({
      status: 409,
      body: {
        code: 'still_referenced',
        detail: expect.stringMatching(
          /"default" .* connected: elsewhere, here; stop them .* SLUICE_GATEWAY=edge/,
        ),
        errors: [{ pointer: '/name' }],
      },
    });
  }
  expect((await api.get('/v1/revisions?limit=1')).body.data).toEqual(before);
  expect((await api.patch('/v1/gateways/idle', { name: 'spare' })).status).toBe(200);
  const same = { name: 'default', trustedProxies: ['10.0.0.0/8'] };
  expect((await api.patch('/v1/gateways/default', same)).status).toBe(200);

  // A node that drains is about to end; a node whose connection ends is live for five more seconds.
  clearInterval(reporting);
  for (const node of nodes.values()) report(node, true);
  nodes.get('elsewhere')?.close();
  const deadline = performance.now() + 30_000;
  let answer = await api.patch('/v1/gateways/default', { name: 'edge' });
  while (answer.status === 409 && performance.now() < deadline) {
    await sleep(100);
    answer = await api.patch('/v1/gateways/default', { name: 'edge' });
  }
  expect(answer).toMatchObject({ status: 200, body: { name: 'edge' } });

  const misnamed = new FixtureNode(streamPort(api), { id: 'late' });
  started.adopt(misnamed, (node) => node.close());
  await misnamed.until(() => misnamed.error !== undefined);
  expect(misnamed.error).toMatchObject({
    code: NOT_FOUND,
    message: expect.stringMatching(/SLUICE_GATEWAY is misspelt, .* renamed .*GET \/v1\/gateways/),
  });
}, 90_000);

it('a node that was silent during the rename learns the new name of its gateway', async () => {
  await using started = new AsyncDisposableStack();
  const database = started.adopt(await createTestDatabase(), (made) => made.drop());
  const replica = started.adopt(await Replica.start(database.url), (one) => one.stop());
  const id = '1f0e5f0a-6c57-4a6e-9d0c-0f1f6a1d2c3b';
  await replica.commit({ kind: 'gateway', id, spec: { name: 'default' } });
  const node = started.adopt(new FixtureNode(replica.port), (one) => one.close());
  await node.until(() => node.revision > 0);
  await replica.commit({ kind: 'gateway', id, spec: { name: 'edge' } });
  await node.until(() => node.error !== undefined);
  expect(node.error).toMatchObject({
    code: NOT_FOUND,
    message: expect.stringMatching(/"default" was renamed; .* SLUICE_GATEWAY=edge/),
  });
}, 60_000);

function startReplica(databaseUrl?: string): Promise<TestControlPlane> {
  return startTestControlPlane({
    SLUICE_NODE_TOKEN: fixtureToken,
    ...(databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl }),
  });
}

function streamPort(controlPlane: TestControlPlane): number {
  return Number(/"stream":"127\.0\.0\.1:(\d+)"/.exec(controlPlane.log())?.[1]);
}

function report(node: FixtureNode, draining: boolean): void {
  if (!node.call.destroyed)
    node.send({ type: 'status', draining, targets: [], appliedRevision: node.revision });
}
