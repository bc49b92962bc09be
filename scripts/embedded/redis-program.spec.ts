import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { findRedisProgram } from './redis-program.ts';

const folder = mkdtempSync(join(tmpdir(), 'sluice-redis-'));

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

function program(name: string, mode: number): string {
  const home = join(folder, `${name}-${mode}`);
  mkdirSync(home, { recursive: true });
  writeFileSync(join(home, name), '#!/bin/sh\n');
  chmodSync(join(home, name), mode);
  return home;
}

describe('looking for a Redis program', () => {
  it('takes redis-server before valkey-server, wherever they are on the path', async () => {
    const [redis, valkey] = [program('redis-server', 0o755), program('valkey-server', 0o755)];
    expect((await findRedisProgram([valkey, redis].join(delimiter), () => {})).command).toBe(
      join(redis, 'redis-server'),
    );
    expect((await findRedisProgram(valkey, () => {})).command).toBe(join(valkey, 'valkey-server'));
  });

  it('passes over what is not a program and names the three ways when nothing is left', async () => {
    const notExecutable = program('redis-server', 0o644);
    const failure = findRedisProgram(notExecutable, () => {}, join(folder, 'cache'));
    await expect(failure).rejects.toThrow(
      /REDIS_URL[\s\S]*Install redis-server or valkey-server[\s\S]*Debian or Ubuntu[\s\S]*no apt-get/,
    );
  });

  it('says what apt-get said when fetching fails', async () => {
    const home = program('apt-get', 0o755);
    for (const name of ['apt-cache', 'dpkg-deb']) {
      writeFileSync(join(home, name), '#!/bin/sh\n');
      chmodSync(join(home, name), 0o755);
    }
    writeFileSync(
      join(home, 'apt-get'),
      '#!/bin/sh\necho "E: no route to the archive" >&2\nexit 100\n',
    );
    const notices: string[] = [];
    const failure = findRedisProgram(home, (line) => notices.push(line), join(folder, 'cache'));
    await expect(failure).rejects.toThrow(/three ways[\s\S]*E: no route to the archive/);
    expect(notices).toHaveLength(2);
  });
});
