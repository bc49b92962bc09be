import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createTestDatabase } from '@sluice/testkit';
import type { TestDatabase } from '@sluice/testkit';
import { FixtureNode } from '../../testing/fixture-node.ts';
import type { FixtureNodeOptions } from '../../testing/fixture-node.ts';
import { Replica } from '../../testing/replica.ts';

let database: TestDatabase;
let replica: Replica;
const replicas: Replica[] = [];
const nodes: FixtureNode[] = [];
const [gateway, internal, route] = [randomUUID(), randomUUID(), randomUUID()] as const;
let rounds = 0;

async function startReplica(): Promise<Replica> {
  const started = await Replica.start(database.url);
  replicas.push(started);
  return started;
}

async function connect(
  id: string,
  options: FixtureNodeOptions = {},
  to = replica,
): Promise<FixtureNode> {
  const node = new FixtureNode(to.port, { id, ...options });
  nodes.push(node);
  await node.until(() => node.revision > 0);
  if (options.acks === false) node.send({ type: 'ack', revision: node.revision, quarantined: [] });
  return node;
}

/** Changes a route of the gateway `default`. */
const change = (): Promise<number> =>
  replica.commit({ kind: 'route', id: route, spec: { name: `r${rounds++}`, gateways: [gateway] } });
const outcomes = (report: { nodes: readonly { id: string; outcome: string }[] }) =>
  Object.fromEntries(report.nodes.map(({ id, outcome }) => [id, outcome]));

beforeEach(async () => {
  database = await createTestDatabase();
  replica = await startReplica();
  await replica.commit(
    { kind: 'gateway', id: gateway, spec: { name: 'default' } },
    { kind: 'gateway', id: internal, spec: { name: 'internal' } },
  );
});

afterEach(async () => {
  for (const node of nodes.splice(0)) node.close();
  await Promise.all(replicas.splice(0).map((one) => one.stop()));
  await database.drop();
});

describe('NodesService.wait', () => {
  it('resolves at once when no node is connected', async () => {
    const revision = await change();
    expect(await replica.nodes.wait(revision, 5_000)).toEqual({
      revision,
      status: 'applied',
      nodes: [],
    });
  });

  it('resolves as soon as all nodes of the gateway have acknowledged, and lists them', async () => {
    await connect('a');
    const slow = await connect('b', { acks: false });
    await connect('c', { gateway: 'internal' });
    const revision = await change();
    const waiting = replica.nodes.wait(revision, 5_000);
    await slow.until(() => slow.revision === revision);
    await sleep(100);
    const ackedAt = performance.now();
    slow.send({ type: 'ack', revision, quarantined: [] });
    const report = await waiting;
    expect(performance.now() - ackedAt).toBeLessThan(500);
    expect(report).toMatchObject({ revision, status: 'applied' });
    expect(report.nodes).toEqual(
      ['a', 'b'].map((id) => ({
        id,
        gateway: 'default',
        state: 'live',
        appliedRevision: revision,
        outcome: 'applied',
      })),
    );
  });

  it('names the pending nodes after the timeout', async () => {
    await connect('a');
    await connect('b', { acks: false });
    const revision = await change();
    const report = await replica.nodes.wait(revision, 200);
    expect(report.status).toBe('pending');
    expect(outcomes(report)).toEqual({ a: 'applied', b: 'pending' });
  });

  it('reports the faults of a node that rejects a revision, and its later outcome', async () => {
    const node = await connect('a', { acks: false });
    const rejected = await change();
    await node.until(() => node.revision === rejected);
    node.nack(rejected, { id: route, pointer: '/policies/0/name', code: 'unknown_policy' });
    const report = await replica.nodes.wait(rejected, 5_000);
    expect(report).toMatchObject({
      status: 'rejected',
      nodes: [
        {
          id: 'a',
          outcome: 'rejected',
          appliedRevision: 1,
          faults: [{ id: route, pointer: '/policies/0/name', code: 'unknown_policy' }],
        },
      ],
    });

    const other = await replica.commit({
      kind: 'consumer',
      id: randomUUID(),
      spec: { username: 'x' },
    });
    await node.until(() => node.revision === other);
    node.send({
      type: 'ack',
      revision: other,
      quarantined: [
        { kind: 'route', id: route, name: '', pointer: '', code: 'unknown_policy', reason: '' },
      ],
    });
    expect(await replica.nodes.wait(other, 5_000)).toMatchObject({ status: 'applied' });
    expect(await replica.nodes.status(rejected)).toMatchObject({ status: 'rejected' });

    const repaired = await change();
    await node.until(() => node.revision === repaired);
    node.send({ type: 'ack', revision: repaired, quarantined: [] });
    expect(await replica.nodes.wait(repaired, 5_000)).toMatchObject({ status: 'applied' });
    expect(await replica.nodes.status(rejected)).toMatchObject({ status: 'applied' });
  });

  it('waits for nodes that are connected to another replica', async () => {
    const second = await startReplica();
    await connect('a');
    await connect('b', {}, second);
    for (let round = 0; round < 5; round++) {
      const revision = await change();
      const report = await (round % 2 === 0 ? replica : second).nodes.wait(revision, 5_000);
      expect(outcomes(report)).toEqual({ a: 'applied', b: 'applied' });
    }
    const silent = await connect('c', { acks: false }, second);
    const revision = await change();
    await silent.until(() => silent.revision === revision);
    expect(outcomes(await replica.nodes.wait(revision, 1_500))).toEqual({
      a: 'applied',
      b: 'applied',
      c: 'pending',
    });
    silent.nack(revision, { id: route });
    expect(outcomes(await replica.nodes.wait(revision, 5_000))).toMatchObject({ c: 'rejected' });
  });

  it('does not wait for draining nodes, and forgets them when they disconnect', async () => {
    const node = await connect('a', { acks: false });
    node.send({ type: 'status', draining: true, targets: [], appliedRevision: 1 });
    await sleep(50);
    const report = await replica.nodes.wait(await change(), 5_000);
    expect(report).toMatchObject({
      status: 'applied',
      nodes: [{ id: 'a', state: 'draining', outcome: 'not-waited' }],
    });
    node.call.end();
    await sleep(300);
    expect(await replica.nodes.list(undefined, 10)).toEqual([]);
  });

  it('waits for a node that has just disconnected, until it is stale', async () => {
    const node = await connect('a');
    node.close();
    await sleep(200);
    const revision = await change();
    expect(await replica.nodes.wait(revision, 300)).toMatchObject({
      status: 'pending',
      nodes: [{ id: 'a', state: 'live', outcome: 'pending' }],
    });
    await replica.database.query("UPDATE node SET last_seen_at = now() - interval '6 seconds'");
    expect(await replica.nodes.wait(revision, 300)).toMatchObject({
      status: 'applied',
      nodes: [{ id: 'a', state: 'stale', outcome: 'not-waited' }],
    });
  });
});

describe('the list of nodes', () => {
  it('shows the reported state of each node, on every replica', async () => {
    const second = await startReplica();
    const node = await connect('a', {
      gateway: 'internal',
      kinds: ['route', 'gateway', 'route', 'gadget\0'],
      schemaLevel: 7,
    });
    await connect('b', {}, second);
    const targets = [{ service: 's', address: '127.0.0.1:1', healthy: false }];
    node.send({ type: 'status', draining: false, targets, appliedRevision: 1 });
    await sleep(300);
    for (const asked of [replica, second]) {
      expect(await asked.nodes.list(undefined, 10)).toMatchObject([
        {
          id: 'a',
          gateway: 'internal',
          version: '1',
          schemaLevel: 7,
          kinds: ['gadget\ufffd', 'gateway', 'route'],
          receivesSecrets: true,
          state: 'live',
          appliedRevision: 1,
          nackedRevision: null,
          faults: [],
          targets,
        },
        { id: 'b', gateway: 'default' },
      ]);
      expect(await asked.nodes.list('a', 10)).toMatchObject([{ id: 'b' }]);
      expect(await asked.nodes.find('a')).toMatchObject({
        id: 'a',
        connectedAt: expect.any(Date),
        lastSeenAt: expect.any(Date),
      });
      expect(await asked.nodes.find('no-such-node')).toBeUndefined();
    }
  });

  it('keeps the newer of two streams of one node, even on different replicas', async () => {
    const second = await startReplica();
    const older = await connect('a');
    const newer = await connect('a', {}, second);
    await older.until(() => older.error !== undefined);
    expect(older.error?.message).toMatch(/another stream of node "a" took over/);
    const revision = await change();
    await newer.until(() => newer.revision === revision);
    expect(outcomes(await replica.nodes.wait(revision, 5_000))).toEqual({ a: 'applied' });
  });

  it('is complete again after its rows were deleted', async () => {
    await connect('a');
    await replica.database.query('DELETE FROM node');
    for (
      let attempt = 0;
      attempt < 60 && (await replica.nodes.list(undefined, 10)).length === 0;
      attempt++
    )
      await sleep(50);
    expect(await replica.nodes.list(undefined, 10)).toMatchObject([{ id: 'a' }]);
  });
});
