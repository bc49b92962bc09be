import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { exposition } from '@sluice/telemetry';
import type { Database } from '../../../platform/database/database.ts';
import { ControlPlaneMetrics } from '../../../platform/metrics/control-plane-metrics.ts';
import { FixtureNode } from '../../../testing/fixture-node.ts';
import { fixtureToken } from '../../../testing/replica.ts';
import { startTestControlPlane } from '../../../testing/test-control-plane.ts';
import type { TestControlPlane } from '../../../testing/test-control-plane.ts';
import { CredentialExpiry } from './credential-expiry.ts';
import { CredentialUsageRepository } from './credential-usage.repository.ts';

const dayMs = 86_400_000;
const inDays = (days: number): string => new Date(Date.now() + days * dayMs).toISOString();

describe('the last use of a credential', () => {
  let api: TestControlPlane;
  let node: FixtureNode;

  beforeAll(async () => {
    api = await startTestControlPlane({ SLUICE_NODE_TOKEN: fixtureToken });
    const port = Number(/"stream":"127\.0\.0\.1:(\d+)"/.exec(api.log())?.[1]);
    node = new FixtureNode(port);
    await node.until(() => node.revision > 0);
    for (const consumer of ['acme', 'hooli']) await api.put(`/v1/consumers/${consumer}`, {});
  });
  afterAll(async () => {
    node.close();
    await api.close();
  });

  async function create(consumer: string, name: string, more: object = {}): Promise<string> {
    const { body } = await api.post(`/v1/consumers/${consumer}/keys`, { name, ...more });
    return String(body['id']);
  }
  const report = (...uses: { credentialId: string; secondsAgo: number }[]): void =>
    node.send({ type: 'credentialReport', uses, rehashes: [] });
  /** Waits until a condition holds; uses are stored every two seconds. */
  async function until(condition: () => Promise<boolean>): Promise<void> {
    const deadline = performance.now() + 30_000;
    while (!(await condition())) {
      if (performance.now() > deadline) throw new Error('the uses were not stored');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  const namesAt = async (path: string): Promise<unknown[]> =>
    ((await api.get(path)).body.data ?? []).map(({ name }) => name).sort();

  it('is stored from the reports of nodes, and shown on every path without a revision', async () => {
    const [used, deleted] = [await create('acme', 'used'), await create('acme', 'deleted')];
    await create('acme', 'idle');
    await api.delete('/v1/consumers/acme/keys/deleted');
    const consumer = String((await api.get('/v1/consumers/acme')).body['id']);
    const keys = '/v1/consumers/acme/keys';
    const before = await api.get(`${keys}/used`);
    const revisions = async () => (await api.get('/v1/revisions')).body.data?.length;
    const count = await revisions();
    report(
      { credentialId: 'not an id', secondsAgo: 0 },
      { credentialId: `${randomUUID()}'; DROP TABLE node; --`, secondsAgo: 0 },
      { credentialId: randomUUID(), secondsAgo: 0 },
      { credentialId: deleted, secondsAgo: 0 },
      { credentialId: consumer, secondsAgo: 0 },
      { credentialId: used, secondsAgo: 4_000_000_000 },
      { credentialId: used, secondsAgo: 600 },
      { credentialId: used, secondsAgo: 7_200 },
    );
    await until(async () => (await api.get(`${keys}/used`)).body['lastUsedAt'] !== undefined);
    const { body, headers } = await api.get(`${keys}/used`);
    const lastUsedAt = String(body['lastUsedAt']);
    const agoMs = Date.now() - Date.parse(lastUsedAt);
    expect(agoMs).toBeGreaterThan(595_000);
    expect(agoMs).toBeLessThan(660_000);
    const { lastUsedAt: _lastUsedAt, ...rest } = body;
    expect(rest).toEqual(before.body);
    expect(headers.get('etag')).toBe(before.headers.get('etag'));
    for (const path of ['/v1/credentials', '/v1/consumers/acme/credentials', keys])
      expect(
        (await api.get(path)).body.data?.map(({ name, lastUsedAt: at }) => [name, at]),
      ).toEqual(
        expect.arrayContaining([
          ['idle', undefined],
          ['used', lastUsedAt],
        ]),
      );
    expect(await revisions()).toBe(count);
    expect(await api.sql('SELECT credential FROM credential_usage')).toEqual([
      { credential: used },
    ]);
    // As it was read, and after it was used again.
    const written = { ...body, lastUsedAt: '2026-01-01T00:00:00.000Z', tags: ['x'] };
    expect((await api.patch(`${keys}/used`, written)).status).toBe(200);
    await api.delete(`${keys}/used`);
    expect(await api.sql('SELECT credential FROM credential_usage')).toEqual([]);
  });

  it('moves forward only, and by half a minute at least', async () => {
    const [id, other] = [await create('acme', 'moving'), await create('acme', 'witness')];
    const stored = async (): Promise<string | undefined> =>
      (
        await api.sql<{ at: string }>(
          'SELECT last_used_at::text AS at FROM credential_usage WHERE credential = $1',
          [id],
        )
      )[0]?.at;
    report({ credentialId: id, secondsAgo: 100 });
    await until(async () => (await stored()) !== undefined);
    const first = await stored();
    report(
      { credentialId: id, secondsAgo: 5_000 },
      { credentialId: id, secondsAgo: 95 },
      { credentialId: other, secondsAgo: 0 },
    );
    const path = '/v1/consumers/acme/keys/witness';
    await until(async () => (await api.get(path)).body['lastUsedAt'] !== undefined);
    expect(await stored()).toBe(first);
  });

  it('finds unused credentials, of one consumer and of all', async () => {
    const ids: Record<string, string> = {};
    for (const name of ['old', 'recent', 'never', 'fresh']) ids[name] = await create('hooli', name);
    const usedDaysAgo = (name: string, days: number): Promise<unknown> =>
      api.sql(`INSERT INTO credential_usage VALUES ($1, now() - $2 * interval '1 day')`, [
        ids[name],
        days,
      ]);
    await usedDaysAgo('old', 91);
    await usedDaysAgo('recent', 89);
    await api.sql(
      `UPDATE resource SET created_at = now() - interval '100 days' WHERE id = ANY($1::uuid[])`,
      [[ids['old'], ids['recent'], ids['never']]],
    );
    const keys = '/v1/consumers/hooli/keys';
    // Uses have been noted for a few seconds only: those before are not known.
    expect(await namesAt(`${keys}?unused=90d`)).toEqual([]);
    await api.sql(`UPDATE credential_usage_since SET since = now() - interval '95 days'`);
    expect(await namesAt(`${keys}?unused=90d`)).toEqual(['never', 'old']);
    expect(await namesAt('/v1/credentials?unused=90d')).toEqual(['never', 'old']);
    expect(await namesAt('/v1/consumers/hooli/credentials?unused=90d&type=key')).toEqual([
      'never',
      'old',
    ]);
    expect(await namesAt('/v1/credentials?unused=90d&type=basic')).toEqual([]);
    expect(await namesAt(`${keys}?unused=96d`)).toEqual([]);
    expect(await namesAt(`${keys}?unused=1h`)).toEqual(['never', 'old', 'recent']);
  });

  it('stands beside the expiry, by which lists and a metric find credentials', async () => {
    await create('acme', 'soon', { expiresAt: inDays(0.5) });
    await create('hooli', 'this-month', { expiresAt: inDays(20), disabled: true });
    await create('hooli', 'in-a-week', { expiresAt: inDays(6).replace('Z', '+00:00') });
    await create('hooli', 'next-year', { expiresAt: inDays(400) });
    const past = await create('hooli', 'past', { expiresAt: inDays(1) });
    await api.sql(
      `UPDATE resource SET spec = spec || '{"expiresAt": "2020-01-01T00:00:00Z"}' WHERE id = $1`,
      [past],
    );
    expect(await namesAt('/v1/credentials?expiring=30d')).toEqual([
      'in-a-week',
      'soon',
      'this-month',
    ]);
    expect(await namesAt('/v1/consumers/hooli/keys?expiring=7d')).toEqual(['in-a-week']);
    expect(await namesAt('/v1/credentials?expiring=30d&unused=90d')).toEqual([]);
    const metrics = new ControlPlaneMetrics('');
    const database = { query: api.sql } as unknown as Database;
    const expiry = new CredentialExpiry(new CredentialUsageRepository(database), metrics);
    const series = (): string[] =>
      [...exposition(metrics.registry.snapshot(), 'prometheus')]
        .join('')
        .split('\n')
        .filter((line) => line.startsWith('sluice_credentials_expiring{'))
        .sort();
    await expiry.observe();
    // Those that are disabled already are not counted.
    const name = 'sluice_credentials_expiring';
    expect(series()).toEqual([
      `${name}{within="1d"} 1`,
      `${name}{within="30d"} 2`,
      `${name}{within="7d"} 2`,
    ]);
    const silent = { query: () => Promise.reject(new Error('away')) } as unknown as Database;
    await new CredentialExpiry(new CredentialUsageRepository(silent), metrics).observe();
    expect(series()).toContain(`${name}{within="1d"} NaN`);
    metrics.stop();
  });

  it('is in a list of all consumers with pages', async () => {
    const seen: unknown[] = [];
    let path = '/v1/credentials?limit=3';
    for (;;) {
      const { body } = await api.get(path);
      seen.push(...(body.data ?? []).map(({ id }) => id));
      if (body['next'] === null) break;
      path = `/v1/credentials?limit=3&after=${String(body['next'])}`;
    }
    const all = (await api.get('/v1/credentials?limit=1000')).body.data ?? [];
    expect(seen).toEqual(all.map(({ id }) => id));
    expect(new Set(all.map(({ consumer }) => consumer))).toEqual(new Set(['acme', 'hooli']));
    expect(await namesAt('/v1/credentials?name=moving')).toEqual(['moving']);
    const byName = (await api.get('/v1/consumers/acme/keys?limit=1')).body['next'];
    expect((await api.get(`/v1/credentials?after=${String(byName)}`)).status).toBe(400);
  });

  it.each(['unused=90', 'unused=0d', 'expiring=-1d', 'expiring=1w', 'unused=1d&unused=2d', 'x=1'])(
    'is not searched with %s',
    async (query) => {
      for (const path of ['/v1/credentials', '/v1/consumers/acme/keys'])
        expect((await api.get(`${path}?${query}`)).status).toBe(400);
    },
  );
});
