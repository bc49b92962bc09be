import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { status } from '@grpc/grpc-js';
import { SetHash } from '@sluice/wire';
import { createTestDatabase } from '@sluice/testkit';
import type { TestDatabase } from '@sluice/testkit';
import { FixtureNode } from '../testing/fixture-node.ts';
import type { FixtureNodeOptions } from '../testing/fixture-node.ts';
import { Replica } from '../testing/replica.ts';
import type { ReplicaOptions } from '../testing/replica.ts';

let database: TestDatabase;
let replica: Replica;
const nodes: FixtureNode[] = [];
const replicas: Replica[] = [];
const [gateway, internal, service, route] = Array.from({ length: 4 }, () => randomUUID()) as [
  string,
  string,
  string,
  string,
];

async function startReplica(options: ReplicaOptions = {}): Promise<Replica> {
  const started = await Replica.start(database.url, options);
  replicas.push(started);
  return started;
}

function connect(options: FixtureNodeOptions = {}, to = replica): FixtureNode {
  const node = new FixtureNode(to.port, options);
  nodes.push(node);
  return node;
}

const consumer = (username: string, id: string = randomUUID()) =>
  ({ kind: 'consumer', id, spec: { username } }) as const;
const hashOf = (node: FixtureNode): Buffer => SetHash.of(node.records.values()).bytes();

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

describe('the config stream', () => {
  it('sends a snapshot to a new node, then a delta for every revision that affects it', async () => {
    const node = connect();
    await node.until(() => node.revision === 1);
    expect([...node.records.values()]).toEqual([
      { kind: 'gateway', id: gateway, json: '{"name":"default"}' },
    ]);

    await replica.commit({ kind: 'service', id: service, spec: { name: 's' } });
    await replica.commit({
      kind: 'route',
      id: route,
      spec: { name: 'r', gateways: [gateway], service },
    });
    await replica.commit({
      kind: 'route',
      id: randomUUID(),
      spec: { name: 'other', gateways: [internal] },
    });
    const last = await replica.commit({ kind: 'route', id: route, spec: null });
    await node.until(() => node.revision === last);
    expect(
      node.deltas.map(({ revision, changes }) => [
        revision,
        changes.map(({ id, json }) => [id, json !== '']),
      ]),
    ).toEqual([
      [
        3,
        [
          [route, true],
          [service, true],
        ],
      ],
      [
        5,
        [
          [route, false],
          [service, false],
        ],
      ],
    ]);
    expect(hashOf(node)).toEqual(node.deltas.at(-1)?.setHash);
  });

  it('ignores a frame that nothing here handles, as one of a later release', async () => {
    const node = connect();
    await node.until(() => node.revision === 1);
    node.send({ type: 'credentialReport', uses: [], rehashes: [] });
    const last = await replica.commit({
      kind: 'route',
      id: route,
      spec: { name: 'r', gateways: [gateway] },
    });
    await node.until(() => node.revision === last || node.error !== undefined);
    expect([node.revision, node.error]).toEqual([last, undefined]);
  });

  it('sends a heartbeat once a second with the revision and the set hash', async () => {
    const node = connect();
    await replica.commit({ kind: 'service', id: service, spec: { name: 'unused' } });
    await node.until(() =>
      node.frames.some((frame) => frame.type === 'heartbeat' && frame.revision === 2),
    );
    expect(node.frames.at(-1)).toEqual({ type: 'heartbeat', revision: 2, setHash: hashOf(node) });
    expect(node.deltas).toEqual([]);
  });

  it('resumes a node that reconnects with one merged delta, or without any', async () => {
    const before = connect();
    await before.until(() => before.revision === 1);
    const { held } = before;
    before.close();
    const id = randomUUID();
    for (const username of ['a', 'b', 'c']) await replica.commit(consumer(username, id));
    await replica.feed.refreshed(5_000);

    const after = connect({ held });
    await after.until(() => after.revision === 4);
    expect(after.frames).toMatchObject([
      { type: 'delta', fromRevision: 1, revision: 4, changes: [{ id, json: '{"username":"c"}' }] },
    ]);

    const same = connect({
      id: 'node-2',
      held: {
        epoch: held.epoch,
        revision: 4,
        setHash: after.frames[0]?.type === 'delta' ? after.frames[0].setHash : Buffer.alloc(0),
      },
    });
    await same.until(() => same.frames.length > 0);
    expect(same.frames).toMatchObject([{ type: 'heartbeat', revision: 4 }]);
  });

  it.each<[string, (held: FixtureNode['held']) => FixtureNode['held']]>([
    ['another set hash', (held) => ({ ...held, setHash: Buffer.alloc(32) })],
    ['another database', (held) => ({ ...held, epoch: randomUUID() })],
    ['a revision from the future', (held) => ({ ...held, revision: 99 })],
  ])('sends a snapshot to a node that comes back with %s', async (_, alter) => {
    const before = connect();
    await before.until(() => before.revision === 1);
    const after = connect({ id: 'node-2', held: alter(before.held) });
    await after.until(() => after.revision === 1);
    expect(after.frames).toMatchObject([{ type: 'snapshot', revision: 1 }]);
  });

  it('sends a snapshot when a node reports that its set hash differs', async () => {
    const node = connect();
    await node.until(() => node.revision === 1);
    node.hello();
    await node.until(() => node.frames.length === 2);
    expect(node.frames).toMatchObject([{ type: 'snapshot' }, { type: 'snapshot' }]);
  });

  it('merges what a slow node missed into one delta, and queues nothing more for it', async () => {
    const slow = connect();
    const quick = connect({ id: 'node-2' });
    await slow.until(() => slow.revision === 1);
    slow.call.pause();
    const id = randomUUID();
    // More than the buffers of both sides.
    for (let round = 1; round <= 60; round++) {
      const last = await replica.commit({
        kind: 'consumer',
        id,
        spec: { username: `${round}-${'x'.repeat(200_000)}` },
      });
      await quick.until(() => quick.revision === last);
    }
    expect(quick.deltas.length).toBe(60);
    slow.call.resume();
    await slow.until(() => slow.revision === 61);
    expect(slow.deltas.length).toBeLessThan(40);
    expect(slow.deltas.some(({ fromRevision, revision }) => revision - fromRevision > 10)).toBe(
      true,
    );
    expect(slow.deltas.every(({ changes }) => changes.length === 1)).toBe(true);
    expect(hashOf(slow)).toEqual(hashOf(quick));
  });

  it.each<[string, FixtureNodeOptions, status, RegExp]>([
    ['no token', { token: '' }, status.UNAUTHENTICATED, /SLUICE_NODE_TOKEN/],
    ['a wrong token', { token: 'wrong' }, status.UNAUTHENTICATED, /SLUICE_NODE_TOKEN/],
    [
      'a gateway that does not exist',
      { gateway: 'nowhere' },
      status.NOT_FOUND,
      /no gateway "nowhere"/,
    ],
    ['an invalid node id', { id: 'a b' }, status.INVALID_ARGUMENT, /SLUICE_NODE_ID/],
  ])('refuses %s, and says what to do', async (_, options, code, message) => {
    const node = connect(options);
    await node.until(() => node.error !== undefined);
    expect(node.error).toMatchObject({ code, message: expect.stringMatching(message) });
    expect(node.frames).toEqual([]);
  });

  it('refuses a second hello of another node', async () => {
    const node = connect();
    await node.until(() => node.revision === 1);
    node.hello(node.held, 'other');
    await node.until(() => node.error !== undefined);
    expect(node.error).toMatchObject({ code: status.INVALID_ARGUMENT });
  });

  it('keeps the newer of two streams of one node', async () => {
    const older = connect();
    await older.until(() => older.revision === 1);
    const newer = connect();
    await older.until(() => older.error !== undefined);
    expect(older.error).toMatchObject({ code: status.ABORTED });
    await newer.until(() => newer.revision === 1);
    const last = await replica.commit(consumer('x'));
    await newer.until(() => newer.revision === last);
  });

  it('ends the streams of a deleted gateway', async () => {
    const node = connect({ gateway: 'internal' });
    await node.until(() => node.revision === 1);
    await replica.commit({ kind: 'gateway', id: internal, spec: null });
    await node.until(() => node.error !== undefined);
    expect(node.error).toMatchObject({
      code: status.NOT_FOUND,
      message: expect.stringMatching(/gateway was deleted/),
    });
  });

  it('sends a drain when it stops, and resumes nodes after a restart', async () => {
    const node = connect();
    await node.until(() => node.revision === 1);
    const { port } = replica;
    await replicas.pop()?.stop();
    await node.until(() => node.frames.at(-1)?.type === 'drain');
    replica = await startReplica({ port });
    const last = await replica.commit(consumer('x'));
    const back = connect({ held: node.held });
    await back.until(() => back.revision === last);
    // The new process has only the deltas since its start.
    expect(back.frames[0]?.type).toBe('delta');
  });

  it('limits the wait for a hello', async () => {
    const impatient = await startReplica({ helloMs: 100 });
    const node = connect({ saysHello: false }, impatient);
    await node.until(() => node.error !== undefined);
    expect(node.error).toMatchObject({ code: status.DEADLINE_EXCEEDED });
  });

  it('refuses frames before the hello', async () => {
    const node = connect({ saysHello: false });
    node.send({ type: 'ack', revision: 1, quarantined: [] });
    await node.until(() => node.error !== undefined);
    expect(node.error).toMatchObject({
      code: status.INVALID_ARGUMENT,
      message: expect.stringMatching(/first frame must be a hello/),
    });
  });

  it('bounds the number of streams', async () => {
    const small = await startReplica({ maxStreams: 1 });
    const first = connect({}, small);
    await first.until(() => first.revision === 1);
    const second = connect({ id: 'node-2' }, small);
    await second.until(() => second.error !== undefined);
    expect(second.error).toMatchObject({ code: status.RESOURCE_EXHAUSTED });
  });

  it('accepts many nodes at once, and encodes the snapshot once', async () => {
    const view = replica.feed.view(gateway);
    const snapshot = await view?.snapshot();
    const crowd = Array.from({ length: 100 }, (_, index) => connect({ id: `node-${index}` }));
    await Promise.all(crowd.map((node) => node.until(() => node.revision === 1)));
    expect(await view?.snapshot()).toBe(snapshot);
    const last = await replica.commit(consumer('x'));
    await Promise.all(crowd.map((node) => node.until(() => node.revision === last)));
  });

  it('sends the same deltas from every replica', async () => {
    const second = await startReplica();
    const [here, there] = [connect(), connect({ id: 'node-2' }, second)];
    await Promise.all([here, there].map((node) => node.until(() => node.revision === 1)));
    await replica.commit(consumer('x'));
    const last = await second.commit(consumer('y'));
    await Promise.all([here, there].map((node) => node.until(() => node.revision === last)));
    expect(there.deltas).toEqual(here.deltas);
  });
});
