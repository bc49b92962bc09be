import { setTimeout as sleep } from 'node:timers/promises';
import { SetupError } from '@sluice/errors';
import { describe, expect, it } from '@jest/globals';
import { FixtureNode } from './testing/fixture-node.ts';
import { fixtureToken } from './testing/replica.ts';
import { startTestControlPlane } from './testing/test-control-plane.ts';

describe('the control plane', () => {
  it('finishes the requests in flight before it stops', async () => {
    const api = await startTestControlPlane();
    await api.sql('BEGIN');
    await api.sql('SELECT 1 FROM config_head FOR UPDATE');
    const write = api.put('/v1/groups/under-way', {});
    const waiting =
      "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    for (let tries = 0; tries < 100 && (await api.sql(waiting)).length === 0; tries += 1)
      await sleep(10);
    const stopped = api.stop();
    await sleep(50);
    await expect(fetch(new URL('/livez', api.url))).rejects.toThrow();
    await api.sql('COMMIT');
    expect((await write).status).toBe(201);
    await stopped;
    expect(await api.sql("SELECT 1 FROM resource WHERE name = 'under-way'")).toHaveLength(1);
    await api.close();
  });

  it('writes the state of its nodes while it stops, before the database is closed', async () => {
    const api = await startTestControlPlane({ SLUICE_NODE_TOKEN: fixtureToken });
    const port = Number(/"stream":"[^"]*:(\d+)"/.exec(api.log())?.[1]);
    const node = new FixtureNode(port, { id: 'stopping' });
    await node.until(() => node.revision > 0);
    await api.stop();
    expect(await api.sql("SELECT is_connected FROM node WHERE id = 'stopping'")).toEqual([
      { is_connected: false },
    ]);
    expect(api.log()).not.toContain('could not write the state of the nodes');
    node.close();
    await api.close();
  });

  it('runs several times in one process, each time with a separate database', async () => {
    const [first, second] = await Promise.all([startTestControlPlane(), startTestControlPlane()]);
    await first.post('/v1/tokens', { name: 'of-the-first', role: 'viewer' });
    expect((await second.get('/v1/tokens')).body.data).toEqual([]);
    await first.close();
    expect((await second.post('/v1/tokens', { name: 'later', role: 'viewer' })).status).toBe(201);
    const third = await startTestControlPlane();
    expect((await third.get('/v1/tokens')).body.data).toEqual([]);
    expect(`${second.log()}${third.log()}`).not.toMatch(/already registered|Unable to connect/);
    await Promise.all([second.close(), third.close()]);
  });

  it('reports an unreachable database with advice, and waits no longer than configured', async () => {
    const startedAt = performance.now();
    const attempt = startTestControlPlane({
      DATABASE_URL: 'postgres://u:very-secret@127.0.0.1:1/x',
      SLUICE_DATABASE_WAIT_MS: '0',
    });
    await expect(attempt).rejects.toThrow(SetupError);
    await expect(attempt).rejects.toThrow(/cannot be used: .*ECONNREFUSED.*Check DATABASE_URL/s);
    await expect(attempt).rejects.not.toThrow(/very-secret/);
    expect(performance.now() - startedAt).toBeLessThan(10_000);
  });

  it('names the port that is in use or the address that does not exist, and the setting', async () => {
    const api = await startTestControlPlane();
    const port = new URL(api.url).port;
    const again = startTestControlPlane({ DATABASE_URL: api.databaseUrl, SLUICE_ADMIN_PORT: port });
    await expect(again).rejects.toThrow(SetupError);
    await expect(again).rejects.toThrow(
      `Port ${port} on 127.0.0.1 is in use. Stop the process that listens there, or set SLUICE_ADMIN_PORT to another port.`,
    );
    const elsewhere = startTestControlPlane({
      DATABASE_URL: api.databaseUrl,
      SLUICE_ADMIN_HOST: '192.0.2.1',
    });
    await expect(elsewhere).rejects.toThrow(
      '192.0.2.1 is not an address of this machine. Set SLUICE_ADMIN_HOST',
    );
    await api.close();
  });
});
