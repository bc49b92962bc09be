import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { credentialTypes } from '@sluice/config';
import type { CredentialTypeName } from '@sluice/config';
import { createTestAuthority } from '@sluice/testkit';
import { readSettings } from '../../../platform/env.ts';
import { JsonLogger } from '../../../platform/logger.ts';
import { startTestControlPlane } from '../../../testing/test-control-plane.ts';
import type { TestControlPlane } from '../../../testing/test-control-plane.ts';
import { exportCredentials } from './export-credentials.ts';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const common = { expiresAt: '2090-01-01T00:00:00Z', disabled: true, tags: ['a', 'b'] };

const ecPublicKey = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({
  type: 'spki',
  format: 'pem',
});

/** Credentials of every type. */
const contents: Readonly<Record<CredentialTypeName, readonly object[]>> = {
  key: [
    { name: 'generated', ...common },
    { name: 'brought', key: 'a-key-of-their-own' },
    { name: 'hashed', hash: sha256('x'), prefix: 'x', short: true },
  ],
  basic: [
    { name: 'argon2id', username: 'jane', password: 'open sesame', ...common },
    {
      name: 'bcrypt',
      username: 'rasmus',
      passwordHash: '$2y$07$usesomesillystringfore2uDLvp1Ii2e./U9C8sBjqp8I90dH6hi',
    },
  ],
  hmac: [
    { name: 'generated-secret', username: 'generated' },
    { name: 'secret', username: 'a key', secret: 'sixteen letters, and "quotes"\u00e9', ...common },
  ],
  jwt: [
    { name: 'generated-jwt', key: 'generated' },
    { name: 'public', key: 'public', algorithm: 'ES256', publicKey: ecPublicKey, ...common },
  ],
  mtls: [{ name: 'certificate', ca: 'partners', identity: 'DNS:orders.internal', ...common }],
};

describe('an export of credentials', () => {
  const keys = [randomBytes(32), randomBytes(32)].map((key) => key.toString('base64'));
  let source: TestControlPlane;
  let target: TestControlPlane;

  beforeAll(async () => {
    [source, target] = [await start(keys[0]), await start(keys[1])];
    const { ca: certificates } = await createTestAuthority();
    for (const each of [source, target]) {
      const ca = await each.post('/v1/cas', { name: 'partners', certificates });
      expect([ca.status, ca.body.errors]).toEqual([201, undefined]);
      expect((await each.put('/v1/consumers/acme', {})).status).toBe(201);
    }
  });
  afterAll(async () => {
    await source.close();
    await target.close();
  });

  const start = (key = ''): Promise<TestControlPlane> =>
    startTestControlPlane({ SLUICE_ENCRYPTION_KEY: key });

  async function exported(
    from: TestControlPlane,
    env: Readonly<Record<string, string>>,
  ): Promise<{ lines: string[]; leftOut: string[] }> {
    const [lines, leftOut]: [string[], string[]] = [[], []];
    const settings = readSettings({ DATABASE_URL: from.databaseUrl, ...env });
    await exportCredentials(settings, new JsonLogger('error'), {
      line: async (text) => void lines.push(text),
      leftOut: (text) => void leftOut.push(text),
    });
    return { lines: lines.sort(), leftOut };
  }

  it('creates the same credentials of every type in another database', async () => {
    let count = 0;
    for (const type of Object.keys(credentialTypes) as CredentialTypeName[]) {
      expect(contents[type].length).toBeGreaterThan(0);
      for (const content of contents[type]) {
        const path = '/v1/consumers/acme/credentials';
        const { status, body } = await source.post(path, { type, ...content });
        expect([status, body.errors]).toEqual([201, undefined]);
        count++;
      }
    }
    const { lines, leftOut } = await exported(source, { SLUICE_ENCRYPTION_KEY: keys[0] ?? '' });
    expect([lines.length, leftOut]).toEqual([count, []]);
    for (const line of lines) {
      const [path = '', content = '', ...more] = line.slice(0, -1).split('\t');
      expect([more, line.at(-1)]).toEqual([[], '\n']);
      const { status, body } = await target.post(path, content);
      expect([status, body.errors]).toEqual([201, undefined]);
    }
    expect(await exported(target, { SLUICE_ENCRYPTION_KEY: keys[1] ?? '' })).toEqual({
      lines,
      leftOut: [],
    });
  });

  it('needs the key of the secrets, and generates none', async () => {
    const env = { SLUICE_DATA_DIR: join(tmpdir(), `no-such-folder-${Date.now()}`) };
    await expect(exported(source, env)).rejects.toThrow('Set SLUICE_ENCRYPTION_KEY');
    const { lines, leftOut } = await exported(source, { SLUICE_ENCRYPTION_KEY: keys[1] ?? '' });
    // All of type hmac, and the one of type jwt that has a secret.
    expect(leftOut).toHaveLength(contents.hmac.length + 1);
    expect(leftOut.join('')).toMatch(/left out "secret" of the consumer "acme": .*key/);
    expect(lines.join('')).not.toContain('"hmac"');
  });

  it('leaves out what has expired, and says so', async () => {
    const own = await start();
    try {
      await own.put('/v1/consumers/acme', {});
      const { body } = await own.post('/v1/consumers/acme/keys', { name: 'past' });
      await own.sql(
        `UPDATE resource SET spec = spec || '{"expiresAt": "2020-01-01T00:00:00Z"}' WHERE id = $1`,
        [body['id']],
      );
      expect(await exported(own, {})).toEqual({
        lines: [],
        leftOut: [
          'left out "past" of the consumer "acme": it has expired at 2020-01-01T00:00:00Z\n',
        ],
      });
    } finally {
      await own.close();
    }
  });
});
