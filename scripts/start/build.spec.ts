import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, expect, it } from '@jest/globals';
import { sourceStamp } from './build.ts';

const root = mkdtempSync(join(tmpdir(), 'sluice-build-'));

afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

function write(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

it('changes with every file that goes into the build, and with no other', () => {
  write('packages/a/src/index.ts', 'one');
  write('package-lock.json', '{}');
  const stamps = [sourceStamp(root)];
  const expectChange = (isExpected: boolean): void => {
    const stamp = sourceStamp(root);
    expect(stamp !== stamps.at(-1)).toBe(isExpected);
    stamps.push(stamp);
  };

  for (const path of [
    'packages/a/src/index.spec.ts',
    'packages/a/dist/index.js',
    'packages/a/node_modules/b/index.js',
    'docs/page.md',
  ]) {
    write(path, 'text');
    expectChange(false);
  }
  for (const path of [
    'apps/b/src/main.ts',
    'packages/a/package.json',
    'proto/a.proto',
    'tsconfig.base.json',
  ]) {
    write(path, 'text');
    expectChange(true);
  }
  write('packages/a/src/index.ts', 'longer');
  expectChange(true);
  utimesSync(join(root, 'packages/a/src/index.ts'), new Date(1_000), new Date(1_000));
  expectChange(true);
  rmSync(join(root, 'apps/b/src/main.ts'));
  expectChange(true);
});
