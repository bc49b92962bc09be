import { createPrivateKey, createPublicKey, randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { FixtureNode } from '../../testing/fixture-node.ts';
import { fixtureToken } from '../../testing/replica.ts';
import { startTestControlPlane } from '../../testing/test-control-plane.ts';
import type { TestControlPlane } from '../../testing/test-control-plane.ts';

const encryptionKey = randomBytes(32).toString('base64');
let api: TestControlPlane;
let node: FixtureNode;

beforeAll(async () => {
  api = await startTestControlPlane({
    SLUICE_NODE_TOKEN: fixtureToken,
    SLUICE_ENCRYPTION_KEY: encryptionKey,
  });
  const port = Number(/"stream":"127\.0\.0\.1:(\d+)"/.exec(api.log())?.[1]);
  node = new FixtureNode(port, { id: 'node-1' });
});
afterAll(async () => {
  node.close();
  await api.close();
});

const keysOf = '/v1/gateways/default/signingKeys';

/** The signing keys that the node has, by name, when it has these. */
async function received(...names: string[]): Promise<Record<string, Record<string, string>>> {
  const found = () =>
    [...node.records.values()]
      .filter(({ kind }) => kind === 'signingKey')
      .map(({ json }) => JSON.parse(json) as Record<string, string>);
  await node.until(() => names.every((name) => found().some((spec) => spec['name'] === name)));
  return Object.fromEntries(found().map((spec) => [spec['name'], spec]));
}

describe('a signing key', () => {
  it('is generated, sealed at rest, sent to nodes and never shown', async () => {
    const created = await api.post(keysOf, { name: 'own', use: 'identity' });
    expect(created.status).toBe(201);
    const { body } = await api.get(`${keysOf}/own`);
    expect(body).toMatchObject({ name: 'own', gateway: 'default', use: 'identity' });
    const { own } = await received('own');
    const secretLine = (own?.['key'] ?? '').split('\n')[1] as string;
    const publicKey = createPublicKey(createPrivateKey(own?.['key'] ?? ''));
    expect(publicKey.export({ type: 'spki', format: 'pem' })).toBe(
      (body as unknown as Record<string, string>)['publicKey'],
    );
    const rows = await api.sql(
      `SELECT spec::text FROM resource UNION ALL SELECT after::text FROM change`,
    );
    const shown = [created.body, body, (await api.get(keysOf)).body];
    expect(JSON.stringify([rows, shown])).not.toContain(secretLine);
    for (const each of shown) expect(JSON.stringify(each)).not.toContain('"key"');
    expect(api.log()).not.toContain(secretLine);
  });

  it('is used ten minutes later, or from the given instant on', async () => {
    const before = Date.now();
    const { body: later } = await api.post(keysOf, { name: 'later', use: 'session' });
    const activeAtMs = Date.parse((later as unknown as Record<string, string>)['activeAt'] ?? '');
    expect(activeAtMs).toBeGreaterThanOrEqual(before + 600_000);
    expect(activeAtMs).toBeLessThanOrEqual(Date.now() + 600_000);
    const activeAt = '2026-01-02T03:04:05Z';
    const { body: now } = await api.post(keysOf, { name: 'now', use: 'session', activeAt });
    expect(now).toMatchObject({ activeAt });
    const { now: sent } = await received('later', 'now');
    expect(Buffer.from(sent?.['key'] ?? '', 'base64url')).toHaveLength(32);
    const moved = await api.patch(`${keysOf}/later`, { activeAt });
    expect(moved.body).toMatchObject({ name: 'later', activeAt, use: 'session' });
  });

  it.each([
    ['a key of the client', { name: 'x', use: 'session', key: 'A'.repeat(43) }, '/key'],
    ['an unknown use', { name: 'x', use: 'other' }, '/use'],
    ['no use', { name: 'x' }, '/use'],
  ])('is refused with %s', async (_, content, pointer) => {
    const { status, body } = await api.post(keysOf, content);
    expect([status, body.errors?.map((each) => each.pointer)]).toEqual([400, [pointer]]);
  });

  it('cannot be changed in its use or its key', async () => {
    await api.post(keysOf, { name: 'fixed', use: 'session' });
    for (const patch of [{ use: 'identity' }, { key: 'A'.repeat(43) }, { publicKey: 'x' }]) {
      const { status, body } = await api.patch(`${keysOf}/fixed`, patch);
      expect([status, body.errors?.[0]?.detail]).toEqual([
        400,
        'cannot be changed: create another key instead',
      ]);
    }
  });

  it('is deleted by itself, and with its gateway', async () => {
    await api.post(keysOf, { name: 'gone', use: 'session' });
    expect((await api.delete(`${keysOf}/gone`)).status).toBe(204);
    expect((await api.get(`${keysOf}/gone`)).status).toBe(404);
    await api.post('/v1/gateways', { name: 'second' });
    await api.post('/v1/gateways/second/signingKeys', { name: 'of-second', use: 'identity' });
    expect((await api.get(`${keysOf}/of-second`)).status).toBe(404);
    await api.post(keysOf, { name: 'last', use: 'session' });
    expect(await received('last')).not.toHaveProperty('of-second');
    expect((await api.delete('/v1/gateways/second')).status).toBe(204);
    const [left] = await api.sql(`SELECT FROM resource WHERE name = 'of-second'`);
    expect(left).toBeUndefined();
  });
});

describe('a policy that needs keys', () => {
  const revisionOf = ({ body }: { body: object }) => (body as { revision: number }).revision;
  const attach = (name: string) =>
    api.put(`/v1/routes/${name}`, {
      paths: [`/${name}`],
      policies: [{ name: 'static-response' }, { name: 'upstream-identity', config: { token: {} } }],
    });
  /** The changes of generated keys, oldest first: the gateway, the revision, whether it exists. */
  const changes = async () => {
    const rows = await api.sql<{ gateway: string; revision: string; exists: boolean }>(
      `SELECT gateway.name AS gateway, revision, after IS NOT NULL AS exists FROM change
       JOIN resource gateway ON gateway.id::text = coalesce(after, before) ->> 'gateway'
       WHERE change.kind = 'signingKey' AND coalesce(after, before) ->> 'name' = 'identity-1'
       ORDER BY revision, ordinal`,
    );
    return rows.map(({ gateway, revision, exists }) => [gateway, Number(revision), exists]);
  };

  it('gets them in the revision in which it is attached, on every gateway without one', async () => {
    await api.delete(`${keysOf}/own`);
    await api.post('/v1/gateways', { name: 'third' });
    expect(await changes()).toEqual([]);
    const attached = revisionOf(await attach('told'));
    await attach('told-again');
    const expected = [
      ['default', attached, true],
      ['third', attached, true],
    ];
    expect((await changes()).sort()).toEqual(expected);

    const added = revisionOf(await api.post('/v1/gateways', { name: 'fourth' }));
    expected.push(['fourth', added, true]);
    expect((await changes()).slice(2)).toEqual(expected.slice(2));

    // The last key of a gateway is replaced in the revision in which it is deleted.
    await api.delete('/v1/gateways/third/signingKeys/identity-1');
    const [gone, again] = (await changes()).slice(3);
    expect([gone?.[0], gone?.[2], again?.[0], again?.[2]]).toEqual(['third', false, 'third', true]);
    expect(gone?.[1]).toBe(again?.[1]);
    const { body } = await api.get('/v1/gateways/third/signingKeys');
    expect(body.data?.map(({ name }) => name)).toEqual(['identity-1', 'session-1']);
  });
});

describe('rotation', () => {
  it('creates the next key, keeps the former one, and removes what nothing uses', async () => {
    await api.post('/v1/gateways', { name: 'rotated' });
    const keys = '/v1/gateways/rotated/signingKeys';
    const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString();
    for (const [name, days] of [
      ['oldest', 90],
      ['identity-7', 31],
    ] as const)
      await api.post(keys, { name, use: 'identity', activeAt: daysAgo(days) });
    await api.delete(`${keys}/identity-1`);
    const before = Date.now();
    // Another replica starts, and rotates at once.
    const other = await startTestControlPlane({
      DATABASE_URL: api.databaseUrl,
      SLUICE_ENCRYPTION_KEY: encryptionKey,
    });
    const identityKeys = async () => {
      const { body } = await api.get(keys);
      return (body.data ?? []).filter(({ use }) => use === 'identity');
    };
    try {
      const deadline = Date.now() + 20_000;
      while (!(await identityKeys()).some(({ name }) => name === 'identity-8')) {
        if (Date.now() > deadline) throw new Error('no key was created within 20 seconds');
        await sleep(50);
      }
    } finally {
      await other.close();
    }
    const found = await identityKeys();
    expect(found.map(({ name }) => name)).toEqual(['identity-7', 'identity-8']);
    const activeAtMs = Date.parse(String(found[1]?.['activeAt']));
    expect(activeAtMs).toBeGreaterThanOrEqual(before + 600_000);
  });
});
