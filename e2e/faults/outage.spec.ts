import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startPostgres, type EmbeddedPostgres } from '../../scripts/embedded/postgres.ts';
import { applied, registerService } from '../harness/configure.ts';
import { Load } from '../harness/load.ts';
import { Origin } from '../harness/origin.ts';
import { Stack } from '../harness/stack.ts';

describe('an outage of the control plane', () => {
  const started = new AsyncDisposableStack();
  let folder: string;
  let postgres: EmbeddedPostgres;
  let stack: Stack;
  let origin: Origin;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sluice-outage-'));
    started.defer(() => rm(folder, { recursive: true, force: true }));
    postgres = await startPostgres({ dataDir: folder, database: 'sluice' });
    started.defer(() => postgres.stop());
    origin = started.use(await Origin.start('orders'));
    stack = started.use(await Stack.start({ proxies: 2, databaseUrl: postgres.url }));
    await registerService(stack.admin, 'orders', [origin.address]);
  }, 90_000);
  afterAll(() => started.disposeAsync());

  it('kill -9 of control plane and Postgres under traffic: no request fails and no acknowledged write is lost', async () => {
    const load = new Load({
      url: () => `${stack.proxies[Math.random() < 0.5 ? 0 : 1]?.url ?? ''}/orders/1`,
      connections: 4,
    });
    const acknowledged: string[] = [];
    for (let round = 1; round <= 3; round++) {
      const writers = writeUntilItFails(stack, `round-${round}`, acknowledged);
      await sleep(700);
      if (round === 2) await postgres.kill();
      await stack.controlPlane.process.end('SIGKILL');
      if (round !== 2) await postgres.kill();
      await writers;
      // The last outage is longer than the silence after which a write no longer waits for a node.
      await sleep(round === 3 ? 6_000 : 300);
      await postgres.restart();
      await stack.controlPlane.process.start(`${stack.controlPlane.url}/readyz`);
    }
    const report = await load.stop();
    expect(report.faults).toEqual(new Map());
    expect([...report.statuses.keys()]).toEqual([200]);

    expect(acknowledged.length).toBeGreaterThan(10);
    for (const name of acknowledged) {
      expect((await stack.admin.request('GET', `/v1/consumers/${name}`)).status).toBe(200);
    }
    // The nodes reconnect and apply revisions again; a write before that waits for them.
    await stack.admin.routes.create(
      {
        name: 'after',
        paths: ['/after'],
        policies: [{ name: 'static-response', config: { status: 204 } }],
      },
      applied,
    );
    for (const { url } of stack.proxies) expect((await fetch(`${url}/after`)).status).toBe(204);
  }, 120_000);

  it('a control plane that loses only its database answers 503 and recovers by itself', async () => {
    await postgres.kill();
    const answer = await stack.admin.request('POST', '/v1/consumers', {
      content: { username: 'refused' },
    });
    expect(answer.status).toBe(503);
    expect(answer.body).toMatchObject({ code: 'database_unavailable' });
    await postgres.restart();
    await stack.controlPlane.process.waitFor(`${stack.controlPlane.url}/readyz`);
    await stack.admin.consumers.create({ username: 'accepted' }, applied);
  }, 60_000);

  it('a proxy restarted without a control plane serves from its last good configuration', async () => {
    const [node] = stack.proxies;
    if (node === undefined) throw new Error('no proxy');
    await stack.controlPlane.process.end('SIGKILL');
    await node.process.end('SIGTERM');
    await node.process.start(`${node.statusUrl}/readyz`);
    expect((await fetch(`${node.url}/orders/2`)).status).toBe(200);
    expect(await (await fetch(`${node.statusUrl}/readyz`)).json()).toMatchObject({
      status: 'ready',
      source: 'last-good',
    });

    const fresh = await stack.addProxy({}, false);
    await fresh.process.waitFor(`${fresh.statusUrl}/livez`);
    await sleep(1500);
    const ready = await fetch(`${fresh.statusUrl}/readyz`);
    expect(ready.status).toBe(503);
    expect(JSON.stringify(await ready.json())).toMatch(/no configuration/i);
    expect((await fetch(`${fresh.url}/orders/2`)).status).toBe(503);

    await stack.controlPlane.process.start(`${stack.controlPlane.url}/readyz`);
    await fresh.process.waitFor(`${fresh.statusUrl}/readyz`);
    expect((await fetch(`${fresh.url}/orders/2`)).status).toBe(200);
  }, 90_000);
});

/** Two writers that create consumers until a write is not acknowledged. */
async function writeUntilItFails(
  stack: Stack,
  prefix: string,
  acknowledged: string[],
): Promise<void> {
  const writer = async (which: string): Promise<void> => {
    for (let count = 0; count < 5000; count++) {
      const username = `${prefix}-${which}-${count}`;
      const status = await stack.admin
        .request('POST', '/v1/consumers', { content: { username } })
        .then(
          (answer) => answer.status,
          () => 0,
        );
      if (status !== 201) return;
      acknowledged.push(username);
    }
  };
  await Promise.all([writer('a'), writer('b')]);
}
