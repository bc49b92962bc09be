import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { hashPassword, verifyPassword } from '@sluice/passwords';
import { startTestControlPlane } from '../../testing/test-control-plane.ts';
import type { TestControlPlane } from '../../testing/test-control-plane.ts';

const password = 'correct horse battery staple';

describe('credentials', () => {
  let api: TestControlPlane;

  beforeAll(async () => {
    api = await startTestControlPlane();
    await api.put('/v1/consumers/acme', {});
    await api.put('/v1/consumers/other', {});
  });
  afterAll(() => api.close());

  const credentials = '/v1/consumers/acme/credentials';
  const basic = (more: object = {}): object => ({
    type: 'basic',
    name: 'login',
    username: 'acme-user',
    password,
    ...more,
  });
  const storedHash = async (name: string): Promise<string> => {
    const [row] = await api.sql<{ hash: string }>(
      "SELECT spec ->> 'passwordHash' AS hash FROM resource WHERE name = $1",
      [name],
    );
    return row?.hash ?? '';
  };

  it('of type basic store a hashed password, which no answer and no history shows', async () => {
    const created = await api.post(credentials, basic({ tags: ['a'] }));
    expect(created.status).toBe(201);
    const { revision, ...rest } = created.body;
    expect(rest).toEqual({
      id: rest['id'],
      type: 'basic',
      name: 'login',
      consumer: 'acme',
      username: 'acme-user',
      tags: ['a'],
      createdAt: rest['createdAt'],
      updatedAt: rest['updatedAt'],
    });
    expect(created.headers.get('location')).toMatch(
      /^\/v1\/consumers\/[0-9a-f-]{36}\/credentials\/[0-9a-f-]{36}$/,
    );
    expect((await api.get(created.headers.get('location') ?? '')).body).toEqual(rest);
    const hash = await storedHash('login');
    expect(await verifyPassword(hash, password)).toBe(true);
    const history = await api.get(`/v1/revisions/${String(revision)}`);
    for (const secret of [password, hash]) {
      expect(JSON.stringify([created.body, history.body])).not.toContain(secret);
    }
  });

  it('keep a password out of the record that recognises repetitions', async () => {
    const key = { 'Idempotency-Key': 'the-first' };
    const content = basic({ name: 'idem', username: 'idem' });
    const first = await api.post(credentials, content, key);
    const again = await api.post(credentials, content, key);
    expect([first.status, again.headers.get('idempotency-replayed')]).toEqual([201, 'true']);
    expect(again.body).toEqual(first.body);
    const other = await api.post(credentials, { ...content, password: 'other' }, key);
    expect(other).toMatchObject({ status: 409, body: { code: 'idempotency_conflict' } });
    const rows = await api.sql<{ text: string }>(
      'SELECT t::text AS text FROM idempotency_record t',
    );
    expect(JSON.stringify(rows)).not.toContain(password);
  });

  it('accept the hash of a password of another system, with a bounded cost', async () => {
    const passwordHash = await hashPassword('imported');
    const imported = { type: 'basic', name: 'imported', username: 'imported', passwordHash };
    expect((await api.post(credentials, imported)).status).toBe(201);
    expect(await storedHash('imported')).toBe(passwordHash);
    const costly = passwordHash.replace('m=19456,t=2', 'm=1048576,t=9');
    const refused = await api.post(credentials, {
      ...imported,
      name: 'costly',
      username: 'costly',
      passwordHash: costly,
    });
    expect(refused).toMatchObject({
      status: 400,
      body: { errors: [{ pointer: '/passwordHash' }] },
    });
    expect(JSON.stringify(refused.body)).not.toContain(costly.split('$').at(-1));
  });

  it('change their password by PATCH, and nothing else that identifies them', async () => {
    await api.post(credentials, basic({ name: 'changing', username: 'changing' }));
    const changed = await api.patch(`${credentials}/changing`, { password: 'another' });
    expect(changed.status).toBe(200);
    expect(JSON.stringify(changed.body)).not.toContain('another');
    expect(await verifyPassword(await storedHash('changing'), 'another')).toBe(true);
    const read = await api.get(`${credentials}/changing`);
    expect((await api.patch(`${credentials}/changing`, read.body)).status).toBe(200);
    const refused = await api.patch(`${credentials}/changing`, { username: 'x', type: 'key' });
    expect(refused.body.errors?.map(({ pointer }) => pointer)).toEqual(['/username', '/type']);
    for (const patch of [
      { password: '' },
      { password: null },
      { password: 'a', passwordHash: 'b' },
    ])
      expect((await api.patch(`${credentials}/changing`, patch)).status).toBe(400);
  });

  it.each([
    ['no type', { name: 'x' }, '/type'],
    ['an unknown type', { type: 'ldap', name: 'x' }, '/type'],
    ['no password', { type: 'basic', name: 'x', username: 'x' }, '/password'],
    ['no username', { type: 'basic', name: 'x', password }, '/username'],
    ['an empty username', basic({ username: '' }), '/username'],
    ['a colon in the username', basic({ username: 'a:b' }), '/username'],
    ['a control character', basic({ name: 'x', username: 'y', password: 'a\nb' }), '/password'],
    [
      'a password of 2 KB',
      basic({ name: 'x', username: 'y', password: 'p'.repeat(2048) }),
      '/password',
    ],
    [
      'both forms',
      basic({ name: 'x', username: 'y', passwordHash: '$argon2id$' }),
      '/passwordHash',
    ],
    ['a member of another type', { type: 'key', name: 'x', username: 'x' }, '/username'],
    ['an instant in the past', basic({ expiresAt: '2001-01-01T00:00:00Z' }), '/expiresAt'],
  ])('are refused with %s', async (_what, content, pointer) => {
    const answer = await api.post(credentials, content);
    expect(answer.status).toBe(400);
    const pointers = answer.body.errors?.map((each) => each.pointer);
    expect(pointers?.filter((each) => each === pointer)).toEqual([pointer]);
    expect(JSON.stringify(answer.body)).not.toContain(password);
  });

  it('have a username of their own among all consumers', async () => {
    await api.post(credentials, basic({ name: 'unique', username: 'unique' }));
    const taken = await api.post(
      '/v1/consumers/other/credentials',
      basic({ name: 'theirs', username: 'unique' }),
    );
    expect(taken).toMatchObject({
      status: 409,
      body: { code: 'name_taken', errors: [{ pointer: '/username' }] },
    });
    // The lookup values of different types are different things.
    const key = { type: 'key', name: 'as-key', key: 'unique-and-long-enough' };
    expect((await api.post(credentials, key)).status).toBe(201);
    const login = basic({ name: 'as-user', username: 'unique-and-long-enough' });
    expect((await api.post(credentials, login)).status).toBe(201);
  });

  it('of type key are those of the short path, without their type', async () => {
    await api.put('/v1/consumers/both', {});
    const [long, short] = ['/v1/consumers/both/credentials', '/v1/consumers/both/keys'];
    const viaLong = await api.post(long, { type: 'key', name: 'long' });
    expect(viaLong.body).toMatchObject({ type: 'key', key: expect.stringMatching(/^slk_/) });
    const viaShort = await api.post(short, { name: 'short' });
    expect(viaShort.body).not.toHaveProperty('type');
    await api.post(long, basic({ username: 'both' }));
    const namesAt = async (path: string): Promise<unknown> =>
      (await api.get(path)).body.data?.map(({ name }) => name);
    expect(await namesAt(long)).toEqual(['login', 'long', 'short']);
    expect(await namesAt(short)).toEqual(['long', 'short']);
    expect(await namesAt(`${long}?type=basic`)).toEqual(['login']);
    expect((await api.get(`${long}?type=ldap`)).status).toBe(400);
    expect(await api.get(`${short}/login`)).toMatchObject({
      status: 404,
      body: { detail: 'there is no key with the name "login"' },
    });
    for (const answer of [
      await api.patch(`${short}/login`, { tags: [] }),
      await api.delete(`${short}/login`),
    ])
      expect(answer.status).toBe(404);
    expect((await api.post(short, { name: 'x', type: 'key' })).body.errors).toEqual([
      { pointer: '/type', detail: 'unknown property' },
    ]);
    const etag = (await api.get(`${short}/short`)).headers.get('etag') ?? '';
    expect((await api.get(`${long}/short`)).headers.get('etag')).toBe(etag);
    const unchanged = { 'If-None-Match': etag };
    expect((await api.get(`${long}/short`, unchanged)).status).toBe(304);
    const viaOther = await api.patch(`${long}/short`, { tags: [] }, { 'If-Match': etag });
    expect([viaOther.status, viaOther.headers.get('etag')]).toEqual([200, etag]);
    const patched = await api.patch(`${short}/short`, { tags: ['t'] }, { 'If-Match': etag });
    expect(patched.status).toBe(200);
    expect((await api.delete(`${short}/long`)).status).toBe(204);
  });

  it('are hashed a few at a time, and refused when too many wait', async () => {
    const answers = await Promise.all(
      Array.from({ length: 90 }, (_, index) =>
        api.post(credentials, basic({ name: `many-${index}`, username: `many-${index}` })),
      ),
    );
    const statuses = new Set(answers.map(({ status }) => status));
    expect([...statuses].every((status) => status === 201 || status === 503)).toBe(true);
    for (const { status, body } of answers)
      if (status === 503) expect(body.code).toBe('overloaded');
    expect((await api.post(credentials, basic({ name: 'after', username: 'after' }))).status).toBe(
      201,
    );
  });
});
