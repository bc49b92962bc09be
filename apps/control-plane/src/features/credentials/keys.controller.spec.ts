import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { FixtureNode } from '../../testing/fixture-node.ts';
import { fixtureToken } from '../../testing/replica.ts';
import { startTestControlPlane } from '../../testing/test-control-plane.ts';
import type { TestControlPlane } from '../../testing/test-control-plane.ts';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

describe('keys', () => {
  let api: TestControlPlane;

  beforeAll(async () => {
    api = await startTestControlPlane({ SLUICE_NODE_TOKEN: fixtureToken });
    await api.put('/v1/consumers/acme', {});
    await api.put('/v1/consumers/other', {});
  });
  afterAll(() => api.close());

  const keys = '/v1/consumers/acme/keys';

  it('are random, shown once, and stored and streamed only as a hash', async () => {
    const created = await api.post(keys, {
      name: 'ci',
      expiresAt: '2090-01-01T00:00:00Z',
      tags: ['a'],
    });
    expect(created.status).toBe(201);
    expect(created.headers.get('cache-control')).toBe('no-store');
    const { key, revision, ...rest } = created.body;
    expect(key).toMatch(/^slk_[0-9A-Za-z]{49}$/);
    expect(rest).toEqual({
      id: rest['id'],
      name: 'ci',
      consumer: 'acme',
      prefix: String(key).slice(0, 12),
      expiresAt: '2090-01-01T00:00:00Z',
      tags: ['a'],
      createdAt: rest['createdAt'],
      updatedAt: rest['updatedAt'],
    });
    expect(created.headers.get('location')).toMatch(
      /^\/v1\/consumers\/[0-9a-f-]{36}\/keys\/[0-9a-f-]{36}$/,
    );
    expect((await api.get(created.headers.get('location') ?? '')).body).toEqual(rest);
    expect((await api.get(`${keys}/ci`)).body).toEqual(rest);
    const [row] = await api.sql<{ after: { hash: string } }>(
      'SELECT after FROM change WHERE revision = $1',
      [revision],
    );
    expect(row?.after.hash).toBe(sha256(String(key)));
    expect(JSON.stringify(await api.get(`/v1/revisions/${String(revision)}`))).not.toContain(
      row?.after.hash,
    );
  });

  it('can be chosen by the caller', async () => {
    const created = await api.post(keys, { name: 'brought', key: 'legacy-key-0123456789' });
    expect(created.body).toMatchObject({ key: 'legacy-key-0123456789', prefix: 'lega' });
    const [row] = await api.sql<{ hash: string }>(
      "SELECT spec ->> 'hash' AS hash FROM resource WHERE name = 'brought'",
    );
    expect(row?.hash).toBe(sha256('legacy-key-0123456789'));
  });

  it('are imported by their hash, which answers do not show', async () => {
    const hash = sha256('a-key-of-another-system');
    const imported = await api.post(keys, { name: 'hashed', hash: hash.toUpperCase() });
    expect(imported.status).toBe(201);
    expect(imported.body).toMatchObject({ name: 'hashed', prefix: '' });
    expect(imported.body).not.toHaveProperty('key');
    expect(JSON.stringify(imported.body)).not.toContain(hash);
    const [row] = await api.sql<{ hash: string }>(
      "SELECT spec ->> 'hash' AS hash FROM resource WHERE name = 'hashed'",
    );
    expect(row?.hash).toBe(hash);
    const again = { name: 'again', key: 'a-key-of-another-system' };
    expect((await api.post(keys, again)).body).toMatchObject({ code: 'name_taken' });
    const flagged = { name: 'flagged', hash: sha256('abc'), prefix: 'a', short: true };
    const shown = { name: 'flagged', prefix: 'a', short: true };
    expect((await api.post(keys, flagged)).body).toMatchObject(shown);
    expect((await api.get(`${keys}/flagged`)).body).toMatchObject(shown);
  });

  it('may be short when the request says so, and are marked', async () => {
    const create = (content: object) => api.post(keys, { name: 'tiny', ...content });
    const refused = await create({ key: '15-characters-x' });
    expect(refused.body.errors).toEqual([
      { pointer: '/key', detail: expect.stringMatching(/has 15 .*at least 16.*"short": true/) },
    ]);
    const tiny = await create({ key: 'hunter2', short: true });
    expect([tiny.status, tiny.body]).toMatchObject([201, { prefix: 'h', short: true }]);
    const long = await create({ name: 'long', key: 'sixteen-letters!', short: true });
    expect(long.body).not.toHaveProperty('short');
    const patched = await api.patch(`${keys}/tiny`, { short: false });
    expect(patched.body.errors).toMatchObject([{ pointer: '/short' }]);
  });

  it.each([
    [{ hash: sha256('x'), key: 'sixteen-letters-x' }, '/hash'],
    [{ hash: sha256('x').slice(1) }, '/hash'],
    [{ hash: `${sha256('x').slice(1)}g` }, '/hash'],
    [{ prefix: 'abcd' }, '/prefix'],
    [{ key: 'sixteen-letters-x', prefix: 'abcd' }, '/prefix'],
    [{ short: true }, '/short'],
    [{ key: '', short: true }, '/key'],
    [{ key: 'a key', short: true }, '/key'],
  ])('refuse an import of %j', async (content, pointer) => {
    const answer = await api.post(keys, { name: 'x', ...content });
    expect([answer.status, answer.body.errors]).toEqual([
      400,
      [{ pointer, detail: expect.any(String) }],
    ]);
  });

  it('belong to exactly one consumer', async () => {
    await api.post(keys, { name: 'mine', key: 'the-same-key-for-two' });
    const answer = await api.post('/v1/consumers/other/keys', {
      name: 'theirs',
      key: 'the-same-key-for-two',
    });
    expect(answer).toMatchObject({
      status: 409,
      body: { code: 'name_taken', errors: [{ pointer: '/key' }] },
    });
    expect((await api.get('/v1/consumers/other/keys/mine')).status).toBe(404);
    expect((await api.post('/v1/consumers/other/keys', { name: 'mine' })).status).toBe(201);
    expect((await api.post('/v1/consumers/other/keys', { name: 'mine' })).status).toBe(409);
    expect((await api.get('/v1/consumers/other/keys')).body.data?.map(({ name }) => name)).toEqual([
      'mine',
    ]);
  });

  it('are validated', async () => {
    const answer = await api.post(keys, {
      name: 'x y',
      key: 'short',
      expiresAt: 'tomorrow',
      consumer: 'other',
      hash: 'x',
    });
    expect(new Set(answer.body.errors?.map(({ pointer }) => pointer))).toEqual(
      new Set(['/name', '/key', '/expiresAt', '/consumer', '/hash']),
    );
    const mistyped = await api.post(keys, { name: 'x', key: `slk_${'0'.repeat(49)}` });
    expect(mistyped.body).toHaveProperty(
      'detail',
      expect.stringContaining('/key: has the format of a generated key'),
    );
    expect(mistyped.body.errors).toEqual([
      { pointer: '/key', detail: expect.stringContaining('checksum is wrong') },
    ]);
    expect((await api.post('/v1/consumers/no-such-consumer/keys', { name: 'x' })).status).toBe(404);
  });

  it('must not have expired already', async () => {
    const answer = await api.post(keys, { name: 'past', expiresAt: '2001-01-01T00:00:00Z' });
    expect(answer).toMatchObject({
      status: 400,
      body: { errors: [{ pointer: '/expiresAt', detail: 'is in the past' }] },
    });
  });

  it('can only change their name, tags and expiry, and whether they are disabled', async () => {
    await api.post(keys, { name: 'changing', expiresAt: '2090-01-01T00:00:00Z' });
    const changed = await api.patch(`${keys}/changing`, {
      name: 'changed',
      tags: ['t'],
      expiresAt: null,
    });
    expect(changed).toMatchObject({ status: 200, body: { name: 'changed', tags: ['t'] } });
    expect(changed.body['expiresAt']).toBeUndefined();
    const refused = await api.patch(`${keys}/changed`, {
      key: 'another-key-0123456',
      hash: 'x',
      consumer: 'other',
      prefix: 'x',
    });
    expect(refused.body.errors?.map(({ pointer }) => pointer)).toEqual([
      '/key',
      '/hash',
      '/consumer',
      '/prefix',
    ]);
  });

  it('can be disabled and enabled again', async () => {
    const created = await api.post(keys, { name: 'switched', disabled: true });
    expect(created).toMatchObject({ status: 201, body: { disabled: true } });
    const specOf = async (): Promise<object | undefined> =>
      (await api.sql<{ spec: object }>("SELECT spec FROM resource WHERE name = 'switched'"))[0]
        ?.spec;
    expect(await specOf()).toHaveProperty('disabled', true);
    for (const enabling of [{ disabled: false }, { disabled: null }]) {
      const enabled = await api.patch(`${keys}/switched`, enabling);
      expect(enabled.status).toBe(200);
      // A node of a release that does not know the property reads what it read before.
      for (const each of [enabled.body, await specOf()])
        expect(each).not.toHaveProperty('disabled');
      const long = '/v1/consumers/acme/credentials/switched';
      expect(await api.patch(long, { disabled: true })).toMatchObject({
        status: 200,
        body: { disabled: true },
      });
      expect((await api.get(`${keys}/switched`)).body).toHaveProperty('disabled', true);
    }
    for (const disabled of ['true', 1, {}])
      expect(await api.patch(`${keys}/switched`, { disabled })).toMatchObject({
        status: 400,
        body: { errors: [{ pointer: '/disabled' }] },
      });
  });

  it('are left out for nodes that do not know that keys can be disabled', async () => {
    await api.put('/v1/consumers/fleet', {});
    const path = '/v1/consumers/fleet/keys';
    await api.post(path, { name: 'off', disabled: true });
    await api.post(path, { name: 'on', disabled: false });
    const port = Number(/"stream":"127\.0\.0\.1:(\d+)"/.exec(api.log())?.[1]);
    const nodes = [0, 1].map(
      (schemaLevel) => new FixtureNode(port, { id: `level-${schemaLevel}`, schemaLevel }),
    );
    const namesAt = ({ records }: FixtureNode): string[] =>
      [...records.values()]
        .map(({ json }) => JSON.parse(json) as { name: string })
        .map(({ name }) => name)
        .filter((name) => name === 'on' || name === 'off')
        .sort();
    try {
      const [older, current] = nodes as [FixtureNode, FixtureNode];
      for (const node of nodes) await node.until(() => node.revision > 0);
      expect([namesAt(older), namesAt(current)]).toEqual([['on'], ['off', 'on']]);
      const { body } = await api.patch(`${path}/on`, { disabled: true });
      for (const node of nodes) await node.until(() => node.revision === body['revision']);
      expect([namesAt(older), namesAt(current)]).toEqual([[], ['off', 'on']]);
    } finally {
      for (const node of nodes) node.close();
    }
  });

  it('are revoked by DELETE', async () => {
    await api.post(keys, { name: 'revoked' });
    expect((await api.delete(`${keys}/revoked`)).status).toBe(204);
    expect((await api.get(`${keys}/revoked`)).status).toBe(404);
  });

  it('are deleted with their consumer, in one revision', async () => {
    await api.put('/v1/consumers/leaving', {});
    await api.post('/v1/consumers/leaving/keys', { name: 'a' });
    await api.post('/v1/consumers/leaving/keys', { name: 'b' });
    const answer = await api.delete('/v1/consumers/leaving');
    expect(answer.status).toBe(204);
    const { body } = await api.get(`/v1/revisions/${answer.headers.get('sluice-revision')}`);
    expect(body['changes']).toMatchObject([
      { action: 'deleted', kind: 'credential', name: 'a' },
      { action: 'deleted', kind: 'credential', name: 'b' },
      { action: 'deleted', kind: 'consumer', name: 'leaving', after: null },
    ]);
  });
});
