import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { SetupError } from '../process/setup-error.ts';
import { explainDataAccess, requireDataAccess } from './data-access.ts';

const isRoot = process.getuid?.() === 0;
const advice = 'or use another folder: SLUICE_DATA_DIR=<folder>.';
let folder = '';
let dataDir = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-access-'));
  chmodSync(folder, 0o711);
  dataDir = join(folder, 'data');
  for (const part of ['logs', 'postgres', 'proxy'])
    mkdirSync(join(dataDir, part), { recursive: true });
});

afterEach(() => {
  chmodSync(dataDir, 0o755);
  rmSync(folder, { recursive: true, force: true });
});

/** Runs `work` as an account that is not root, because root may use every file. */
function unprivileged(work: () => void): unknown {
  if (isRoot) process.seteuid?.(65_534);
  try {
    work();
    return undefined;
  } catch (error) {
    return error;
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
}

it('accepts a folder that is not there, an empty one, and one with our own files', () => {
  writeFileSync(join(dataDir, 'postgres', 'postgres.json'), '{}', { mode: 0o600 });
  requireDataAccess(dataDir);
  requireDataAccess(join(folder, 'missing'));
});

it.each(['postgres/postgres.json', 'logs/proxy.log', 'proxy/snapshot', 'admin-token'])(
  'names %s when this account cannot use it, its owner, and what to do',
  (file) => {
    const path = join(dataDir, file);
    for (const part of ['.', 'logs', 'postgres', 'proxy']) chmodSync(join(dataDir, part), 0o777);
    writeFileSync(path, '{}', { mode: isRoot ? 0o600 : 0o000 });
    const fault = unprivileged(() => {
      requireDataAccess(dataDir);
    });
    expect(fault).toBeInstanceOf(SetupError);
    const { message } = fault as Error;
    expect(message).toContain(
      `cannot use ${path} (EACCES): it belongs to "${userInfo().username}"`,
    );
    expect(message).toContain(isRoot ? 'Start as "root"' : 'Correct its permissions');
    expect(message).toContain(`remove the folder ${dataDir}`);
    expect(message).toContain(advice);
  },
);

it('names the closed folder above a file', () => {
  const path = join(dataDir, 'postgres', 'postgres.json');
  writeFileSync(path, '{}');
  chmodSync(dataDir, isRoot ? 0o700 : 0o000);
  const refusal = unprivileged(() => readFileSync(path));
  chmodSync(dataDir, 0o700);
  const fault = explainDataAccess(refusal, dataDir);
  expect(fault).toBeInstanceOf(SetupError);
  expect((fault as Error).message).toContain(path);
});

it('explains a read-only file system, and leaves other errors alone', () => {
  const error = (code: string, path: string): Error =>
    Object.assign(new Error('refused'), { code, path });
  expect(explainDataAccess(error('EROFS', join(dataDir, 'demo-key')), dataDir)).toMatchObject({
    message: expect.stringContaining('read-only file system'),
  });
  for (const other of [error('ENOSPC', join(dataDir, 'a')), error('EACCES', '/elsewhere'), 'text'])
    expect(explainDataAccess(other, dataDir)).toBe(other);
});
