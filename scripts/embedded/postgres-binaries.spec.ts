import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import { outsideFolder } from './outside-folder.ts';
import { preparePostgresBinaries } from './postgres-binaries.ts';
import { copyPostgresOut } from './postgres-copy.ts';

const folder = mkdtempSync(join(tmpdir(), 'sluice-binaries-'));
const native = dirname(dirname(preparePostgresBinaries(undefined, () => {}).postgres));

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('copying Postgres out of a checkout that cannot run it', () => {
  const notices: string[] = [];
  const copy = (): string =>
    copyPostgresOut(native, '18.0.0', (line) => notices.push(line), folder);

  beforeEach(() => {
    notices.length = 0;
  });

  it('gives a server that runs, readable by every account', () => {
    const target = copy();
    expect(notices).toHaveLength(1);
    expect(
      execFileSync(join(target, 'bin', 'postgres'), ['--version'], { encoding: 'utf8' }),
    ).toMatch(/^postgres \(PostgreSQL\) 18\./);
    for (const path of ['..', 'bin', 'bin/postgres', 'bin/initdb'])
      expect(lstatSync(join(target, path)).mode & 0o777).toBe(0o755);
    expect(lstatSync(join(target, 'share/postgresql/postgres.bki')).mode & 0o777).toBe(0o644);
  });

  it('copies once, and again when files were lost', () => {
    const target = copy();
    expect(notices).toEqual([]);
    rmSync(join(target, 'share', 'postgresql', 'postgres.bki'));
    expect(copy()).toBe(target);
    expect(notices).toHaveLength(1);
    expect(existsSync(join(target, 'share', 'postgresql', 'postgres.bki'))).toBe(true);
    expect(readdirSync(folder).filter((name) => name.includes('partial'))).toEqual([]);
  });
});

describe('the folder outside the checkout', () => {
  const parent = join(folder, 'tmp');
  const name = `sluice-${process.getuid?.() ?? 0}`;

  beforeEach(() => {
    rmSync(parent, { recursive: true, force: true });
    mkdirSync(parent);
  });

  it('is made so that others can pass through but not write', () => {
    expect(lstatSync(outsideFolder(parent)).mode & 0o777).toBe(0o755);
    expect(outsideFolder(parent)).toBe(join(parent, name));
  });

  it('is refused when another account could have prepared it', () => {
    mkdirSync(join(parent, name));
    chmodSync(join(parent, name), 0o777);
    expect(() => outsideFolder(parent)).toThrow(/not safe to use/);
    rmSync(join(parent, name), { recursive: true });
    symlinkSync(folder, join(parent, name));
    expect(() => outsideFolder(parent)).toThrow(/not safe to use/);
  });
});
