import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { status } from '@grpc/grpc-js';
import { createTestDatabase } from '@sluice/testkit';
import type { TestDatabase } from '@sluice/testkit';
import type { ConfigFault, NodeFrame } from '@sluice/wire';
import { FixtureNode } from '../testing/fixture-node.ts';
import type { FixtureNodeOptions } from '../testing/fixture-node.ts';
import { Replica } from '../testing/replica.ts';

let database: TestDatabase;
let replica: Replica;
const nodes: FixtureNode[] = [];
const replicas: Replica[] = [];
const [gateway, route] = [randomUUID(), randomUUID()];
let rounds = 0;

const startReplica = async (): Promise<Replica> => {
  const started = await Replica.start(database.url);
  replicas.push(started);
  return started;
};

async function connect(
  id: string,
  options: FixtureNodeOptions = {},
  to = replica,
): Promise<FixtureNode> {
  const node = new FixtureNode(to.port, { id, ...options });
  nodes.push(node);
  await node.until(() => node.revision > 0 || node.error !== undefined);
  return node;
}

const change = (): Promise<number> =>
  replica.commit({ kind: 'route', id: route, spec: { name: `r${rounds++}`, gateways: [gateway] } });
const stateOf = async (id: string) =>
  (await replica.nodes.list(undefined, 100)).find((node) => node.id === id);

beforeEach(async () => {
  database = await createTestDatabase();
  replica = await startReplica();
  await replica.commit({ kind: 'gateway', id: gateway, spec: { name: 'default' } });
});

afterEach(async () => {
  for (const node of nodes.splice(0)) node.close();
  await Promise.all(replicas.splice(0).map((one) => one.stop()));
  await database.drop();
});

describe('a claim of a node', () => {
  const bad = 'a\u0000b\ud800c';
  const fault: ConfigFault = {
    kind: bad,
    id: bad,
    name: bad,
    pointer: `/${bad}`,
    code: bad,
    reason: bad.repeat(5_000),
  };

  it.each<[string, (revision: number) => NodeFrame]>([
    [
      'a nack',
      (revision) => ({ type: 'nack', revision, faults: Array.from({ length: 300 }, () => fault) }),
    ],
    ['an ack', (revision) => ({ type: 'ack', revision, quarantined: [fault] })],
    [
      'a status',
      () => ({
        type: 'status',
        draining: false,
        appliedRevision: 1,
        targets: [{ service: bad, address: bad.repeat(1_000), healthy: false }],
      }),
    ],
  ])(
    'cannot stop the state of other nodes from being written: %s with text that the database refuses',
    async (_, frameOf) => {
      const second = await startReplica();
      const strange = await connect('strange', { acks: false });
      strange.send({ type: 'ack', revision: strange.revision, quarantined: [] });
      const plain = await connect('plain');
      const revision = await change();
      await Promise.all(
        [strange, plain].map((node) => node.until(() => node.revision === revision)),
      );
      strange.send(frameOf(revision));
      // Read through the rows, as another replica does.
      const report = await second.nodes.wait(revision, 3_000);
      expect(report.nodes.find(({ id }) => id === 'plain')).toMatchObject({
        outcome: 'applied',
        appliedRevision: revision,
      });
      const shown =
        JSON.stringify((await second.nodes.find('strange'))?.faults ?? []) +
        JSON.stringify((await second.nodes.find('strange'))?.targets);
      expect(shown).not.toMatch(/\\u0000|\\ud800/);
      expect(shown.length).toBeLessThan(1_000_000);
      expect(replica.log.lines.join('')).not.toContain('could not write the state');
    },
  );

  it('affects only its own row when the database refuses it, and is logged once', async () => {
    await connect('a');
    await connect('b');
    await replica.database.query(
      "ALTER TABLE node ADD CONSTRAINT refused CHECK (id <> 'b' OR nacked_revision IS NULL) NOT VALID",
    );
    const [a, b] = nodes as [FixtureNode, FixtureNode];
    b.call.removeAllListeners('data');
    const revision = await change();
    await a.until(() => a.revision === revision);
    b.nack(revision, { id: route });
    const second = await startReplica();
    await replica.nodes.wait(revision, 2_000);
    for (
      let attempt = 0;
      attempt < 100 && (await second.nodes.find('a'))?.appliedRevision !== revision;
      attempt++
    )
      await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await second.nodes.find('a')).toMatchObject({
      state: 'live',
      appliedRevision: revision,
    });
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    expect(
      replica.log.lines.filter((line) => line.includes('the state of a node cannot be stored')),
    ).toHaveLength(1);
  });

  it.each<[string, (head: number) => NodeFrame]>([
    [
      'acknowledges a revision beyond the newest',
      (head) => ({ type: 'ack', revision: head + 1_000_000, quarantined: [] }),
    ],
    [
      'acknowledges the next revision',
      (head) => ({ type: 'ack', revision: head + 1, quarantined: [] }),
    ],
    [
      'refuses a revision beyond the newest',
      (head) => ({ type: 'nack', revision: head + 1, faults: [] }),
    ],
    [
      'refuses the largest revision',
      () => ({ type: 'nack', revision: Number.MAX_SAFE_INTEGER, faults: [] }),
    ],
    [
      'serves with a revision beyond the newest',
      (head) => ({ type: 'status', draining: false, targets: [], appliedRevision: head + 5 }),
    ],
    ['acknowledges revision 0', () => ({ type: 'ack', revision: 0, quarantined: [] })],
  ])(
    'that %s ends the stream with an error; waits continue, and the node gets a snapshot',
    async (_, frameOf) => {
      await connect('honest');
      const liar = await connect('liar');
      const before = await change();
      await liar.until(() => liar.revision === before);
      expect(await replica.nodes.wait(before, 5_000)).toMatchObject({ status: 'applied' });
      liar.send(frameOf(before));
      await liar.until(() => liar.error !== undefined);
      expect(liar.error).toMatchObject({
        code: status.INVALID_ARGUMENT,
        message: expect.stringMatching(/node "liar" .*reconnect for a snapshot/),
      });
      const back = await connect('liar', { held: liar.held });
      expect(back.frames[0]).toMatchObject({ type: 'snapshot' });
      const after = await change();
      expect(await replica.nodes.wait(after, 5_000)).toMatchObject({
        status: 'applied',
        nodes: [
          { id: 'honest', outcome: 'applied' },
          { id: 'liar', outcome: 'applied' },
        ],
      });
      expect(await stateOf('liar')).toMatchObject({ appliedRevision: after, nackedRevision: null });
    },
  );

  it('may be repeated', async () => {
    const node = await connect('twice');
    const revision = await change();
    await node.until(() => node.revision === revision);
    node.send({ type: 'ack', revision, quarantined: [] });
    const next = await change();
    expect(await replica.nodes.wait(next, 5_000)).toMatchObject({ status: 'applied' });
    expect(node.error).toBeUndefined();
  });
});

describe('two nodes with the same id', () => {
  const [one, other] = [randomUUID(), randomUUID()];

  it.each(['one replica', 'two replicas'])(
    'the second is refused with an error, on %s; the first continues',
    async (where) => {
      const second = where === 'one replica' ? replica : await startReplica();
      const first = await connect('same', { bootId: one });
      const late = await connect('same', { bootId: other }, second);
      expect(late.error).toMatchObject({
        code: status.ALREADY_EXISTS,
        message: expect.stringMatching(
          /another node with the id "same" is connected.*SLUICE_NODE_ID/,
        ),
      });
      expect(late.frames).toEqual([]);
      const revision = await change();
      expect(await second.nodes.wait(revision, 5_000)).toMatchObject({
        status: 'applied',
        nodes: [{ id: 'same', appliedRevision: revision }],
      });
      expect(first.error).toBeUndefined();
      expect(
        second.log.lines.filter((line) => line.includes('refused a second node')),
      ).toHaveLength(1);
    },
  );

  it.each(['one replica', 'two replicas'])(
    'a process that reconnects supersedes its own older stream, on %s',
    async (where) => {
      const second = where === 'one replica' ? replica : await startReplica();
      const first = await connect('same', { bootId: one });
      const again = await connect('same', { bootId: one }, second);
      await first.until(() => first.error !== undefined);
      expect(first.error).toMatchObject({ code: status.ABORTED });
      const revision = await change();
      await again.until(() => again.revision === revision);
    },
  );

  it.each(['one replica', 'two replicas'])(
    'a restarted node is accepted at once, on %s',
    async (where) => {
      const second = where === 'one replica' ? replica : await startReplica();
      const first = await connect('same', { bootId: one });
      first.close();
      for (let attempt = 0; attempt < 100; attempt++) {
        const [row] = await replica.database.query<{ is_connected: boolean }>(
          'SELECT is_connected FROM node',
        );
        if (row?.is_connected === false) break;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      const again = await connect('same', { bootId: other }, second);
      expect(again.error).toBeUndefined();
    },
  );

  it('a silent node loses its id within seconds', async () => {
    await connect('same', { bootId: one });
    const startedAt = performance.now();
    let next = await connect('same', { bootId: other });
    while (next.error !== undefined && performance.now() - startedAt < 10_000) {
      await new Promise((resolve) => setTimeout(resolve, 250));
      next = await connect('same', { bootId: other });
    }
    expect(next.error).toBeUndefined();
    expect(performance.now() - startedAt).toBeGreaterThan(2_000);
  });

  it('the id of a node whose replica stopped can be taken over once its row is old', async () => {
    await connect('same', { bootId: one });
    await replica.database.query(
      "UPDATE node SET replica = $1, last_seen_at = now() - interval '4 seconds'",
      [randomUUID()],
    );
    const second = await startReplica();
    const next = await connect('same', { bootId: other }, second);
    expect(next.error).toBeUndefined();
  });
});

describe('a gateway that is deleted while nodes serve it', () => {
  it('sends them the deletion and waits for their answers', async () => {
    const doomed = randomUUID();
    await replica.commit({ kind: 'gateway', id: doomed, spec: { name: 'doomed' } });
    const elsewhere = await startReplica();
    const refusing = await connect('refusing', { gateway: 'doomed', acks: false });
    refusing.send({ type: 'ack', revision: refusing.revision, quarantined: [] });
    const obeying = await connect('obeying', { gateway: 'doomed' }, elsewhere);
    await connect('bystander');
    const revision = await replica.commit({ kind: 'gateway', id: doomed, spec: null });
    const waiting = replica.nodes.wait(revision, 5_000);
    await refusing.until(() => refusing.revision === revision);
    expect(refusing.deltas.at(-1)).toMatchObject({
      revision,
      changes: [{ kind: 'gateway', id: doomed, json: '' }],
    });
    refusing.nack(revision, {
      kind: 'gateway',
      id: doomed,
      name: 'doomed',
      code: 'unknown_gateway',
    });
    const report = await waiting;
    expect(report.status).toBe('rejected');
    expect(report.nodes.find(({ id }) => id === 'refusing')).toMatchObject({
      gateway: 'doomed',
      outcome: 'rejected',
      faults: [{ code: 'unknown_gateway' }],
    });
    expect(report.nodes.map(({ id }) => id)).not.toContain('bystander');
    await Promise.all(
      [refusing, obeying].map((node) => node.until(() => node.error !== undefined)),
    );
    for (const { error } of [refusing, obeying])
      expect(error).toMatchObject({
        code: status.NOT_FOUND,
        message: expect.stringMatching(/gateway was deleted/),
      });
  });

  it('limits the wait for a silent node', async () => {
    const doomed = randomUUID();
    await replica.commit({ kind: 'gateway', id: doomed, spec: { name: 'doomed' } });
    const silent = await connect('silent', { gateway: 'doomed', acks: false });
    await replica.commit({ kind: 'gateway', id: doomed, spec: null });
    await silent.until(() => silent.error !== undefined);
    expect(silent.error).toMatchObject({ code: status.NOT_FOUND });
  });
});
