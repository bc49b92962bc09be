import { randomUUID } from 'node:crypto';
import { networkInterfaces } from 'node:os';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { status } from '@grpc/grpc-js';
import { kinds } from '@sluice/config';
import type { Kind, SchemaRules } from '@sluice/config';
import { createTestDatabase } from '@sluice/testkit';
import type { TestDatabase } from '@sluice/testkit';
import { FixtureNode } from '../testing/fixture-node.ts';
import type { FixtureNodeOptions } from '../testing/fixture-node.ts';
import { Replica } from '../testing/replica.ts';
import type { ReplicaOptions } from '../testing/replica.ts';

const [gateway, route, gadget, consumer] = [1, 2, 3, 4].map(() => randomUUID()) as [
  string,
  string,
  string,
  string,
];

/** What a later release stores about its schemas: a property of routes, and a kind. */
const later: SchemaRules = {
  level: 2,
  kinds: {
    ...Object.fromEntries(kinds.map((kind) => [kind, { since: 0, fields: [] }])),
    gadget: { since: 2, fields: [] },
    route: {
      since: 0,
      fields: [{ path: ['newer'], since: 2, isSecret: false, isRequired: false }],
    },
  },
};
const withSecrets: SchemaRules = {
  level: 1,
  kinds: {
    ...Object.fromEntries(kinds.map((kind) => [kind, { since: 0, fields: [] }])),
    consumer: {
      since: 0,
      fields: [{ path: ['secret'], since: 0, isSecret: true, isRequired: true }],
    },
    route: {
      since: 0,
      fields: [{ path: ['secret'], since: 0, isSecret: true, isRequired: false }],
    },
  },
};

let database: TestDatabase;
let replica: Replica;
const nodes: FixtureNode[] = [];
const replicas: Replica[] = [];

async function startReplica(options: ReplicaOptions = {}): Promise<Replica> {
  replica = await Replica.start(database.url, options);
  replicas.push(replica);
  return replica;
}

async function connect(options: FixtureNodeOptions): Promise<FixtureNode> {
  const node = new FixtureNode(replica.port, options);
  nodes.push(node);
  await node.until(() => node.frames.length > 0 || node.error !== undefined);
  if (options.held === undefined)
    await node.until(() => node.revision > 0 || node.error !== undefined);
  return node;
}

/** Joins as a control plane of a later release does, before it writes anything. */
const joinLater = (): Promise<unknown> =>
  replica.database.query('INSERT INTO schema_rules (level, kinds) VALUES ($1, $2)', [
    later.level,
    JSON.stringify(later.kinds),
  ]);
const commitRoute = (more: object): Promise<number> =>
  replica.commit({ kind: 'route', id: route, spec: { name: 'r', gateways: [gateway], ...more } });
const commitGadget = (spec: object | null): Promise<number> =>
  replica.commit({ kind: 'gadget' as Kind, id: gadget, spec });
const jsonOf = (node: FixtureNode, id: string): string | undefined => node.records.get(id)?.json;
const snapshotsOf = (node: FixtureNode): number =>
  node.frames.filter(({ type }) => type === 'snapshot').length;

beforeEach(async () => {
  database = await createTestDatabase();
});
afterEach(async () => {
  for (const node of nodes.splice(0)) node.close();
  for (const started of replicas.splice(0)) await started.stop();
  await database.drop();
});

describe('a control plane beside one of a later release', () => {
  beforeEach(async () => {
    await startReplica();
    await replica.commit({ kind: 'gateway', id: gateway, spec: { name: 'default' } });
  });

  it('sends each node the properties that it knows, with deltas alone', async () => {
    const older = await connect({ id: 'older', schemaLevel: 1 });
    const newer = await connect({ id: 'newer', schemaLevel: 2 });
    await commitRoute({});
    await joinLater();
    const revision = await commitRoute({ newer: 'x' });
    await newer.until(() => newer.revision === revision);
    expect(jsonOf(newer, route)).toBe(`{"gateways":["${gateway}"],"name":"r","newer":"x"}`);
    const last = await commitRoute({ newer: 'y', paths: ['/a'] });
    await older.until(() => older.revision === last);
    expect(jsonOf(older, route)).toBe(`{"gateways":["${gateway}"],"name":"r","paths":["/a"]}`);
    expect([snapshotsOf(older), snapshotsOf(newer)]).toEqual([1, 1]);
    const [returned] = [await connect({ id: 'older', schemaLevel: 1, held: older.held })];
    await returned.until(() => returned.frames.some(({ type }) => type === 'heartbeat'));
    expect(snapshotsOf(returned)).toBe(0);
    expect(await replica.nodes.wait(last, 5_000)).toMatchObject({ status: 'applied' });
  });

  it('sends a node that comes from a replica with another view a snapshot, once', async () => {
    await joinLater();
    await commitRoute({ newer: 'x' });
    const newer = await connect({ id: 'node', schemaLevel: 2 });
    const held = newer.held;
    newer.close();
    const older = await connect({ id: 'node', schemaLevel: 1, held });
    expect(snapshotsOf(older)).toBe(1);
    const last = await commitRoute({ newer: 'x', paths: ['/b'] });
    await older.until(() => older.revision === last);
    await older.until(() => older.frames.at(-1)?.type === 'heartbeat');
    expect(snapshotsOf(older)).toBe(1);
  });

  it('sends no resource of a kind that it does not know, and keeps a node that would lose it', async () => {
    const older = await connect({ id: 'older' });
    const newer = await connect({ id: 'newer', schemaLevel: 2, kinds: [...kinds, 'gadget'] });
    await joinLater();
    await commitGadget({ name: 'g' });
    await newer.until(() => newer.error !== undefined);
    expect(newer.error).toMatchObject({ code: status.UNAVAILABLE });
    expect(newer.error?.message).toMatch(/older than the node.*\(gadget\)/);
    const again = await connect({ id: 'newer', kinds: ['gadget'], held: newer.held });
    expect(again.error).toMatchObject({ code: status.UNAVAILABLE });
    const revision = await commitRoute({});
    await older.until(() => older.revision === revision);
    expect([...older.records.keys()].sort()).toEqual([gateway, route].sort());
    await commitGadget(null);
    await replica.feed.refreshed(5_000);
    const accepted = await connect({ id: 'newer', kinds: [...kinds, 'gadget'] });
    expect(accepted.error).toBeUndefined();
  });

  it('leaves such resources out when it starts, too', async () => {
    await joinLater();
    await commitGadget({ name: 'g' });
    await commitRoute({ newer: 'x' });
    await startReplica();
    const older = await connect({ id: 'older', schemaLevel: 1 });
    expect([...older.records.keys()].sort()).toEqual([gateway, route].sort());
    expect(jsonOf(older, route)).not.toContain('newer');
  });
});

describe('secrets', () => {
  /** An address of this machine that is not loopback: the control plane sees it as another machine. */
  const address = Object.values(networkInterfaces())
    .flatMap((all) => all ?? [])
    .find(({ internal, family }) => !internal && family === 'IPv4')?.address;

  it('are sent over loopback, and never without TLS beyond it', async () => {
    await startReplica({ host: '0.0.0.0', rules: withSecrets });
    const planted = 'planted-private-key';
    const secrets = { secret: planted };
    await replica.commit(
      { kind: 'gateway', id: gateway, spec: { name: 'default' } },
      { kind: 'consumer', id: consumer, spec: { username: 'c', ...secrets } },
      { kind: 'route', id: route, spec: { name: 'r', gateways: [gateway], ...secrets } },
    );
    const local = await connect({ id: 'local' });
    expect(jsonOf(local, consumer)).toContain(planted);
    expect(jsonOf(local, route)).toContain(planted);

    expect(address).toBeDefined();
    const remote = await connect({ id: 'remote', host: address as string });
    const revision = await commitRoute({ secret: `${planted}-2`, paths: ['/a'] });
    await remote.until(() => remote.revision === revision);
    expect([...remote.records.keys()].sort()).toEqual([gateway, route].sort());
    expect(JSON.stringify(remote.frames)).not.toContain('planted');
    expect(Buffer.concat(framesOf(remote)).includes('planted')).toBe(false);
    expect(await replica.nodes.find('remote')).toMatchObject({ receivesSecrets: false });
    expect(await replica.nodes.find('local')).toMatchObject({ receivesSecrets: true });
    expect(replica.log.lines.filter((line) => line.includes('no other secrets'))).toHaveLength(1);
    // A node that held the secret before is told to remove it.
    const moved = await connect({ id: 'local', host: address as string, held: local.held });
    await moved.until(() => snapshotsOf(moved) === 1);
    expect(JSON.stringify([...moved.records.values()])).not.toContain('planted');
  });

  /** All bytes of configuration that a node was sent. */
  const framesOf = (node: FixtureNode): Uint8Array[] =>
    node.frames.flatMap((frame) => (frame.type === 'snapshot' ? [frame.data] : []));
});
