import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { AdminResponse } from '@sluice/admin-client';
import { waitUntil } from '../../scripts/process/wait-until.ts';
import { registerService } from '../harness/configure.ts';
import { fresh } from '../harness/fresh.ts';
import { Load } from '../harness/load.ts';
import { Origin } from '../harness/origin.ts';
import { Fleet } from './fleet.ts';
import type { FleetControlPlane, FleetNode } from './fleet.ts';
import { buildLaterRelease, laterVersion } from './later-release.ts';
import { SteadyWrites } from './steady-writes.ts';

const patienceMs = 240_000;
const applied = '?wait=applied&timeout=10s';

type Content = Readonly<Record<string, unknown>>;

/** Sends a write and returns its answer; fails when the status is another one. */
async function send(
  { admin, name }: FleetControlPlane,
  method: string,
  path: string,
  content: Content | undefined,
  status: number,
): Promise<Content> {
  const answer: AdminResponse = await admin.request(
    method,
    path,
    content === undefined ? {} : { content },
  );
  if (answer.status !== status)
    throw new Error(`${name}: ${method} ${path} ${answer.status} ${JSON.stringify(answer.body)}`);
  return answer.body as Content;
}

describe('a rolling upgrade', () => {
  const started = new AsyncDisposableStack();
  let fleet: Fleet;
  let later: string;

  beforeAll(async () => {
    fleet = started.use(await Fleet.start());
    later = `${fleet.folder}/later`;
    await buildLaterRelease(later);
  }, patienceMs);
  afterAll(() => started.disposeAsync());

  const nodesSeen = async (controlPlane: FleetControlPlane): Promise<readonly Content[]> =>
    (await send(controlPlane, 'GET', '/v1/nodes', undefined, 200))['data'] as Content[];

  it(
    'of control planes and nodes fails no request, loses no write, and refuses no snapshot',
    async () => {
      const [controlA, controlB] = fleet.controlPlanes;
      const [node1, node2] = fleet.nodes;
      const origin = started.use(await Origin.start('origin'));
      await registerService(controlA.admin, 'shop', [origin.address]);
      await controlA.admin.consumers.create({ username: 'steady' });
      const writes = new SteadyWrites(fleet.controlPlanes, 'steady');
      let turn = 0;
      const load = new Load({
        // As a load balancer does: a node that is stopping gets no new requests.
        url: () => {
          const up = fleet.nodes.filter(({ isUp }) => isUp);
          return `${up[turn++ % up.length]?.url ?? ''}/shop/item`;
        },
        connections: 4,
        retriesRefusedConnections: true,
      });
      // Both stop before the fleet does when an expectation fails.
      started.defer(async () => {
        await Promise.all([load.stop(), writes.stop()]);
      });
      const everyNodeServes = async (path: string): Promise<void> => {
        for (const { url } of fleet.nodes) expect((await fresh(url + path)).status).toBe(200);
      };

      // 1. The control planes first. One is of the later release now.
      await controlB.replace(later);
      const route = '/v1/routes/shop';
      expect(
        await send(controlB, 'PATCH', `${route}${applied}`, { note: 'one' }, 200),
      ).toMatchObject({
        note: 'one',
      });
      await everyNodeServes('/shop/a');
      // The older control plane shows the property, and keeps it over PATCH and PUT.
      expect(await send(controlA, 'GET', route, undefined, 200)).toMatchObject({ note: 'one' });
      const patched = await send(controlA, 'PATCH', `${route}${applied}`, { tags: ['old'] }, 200);
      expect(patched).toMatchObject({ note: 'one', tags: ['old'] });
      const shown = await send(controlA, 'GET', route, undefined, 200);
      expect(await send(controlA, 'PUT', `${route}${applied}`, shown, 200)).toMatchObject({
        note: 'one',
      });
      const { note: _note, ...without } = shown;
      await send(controlA, 'PUT', `${route}${applied}`, { ...without, tags: ['put'] }, 200);
      expect(await send(controlB, 'GET', route, undefined, 200)).toMatchObject({
        note: 'one',
        tags: ['put'],
      });
      // A property in the middle of a list, whose place in the representation differs: one ETag.
      const service = '/v1/services/shop';
      const targets = [{ address: origin.address, zone: 'z' }];
      await send(controlB, 'PATCH', `${service}${applied}`, { targets }, 200);
      const etags = await Promise.all(
        fleet.controlPlanes.map(async ({ admin }) =>
          (await admin.request('GET', service)).headers.get('etag'),
        ),
      );
      expect(etags[0]).toBe(etags[1]);
      await send(controlA, 'PATCH', `${service}${applied}`, { tags: ['zoned'] }, 200);
      expect(await send(controlB, 'GET', service, undefined, 200)).toMatchObject({
        targets,
        tags: ['zoned'],
      });
      await everyNodeServes('/shop/zoned');
      // It does not change the property, and says why.
      for (const note of ['two', null]) {
        const { errors } = await send(controlA, 'PATCH', route, { note }, 400);
        expect(errors).toEqual([
          { pointer: '/note', detail: expect.stringContaining('later release') },
        ]);
      }
      // A kind that it does not know is refused while it is connected.
      const refused = await send(controlB, 'POST', '/v1/gadgets', { name: 'g' }, 409);
      expect(refused).toMatchObject({
        code: 'control_plane_outdated',
        detail: expect.stringMatching(/gadget .*version 0\.\d+\.\d+.*update or stop/),
      });

      // 2. The other control plane. From now on, the new kind can be used; the nodes are older.
      await controlA.replace(later);
      await send(controlA, 'POST', `/v1/gadgets${applied}`, { name: 'g', label: 'x' }, 201);
      await send(controlB, 'PATCH', `/v1/gadgets/g${applied}`, { label: 'y' }, 200);
      await send(controlA, 'PATCH', `${route}${applied}`, { note: 'two' }, 200);
      await everyNodeServes('/shop/b');

      // 3. The nodes, one by one.
      await replaceNode(controlA, node1);
      const [first, second] = await nodesSeen(controlA);
      expect(first).toMatchObject({
        id: 'node-1',
        version: laterVersion,
        schemaLevel: 2,
        kinds: expect.arrayContaining(['gadget']),
      });
      expect(second).toMatchObject({ id: 'node-2', schemaLevel: 1 });
      expect(second?.['kinds']).not.toContain('gadget');
      await send(controlB, 'PATCH', `${route}${applied}`, { note: 'three' }, 200);
      await everyNodeServes('/shop/c');
      // What an older node must not ignore is refused by it, and served by the newer one.
      await strictServiceIsServedByNewNodesOnly(controlA, origin.address, node1, node2);
      await replaceNode(controlA, node2);
      await everyNodeServes('/strict/a');

      // 4. Back to this release: a control plane first, although there are gadgets.
      await controlB.replace(undefined);
      const names = await send(
        controlB,
        'PATCH',
        `${route}?wait=applied&timeout=10s`,
        { tags: ['back'] },
        200,
      );
      expect(names).toMatchObject({ note: 'three', tags: ['back'] });
      expect((await nodesSeen(controlA)).map(({ state }) => state)).toEqual(['live', 'live']);
      expect(controlB.log).not.toMatch(/"level":"error"/);
      await send(controlB, 'GET', '/v1/gadgets', undefined, 404);
      expect(await send(controlA, 'GET', '/v1/gadgets/g', undefined, 200)).toMatchObject({
        label: 'y',
      });
      await send(controlB, 'GET', '/v1/revisions?limit=100', undefined, 200);
      await controlB.replace(later);

      const tags = await writes.stop();
      expect(writes.faults).toEqual([]);
      expect(writes.written).toBeGreaterThan(50);
      for (const controlPlane of fleet.controlPlanes)
        expect(
          (await send(controlPlane, 'GET', '/v1/consumers/steady', undefined, 200))['tags'],
        ).toEqual(tags);
      const { faults, statuses } = await load.stop();
      expect([faults, [...statuses.keys()]]).toEqual([new Map(), [200]]);
      for (const { log } of fleet.nodes)
        expect(
          log
            .split('\n')
            .filter((line) => line.includes('refused a revision') && !line.includes('"/guard"')),
        ).toEqual([]);
    },
    patienceMs,
  );

  /** A node is ready with its last good configuration, before it is connected. */
  async function replaceNode(controlPlane: FleetControlPlane, node: FleetNode): Promise<void> {
    await node.replace(later);
    await waitUntil(
      `${node.name} is connected`,
      async () => {
        const seen = await nodesSeen(controlPlane);
        return seen.some(({ id, version }) => id === node.name && version === laterVersion);
      },
      20_000,
    );
  }

  async function strictServiceIsServedByNewNodesOnly(
    controlPlane: FleetControlPlane,
    address: string,
    newer: FleetNode,
    older: FleetNode,
  ): Promise<void> {
    const targets = [{ address }];
    await send(controlPlane, 'POST', '/v1/services', { name: 'strict', targets, guard: 'x' }, 201);
    const content = { name: 'strict', paths: ['/strict/*'], service: 'strict' };
    await send(controlPlane, 'POST', '/v1/routes', content, 201);
    await waitUntil(
      'the newer node serves the service, and the older one refuses it',
      async () =>
        (await fresh(`${newer.url}/strict/a`)).status === 200 &&
        (await fresh(`${older.url}/strict/a`)).status === 503,
      20_000,
    );
  }
});
