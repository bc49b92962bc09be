import { createServer, type AddressInfo, type Server } from 'node:net';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createTestDatabase, type TestDatabase } from '@sluice/testkit';
import { freePort } from '../../scripts/process/ports.ts';
import { AppProcess } from '../harness/app-process.ts';

describe('a control plane with invalid settings', () => {
  let folder: string;
  let database: TestDatabase;
  let taken: Server;
  let takenPort: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sluice-bad-input-'));
    await writeFile(join(folder, 'file'), 'not a folder');
    database = await createTestDatabase();
    taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    takenPort = String((taken.address() as AddressInfo).port);
  }, 30_000);
  afterAll(async () => {
    taken.close();
    await database.drop();
    await rm(folder, { recursive: true, force: true });
  });

  const run = async (
    env: Record<string, string>,
  ): Promise<{ code: number | string; said: string }> => {
    const controlPlane = new AppProcess('control-plane', 'bad-input', {
      DATABASE_URL: database.url,
      SLUICE_ADMIN_PORT: '0',
      SLUICE_STREAM_PORT: '0',
      SLUICE_DATA_DIR: join(folder, 'data'),
      ...env,
    });
    const code = await controlPlane.run(30_000);
    return { code, said: controlPlane.lines.join('\n') };
  };

  it('lists all invalid settings and ends', async () => {
    const { code, said } = await run({
      DATABASE_URL: 'mysql://user:secret@db/x',
      SLUICE_ADMIN_PORT: '70000',
      SLUICE_ADMIN_TOKEN: 'secret',
      SLUICE_LOG_LEVEL: 'loud',
    });
    expect(code).toBe(1);
    for (const name of [
      'DATABASE_URL',
      'SLUICE_ADMIN_PORT',
      'SLUICE_ADMIN_TOKEN',
      'SLUICE_LOG_LEVEL',
    ])
      expect(said).toMatch(new RegExp(`^  ${name} `, 'm'));
    expect(said).toContain('--help');
    expect(said).not.toContain('secret@');
    expect(said).not.toMatch(/^\s+at /m);
  });

  it.each(['SLUICE_ADMIN_PORT', 'SLUICE_STREAM_PORT'])(
    'names the port of %s when it is taken, and the variable to set',
    async (variable) => {
      const { code, said } = await run({ [variable]: takenPort });
      expect(code).toBe(1);
      expect(said).toContain(takenPort);
      expect(said).toContain(variable);
      expect(said).not.toMatch(/^\s+at /m);
    },
    40_000,
  );

  it('names a data directory that cannot be written, and the variable to set', async () => {
    const { code, said } = await run({ SLUICE_DATA_DIR: join(folder, 'file', 'below') });
    expect(code).toBe(1);
    expect(said).toContain(join(folder, 'file', 'below'));
    expect(said).toContain('SLUICE_DATA_DIR');
    expect(said).not.toMatch(/^\s+at /m);
  }, 40_000);

  it('waits for an unreachable database, logs that, and gives up with advice', async () => {
    const startedAt = performance.now();
    const { code, said } = await run({
      DATABASE_URL: `postgres://sluice:hush@127.0.0.1:${await freePort()}/sluice`,
      SLUICE_DATABASE_WAIT_MS: '1500',
    });
    expect(code).toBe(1);
    expect(performance.now() - startedAt).toBeGreaterThan(1_400);
    expect(said).toMatch(/wait/i);
    expect(said).toContain('DATABASE_URL');
    expect(said).not.toContain('hush');
    expect(said).not.toMatch(/^\s+at /m);
  }, 40_000);
});
