import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { createTestDatabase } from '@sluice/testkit';
import type { AppliedReport } from '../apps/control-plane/src/features/nodes/applied.ts';
import { FixtureNode } from '../apps/control-plane/src/testing/fixture-node.ts';
import { Replica } from '../apps/control-plane/src/testing/replica.ts';

/**
 * Nodes that serve through an outage of the control plane reconnect up to some seconds after it. A
 * write in between was answered with "applied" although no node had it: their silence counted while
 * no control plane could receive from them.
 */
it('a write right after a restart of the control plane waits for the nodes that are about to reconnect', async () => {
  await using started = new AsyncDisposableStack();
  const database = started.adopt(await createTestDatabase(), (made) => made.drop());
  const [gateway, route] = [randomUUID(), randomUUID()];
  const silentFor6s = "UPDATE node SET last_seen_at = now() - interval '6 seconds' WHERE id = ";

  let serving: FixtureNode;
  // Before the restart.
  {
    await using outage = new AsyncDisposableStack();
    const before = outage.adopt(await Replica.start(database.url), (replica) => replica.stop());
    const held = await before.commit({ kind: 'gateway', id: gateway, spec: { name: 'default' } });
    serving = outage.adopt(new FixtureNode(before.port, { id: 'serving' }), (node) => node.close());
    await serving.until(() => serving.revision === held);
    const dead = outage.adopt(new FixtureNode(before.port, { id: 'dead' }), (node) => node.close());
    await dead.until(() => dead.revision === held);
    dead.close();
    await sleep(500);
    await before.database.query(`${silentFor6s} 'dead'`);
    await sleep(1_500);
  }

  const after = started.adopt(await Replica.start(database.url), (replica) => replica.stop());
  await after.database.query(`${silentFor6s} 'serving'`);
  const revision = await after.commit({
    kind: 'route',
    id: route,
    spec: { name: 'r', gateways: [gateway] },
  });
  expect(outcomes(await after.nodes.wait(revision, 300))).toEqual({
    dead: 'not-waited',
    serving: 'pending',
    all: 'pending',
  });

  const waiting = after.nodes.wait(revision, 5_000);
  started.adopt(new FixtureNode(after.port, { id: 'serving', held: serving.held }), (node) =>
    node.close(),
  );
  expect(outcomes(await waiting)).toEqual({
    dead: 'not-waited',
    serving: 'applied',
    all: 'applied',
  });
}, 60_000);

function outcomes({ status, nodes }: AppliedReport): Record<string, string> {
  return { ...Object.fromEntries(nodes.map(({ id, outcome }) => [id, outcome])), all: status };
}
