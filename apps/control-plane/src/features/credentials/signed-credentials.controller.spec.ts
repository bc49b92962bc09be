import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { issue } from '../../testing/test-certificates.ts';
import { startTestControlPlane } from '../../testing/test-control-plane.ts';
import type { TestControlPlane } from '../../testing/test-control-plane.ts';

const secret = 'a-secret-of-thirty-two-characters';
const credentials = '/v1/consumers/acme/credentials';
let api: TestControlPlane;

beforeAll(async () => {
  api = await startTestControlPlane();
  await api.put('/v1/consumers/acme', {});
  await api.put('/v1/consumers/other', {});
  for (const name of ['partners', 'internal']) {
    const { pem } = await issue(name, { isCa: true });
    expect((await api.put(`/v1/cas/${name}`, { certificates: pem })).status).toBe(201);
  }
});
afterAll(() => api.close());

const pointersOf = ({ body }: { readonly body: { readonly errors?: { pointer: string }[] } }) =>
  body.errors?.map(({ pointer }) => pointer);

describe('credentials of type hmac', () => {
  const hmac = (name: string, more: object = {}) => ({
    type: 'hmac',
    name,
    username: name,
    ...more,
  });
  const storedSecret = async (name: string): Promise<string> => {
    const [row] = await api.sql<{ secret: string }>(
      "SELECT spec ->> 'secret' AS secret FROM resource WHERE name = $1",
      [name],
    );
    return row?.secret ?? '';
  };

  it('store the secret encrypted and show it once, in the response to the creation', async () => {
    const created = await api.post(credentials, hmac('own', { secret }));
    expect(created).toMatchObject({ status: 201, body: { username: 'own', secret } });
    expect(created.body['algorithm']).toBe('hmac-sha256');
    expect(await storedSecret('own')).toMatch(/^sealed:v1:/);
    const history = await api.get(`/v1/revisions/${String(created.body['revision'])}`);
    const read = await api.get(`${credentials}/own`);
    const rows = await api.sql(
      'SELECT r::text, (SELECT json_agg(c) FROM change c) FROM resource r',
    );
    expect(read.body).not.toHaveProperty('secret');
    expect(JSON.stringify([history.body, read.body, rows])).not.toContain(secret);
  });

  it('have a random secret of 256 bits when none is given', async () => {
    const [one, two] = [
      await api.post(credentials, hmac('random-1')),
      await api.post(credentials, hmac('random-2')),
    ];
    expect(one.body['secret']).toMatch(/^slh_[0-9A-Za-z]{49}$/);
    expect(one.body['secret']).not.toBe(two.body['secret']);
  });

  it('keep the secret out of the record that recognises repetitions', async () => {
    const key = { 'Idempotency-Key': 'hmac' };
    const content = hmac('repeated', { secret });
    await api.post(credentials, content, key);
    const again = await api.post(credentials, content, key);
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    const other = await api.post(credentials, { ...content, secret: `${secret}!` }, key);
    expect(other.status).toBe(409);
    const rows = await api.sql('SELECT t::text AS text FROM idempotency_record t');
    expect(JSON.stringify(rows)).not.toContain(secret);
  });

  it('keep their secret when they are written back, and change it by PATCH', async () => {
    await api.post(credentials, hmac('changing', { secret }));
    const before = await storedSecret('changing');
    const read = await api.get(`${credentials}/changing`);
    expect((await api.patch(`${credentials}/changing`, read.body)).status).toBe(200);
    expect((await api.patch(`${credentials}/changing`, { tags: ['a'] })).status).toBe(200);
    expect(await storedSecret('changing')).toBe(before);
    const changed = await api.patch(`${credentials}/changing`, { secret: `${secret}-2` });
    expect(changed.status).toBe(200);
    expect(JSON.stringify(changed.body)).not.toContain(secret);
    expect(await storedSecret('changing')).not.toBe(before);
    for (const wrong of ['short', '', null, 7, 's'.repeat(513)])
      expect(
        new Set(pointersOf(await api.patch(`${credentials}/changing`, { secret: wrong }))),
      ).toEqual(new Set(['/secret']));
    expect(pointersOf(await api.patch(`${credentials}/changing`, { username: 'x' }))).toEqual([
      '/username',
    ]);
  });

  it.each([
    ['a short secret', hmac('x', { secret: 'fifteen-letters' }), '/secret'],
    ['an unknown algorithm', hmac('x', { algorithm: 'none' }), '/algorithm'],
    ['no username', { type: 'hmac', name: 'x' }, '/username'],
    ['a quote in the username', hmac('x', { username: 'a"b' }), '/username'],
    ['a line break in the username', hmac('x', { username: 'a\nb' }), '/username'],
    ['a username outside of ASCII', hmac('x', { username: 'jürgen' }), '/username'],
    ['a member of another type', hmac('x', { password: 'x' }), '/password'],
  ])('are refused with %s', async (_what, content, pointer) => {
    const answer = await api.post(credentials, content);
    expect(answer.status).toBe(400);
    expect(pointersOf(answer)).toContain(pointer);
    expect(JSON.stringify(answer.body)).not.toContain(secret);
  });

  it('have a username of their own among all consumers', async () => {
    await api.post(credentials, hmac('unique', { secret }));
    const taken = await api.post('/v1/consumers/other/credentials', hmac('unique', { secret }));
    expect(taken).toMatchObject({ status: 409, body: { errors: [{ pointer: '/username' }] } });
  });
});

describe('credentials of type mtls', () => {
  const mtls = (name: string, identity: string, ca = 'partners') => ({
    type: 'mtls',
    name,
    ca,
    identity,
  });

  it('are stored in the form in which identities are compared', async () => {
    const written: [string, string][] = [
      ['DNS:Orders.Internal', 'DNS:orders.internal'],
      ['URI:spiffe://acme/Orders', 'URI:spiffe://acme/Orders'],
      ['IP:2001:DB8:0:0:0:0:0:1', 'IP:2001:db8::1'],
      ['email:Ops@ACME.test', 'email:Ops@acme.test'],
      ['subject:CN=orders,O=Acme', 'subject:CN=orders,O=Acme'],
      [`sha256:${'AB:'.repeat(31)}AB`, `sha256:${'ab'.repeat(32)}`],
    ];
    for (const [index, [identity, compared]] of written.entries()) {
      const created = await api.post(credentials, mtls(`form-${index}`, identity));
      expect(created).toMatchObject({ status: 201, body: { ca: 'partners', identity: compared } });
    }
  });

  it('have an identity of their own for each CA', async () => {
    const post = (name: string, identity: string, ca: string) =>
      api.post('/v1/consumers/other/credentials', mtls(name, identity, ca));
    expect((await post('a', 'DNS:a.internal', 'partners')).status).toBe(201);
    expect((await post('b', 'DNS:a.internal', 'internal')).status).toBe(201);
    expect(await post('c', 'DNS:A.internal', 'partners')).toMatchObject({
      status: 409,
      body: { errors: [{ pointer: '/identity' }] },
    });
    expect((await post('d', 'URI:a.internal', 'partners')).status).toBe(201);
  });

  it('keep their CA from being deleted, and cannot move to another one', async () => {
    await api.post(credentials, mtls('bound', 'DNS:bound.internal'));
    expect((await api.delete('/v1/cas/partners')).status).toBe(409);
    for (const [member, value] of [
      ['ca', 'internal'],
      ['identity', 'DNS:x'],
    ])
      expect(pointersOf(await api.patch(`${credentials}/bound`, { [`${member}`]: value }))).toEqual(
        [`/${member}`],
      );
    const read = await api.get(`${credentials}/bound`);
    expect((await api.patch(`${credentials}/bound`, read.body)).status).toBe(200);
  });

  it.each([
    ['a CA that does not exist', mtls('x', 'DNS:x', 'nowhere'), '/ca'],
    ['no CA', { type: 'mtls', name: 'x', identity: 'DNS:x' }, '/ca'],
    ['no identity', { type: 'mtls', name: 'x', ca: 'partners' }, '/identity'],
    ['an identity without a type', mtls('x', 'orders.internal'), '/identity'],
    ['an unknown type', mtls('x', 'DirName:CN=x'), '/identity'],
    ['NUL in a subject', mtls('x', 'subject:CN=orders\\00.evil'), '/identity'],
    ['a subject that is too long', mtls('x', `subject:CN=${'ü'.repeat(1_030)}`), '/identity'],
  ])('are refused with %s', async (_what, content, pointer) => {
    const answer = await api.post(credentials, content);
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.status).toBeLessThan(500);
    expect(pointersOf(answer)).toContain(pointer);
  });
});

it.each([
  { type: 'hmac', name: 'x', username: 'x', secret: `${secret}\u0000` },
  { type: 'hmac', name: 'x', username: 'a\u0000b' },
  { type: 'mtls', name: 'x', ca: 'partners', identity: 'DNS:orders.internal\u0000.evil.test' },
])('a credential with NUL is refused: %j', async (content) => {
  const answer = await api.post(credentials, content);
  expect(answer.status).toBe(400);
  expect(JSON.stringify(answer.body)).toMatch(/U\+0000|NUL|\\u0000/i);
});
