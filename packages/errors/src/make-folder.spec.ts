import { existsSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { makeFolder } from './make-folder.ts';

const root = mkdtempSync(join(tmpdir(), 'sluice-folder-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('makeFolder', () => {
  it('creates a folder and its parents, and accepts one that exists', () => {
    const path = join(root, 'a', 'b', 'c');
    makeFolder(path, 0o700);
    makeFolder(path, 0o700);
    expect(statSync(path).mode & 0o777).toBe(0o700);
    expect(statSync(join(root, 'a')).mode & 0o777).toBe(0o700);
    makeFolder(join(root, 'd/../e/'));
    expect(existsSync(join(root, 'e'))).toBe(true);
  });

  it('throws when a part of the path is a file or a link to nothing', () => {
    writeFileSync(join(root, 'file'), '');
    symlinkSync(join(root, 'nowhere', 'below'), join(root, 'link'));
    expect(() => makeFolder(join(root, 'file'))).toThrow('EEXIST');
    expect(() => makeFolder(join(root, 'file', 'below'))).toThrow('ENOTDIR');
    expect(() => makeFolder(join(root, 'link'))).toThrow('EEXIST');
    expect(() => makeFolder(join(root, 'link', 'below'))).toThrow(/EEXIST|ENOENT/);
  });

  // Linux only: elsewhere /proc is a folder that does not exist and that only root may create.
  it.each(['/proc/nope', '/proc/nope/deeper/still'])('throws and ends for %s', (path) => {
    expect(() => makeFolder(path)).toThrow(/ENOENT|EACCES|EROFS/);
  });
});
