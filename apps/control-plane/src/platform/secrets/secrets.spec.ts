import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { issue } from '../../testing/test-certificates.ts';
import type { IssuedCertificate } from '../../testing/test-certificates.ts';
import { startTestControlPlane } from '../../testing/test-control-plane.ts';
import type { TestControlPlane } from '../../testing/test-control-plane.ts';
import { readEncryptionKeys } from './encryption-keys.ts';
import { mapSealed, openSpec, sealSpec } from './sealed-spec.ts';

const newKey = (): string => randomBytes(32).toString('base64');
const keysOf = (current: string, others?: string) =>
  readEncryptionKeys({ encryptionKey: current, encryptionKeyFile: '', decryptionKeys: others });

describe('sealed secrets', () => {
  const first = newKey();
  const keys = keysOf(first);
  const spec = { name: 'a', key: 'planted', deep: [{ secret: 'two' }] };
  const paths = [['key'], ['deep', '0', 'secret']];
  const sealed = sealSpec(keys, 'one', spec, paths, undefined);

  it('decrypt in their own place only', () => {
    expect(JSON.stringify(sealed)).not.toMatch(/planted|two/);
    expect(openSpec(keys, 'one', sealed)).toEqual({ spec, unreadable: [] });
    const moved = [
      openSpec(keys, 'other', sealed),
      openSpec(keys, 'one', { ...sealed, key: sealed.deep[0]?.secret }),
      openSpec(keys, 'one', {
        ...sealed,
        key: sealed.key.replace(/.{8}$/, 'AAAAAAAA'),
      }),
      openSpec(keysOf(newKey()), 'one', sealed),
    ];
    for (const { spec: read, unreadable } of moved) {
      expect(unreadable.length).toBeGreaterThan(0);
      expect(read).not.toHaveProperty('key');
    }
  });

  it('keep their form when they are written again, and are read with a previous key', () => {
    expect(sealSpec(keys, 'one', spec, paths, sealed)).toEqual(sealed);
    const changed = sealSpec(keys, 'one', { ...spec, key: 'other' }, paths, sealed);
    expect(changed.key).not.toBe(sealed.key);
    expect(changed.deep).toEqual(sealed.deep);
    expect(openSpec(keysOf(newKey(), first), 'one', sealed).spec).toEqual(spec);
    const seen: string[] = [];
    mapSealed(sealed, (text, pointer) => (seen.push(pointer), text));
    expect(seen).toEqual(['/key', '/deep/0/secret']);
  });

  it.each(['short', 'x'.repeat(44), '0'.repeat(64), `${'A'.repeat(43)}=`])(
    'refuse the key %s',
    (key) => expect(() => keysOf(key)).toThrow(/32 bytes|repeats/),
  );
});

describe('secrets in a control plane', () => {
  const [firstKey, secondKey] = [newKey(), newKey()];
  const token = 'planted-secret-of-a-policy-0123456789';
  let plane: TestControlPlane;
  let certificate: IssuedCertificate;
  const answers: string[] = [];

  const route = (headers: object, url = 'https://auth.example.com/') => ({
    paths: ['/guarded'],
    policies: [
      { name: 'static-response', config: { content: 'x' } },
      { name: 'external-auth', config: { url, headers } },
    ],
  });
  const stored = async (name: string): Promise<string> =>
    (
      await plane.sql<{ spec: string }>('SELECT spec::text FROM resource WHERE name = $1', [name])
    )[0]?.spec ?? '';

  beforeAll(async () => {
    plane = await startTestControlPlane({ SLUICE_ENCRYPTION_KEY: firstKey });
    certificate = await issue('www', { names: ['www.example.com'] });
  });
  afterAll(() => plane.close());

  it('are in no answer, log line or table', async () => {
    const idempotent = { 'Idempotency-Key': 'once' };
    const content = { name: 'www', certificate: certificate.pem, key: certificate.key };
    const guarded = { name: 'guarded', ...route({ 'x-extra': token }) };
    for (const headers of [idempotent, idempotent]) {
      answers.push(JSON.stringify(await plane.post('/v1/certificates', content, headers)));
    }
    answers.push(
      JSON.stringify(await plane.post('/v1/routes', guarded, { 'Idempotency-Key': 'r' })),
    );
    answers.push(JSON.stringify(await plane.post('/v1/routes', { ...guarded, nope: 1 })));
    answers.push(
      JSON.stringify(await plane.patch('/v1/certificates/www', { key: 'planted', tags: 1 })),
    );
    for (const path of [
      'certificates',
      'certificates/www',
      'routes',
      'routes/guarded',
      'routes/guarded/effective',
      'revisions',
    ])
      answers.push(JSON.stringify(await plane.get(`/v1/${path}`)));
    for (const revision of [1, 2, 3])
      answers.push(JSON.stringify(await plane.get(`/v1/revisions/${revision}`)));
    const tables = await plane.sql<{ name: string }>(
      `SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public'`,
    );
    const dump: string[] = [];
    for (const { name } of tables)
      dump.push(
        ...(await plane.sql<{ row: string }>(`SELECT t::text AS row FROM "${name}" AS t`)).map(
          ({ row }) => row,
        ),
      );
    for (const name of ['www', 'guarded']) expect(await stored(name)).toContain('sealed:v1:');
    expect(answers.join('\n')).toMatch(/fingerprint:[0-9a-f]{16}/);
    const planted = [
      token,
      ...certificate.key.split('\n').filter((line) => /^[A-Za-z0-9+/=]{30,}$/.test(line)),
    ];
    for (const text of planted)
      for (const place of [answers.join('\n'), plane.log(), dump.join('\n')])
        expect(place.includes(text)).toBe(false);
    expect(answers.join('\n')).not.toContain('sealed:v1:');
  });

  it('are refused with an exact pointer when no node could use them', async () => {
    const unusable = { name: 'unusable', ...route({ via: 'a\r\nb: c' }) };
    expect(await plane.post('/v1/routes', unusable)).toMatchObject({
      status: 400,
      body: { errors: [{ pointer: '/policies/1/config/headers/via' }] },
    });
  });

  it('stay when the representation of a policy is written back, wherever the policy stands', async () => {
    const sealedIn = async () => /sealed:v1:[^"]+/.exec(await stored('guarded'))?.[0];
    const before = await sealedIn();
    const { body } = await plane.get('/v1/routes/guarded');
    const { policies, ...rest } = body as { policies: object[] };
    const same = await plane.put('/v1/routes/guarded', { policies, ...rest });
    expect(same.body).not.toHaveProperty('errors');
    expect(await sealedIn()).toBe(before);
    const turned = await plane.patch('/v1/routes/guarded', { policies: [...policies].reverse() });
    expect(turned.status).toBe(200);
    expect(await sealedIn()).not.toBe(before);
    const removed = route({ 'x-extra': null });
    expect((await plane.patch('/v1/routes/guarded', { policies: removed.policies })).status).toBe(
      200,
    );
    expect(await stored('guarded')).not.toContain('sealed');
  });

  it('refuse a replica with another key, and are encrypted again with a new one', async () => {
    const url = { DATABASE_URL: plane.databaseUrl };
    await expect(
      startTestControlPlane({ ...url, SLUICE_ENCRYPTION_KEY: secondKey }),
    ).rejects.toThrow(/encrypted with the key [0-9a-f]{16}.*SLUICE_DECRYPTION_KEYS/);
    // A lost key file is not replaced: its backup still fits.
    const dataDir = mkdtempSync(join(tmpdir(), 'sluice-lost-key-'));
    await expect(startTestControlPlane({ ...url, SLUICE_DATA_DIR: dataDir })).rejects.toThrow(
      /encryption-key does not exist\. Restore the file from a backup/,
    );
    expect(readdirSync(dataDir)).not.toContain('encryption-key');
    rmSync(dataDir, { recursive: true });
    const before = await stored('www');
    const rotated = await startTestControlPlane({
      ...url,
      SLUICE_ENCRYPTION_KEY: secondKey,
      SLUICE_DECRYPTION_KEYS: firstKey,
    });
    try {
      expect(await stored('www')).not.toBe(before);
      const kept = await rotated.put('/v1/certificates/www', { certificate: certificate.pem });
      expect(kept.status).toBe(200);
    } finally {
      await rotated.close();
    }
    const alone = await startTestControlPlane({ ...url, SLUICE_ENCRYPTION_KEY: secondKey });
    await alone.close();
    // The first replica still has the previous key alone.
    const refused = await plane.put('/v1/certificates/late', {
      certificate: certificate.pem,
      key: certificate.key,
    });
    expect(refused.body).toMatchObject({ status: 503, code: 'encryption_key_mismatch' });
  });
});
