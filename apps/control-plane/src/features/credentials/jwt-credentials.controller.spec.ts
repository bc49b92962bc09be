import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startTestControlPlane } from '../../testing/test-control-plane.ts';
import type { TestControlPlane } from '../../testing/test-control-plane.ts';

const secret = 'a-secret-of-thirty-two-characters';
const credentials = '/v1/consumers/acme/credentials';
const pemOf = (bits: number): string =>
  generateKeyPairSync('rsa', { modulusLength: bits }).publicKey.export({
    type: 'spki',
    format: 'pem',
  }) as string;
const pem = pemOf(2_048);
let api: TestControlPlane;

beforeAll(async () => {
  api = await startTestControlPlane();
  await api.put('/v1/consumers/acme', {});
  await api.put('/v1/consumers/other', {});
});
afterAll(() => api.close());

const jwt = (name: string, more: object = {}) => ({ type: 'jwt', name, key: name, ...more });

describe('credentials of type jwt', () => {
  it('store a secret encrypted and show it once, in the response to the creation', async () => {
    const created = await api.post(credentials, jwt('own', { secret }));
    expect(created).toMatchObject({
      status: 201,
      body: { key: 'own', algorithm: 'HS256', secret },
    });
    const read = await api.get(`${credentials}/own`);
    expect(read.body).toMatchObject({ key: 'own', algorithm: 'HS256' });
    expect(read.body).not.toHaveProperty('secret');
    const rows = await api.sql(
      'SELECT r::text, (SELECT json_agg(c) FROM change c) FROM resource r',
    );
    expect(JSON.stringify(rows)).toContain('sealed:v1:');
    expect(JSON.stringify([read.body, rows])).not.toContain(secret);
  });

  it('have a random key and secret when none are given', async () => {
    const { status, body } = await api.post(credentials, { type: 'jwt', name: 'random' });
    expect(status).toBe(201);
    expect(body['key']).toMatch(/^[0-9a-f-]{36}$/);
    expect(body['secret']).toMatch(/^slh_[0-9A-Za-z]{49}$/);
  });

  it('show a public key, and have no secret then', async () => {
    const created = await api.post(
      credentials,
      jwt('public', { algorithm: 'RS256', publicKey: pem }),
    );
    expect(created).toMatchObject({ status: 201, body: { algorithm: 'RS256', publicKey: pem } });
    expect(created.body).not.toHaveProperty('secret');
    const read = await api.get(`${credentials}/public`);
    expect(read.body).toMatchObject({ publicKey: pem });
    expect((await api.patch(`${credentials}/public`, { disabled: true })).status).toBe(200);
  });

  it.each([
    ['a secret that is too short', { secret: 'short' }, '/secret'],
    ['a secret that is too short for its algorithm', { algorithm: 'HS512', secret }, '/secret'],
    ['no secret for HS512', { algorithm: 'HS512' }, '/secret'],
    ['a public key as a secret', { secret: pem.replaceAll('\n', ' ') }, '/secret'],
    ['a public key with HMAC', { publicKey: pem }, '/publicKey'],
    ['no public key', { algorithm: 'RS256' }, '/publicKey'],
    ['a key of another algorithm', { algorithm: 'ES256', publicKey: pem }, '/publicKey'],
    ['a weak key', { algorithm: 'RS256', publicKey: pemOf(1_024) }, '/publicKey'],
    ['a text that is no key', { algorithm: 'RS256', publicKey: 'x' }, '/publicKey'],
    ['the algorithm none', { algorithm: 'none', secret }, '/algorithm'],
    ['a key with a line break', { key: 'a\nb', secret }, '/key'],
  ])('are refused with %s', async (_what, more, pointer) => {
    const { status, body } = await api.post(credentials, jwt('x', more));
    expect(status).toBe(400);
    expect(body.errors?.map((each) => each.pointer)).toEqual([pointer]);
    expect(JSON.stringify(body)).not.toContain(secret);
  });

  it('have a key of their own among all consumers', async () => {
    await api.post(credentials, jwt('unique', { secret }));
    const taken = await api.post('/v1/consumers/other/credentials', jwt('unique', { secret }));
    expect(taken).toMatchObject({ status: 409, body: { errors: [{ pointer: '/key' }] } });
  });
});
