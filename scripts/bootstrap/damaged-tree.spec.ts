import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { checkout, removeCheckouts, run, write } from './testing/checkout.ts';

const tree = 'node_modules';
let root = '';

/** With the real npm, and packages that come from files. */
beforeAll(() => {
  root = checkout('damaged', "console.log('ran');");
  const names = ['thing', 'other'];
  for (const name of names) {
    write(
      join(root, 'vendor', name, 'package', 'package.json'),
      JSON.stringify({ name, version: '1.0.0', bin: { [name]: 'run.js' } }),
    );
    write(join(root, 'vendor', name, 'package', 'run.js'), '#!/usr/bin/env node\n');
    const packed = spawnSync(
      'tar',
      ['-czf', join(root, 'vendor', `${name}.tgz`), '-C', join(root, 'vendor', name), 'package'],
      { encoding: 'utf8' },
    );
    expect([packed.status, packed.stderr]).toEqual([0, '']);
  }
  const dependencies = Object.fromEntries(names.map((name) => [name, `file:vendor/${name}.tgz`]));
  const own = { name: 'damaged', version: '1.0.0', type: 'module', dependencies };
  write(
    join(root, 'package.json'),
    JSON.stringify({
      ...own,
      optionalDependencies: JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
        .optionalDependencies as object,
    }),
  );
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, object>;
  };
  lock.packages[''] = { ...lock.packages[''], dependencies };
  for (const name of names)
    lock.packages[`node_modules/${name}`] = {
      version: '1.0.0',
      resolved: `file:vendor/${name}.tgz`,
      bin: { [name]: 'run.js' },
    };
  write(join(root, 'package-lock.json'), JSON.stringify(lock));
  expect(run(root)).toMatchObject({ status: 0, stdout: 'ran\n' });
  expect(run(root).stderr).toBe('');
}, 60_000);

afterAll(removeCheckouts);

const at = (...path: string[]): string => join(root, tree, ...path);

describe('a damaged node_modules', () => {
  it.each<readonly [string, () => void]>([
    ['without a package', () => rmSync(at('thing'), { recursive: true })],
    [
      'with a package that was emptied',
      () => (rmSync(at('thing'), { recursive: true }), mkdirSync(at('thing'))),
    ],
    [
      'with a file where a package was',
      () => (rmSync(at('thing'), { recursive: true }), writeFileSync(at('thing'), '')),
    ],
    ['without the link of a program', () => rmSync(at('.bin', 'other'))],
    ['without any programs', () => rmSync(at('.bin'), { recursive: true })],
    ['without its record', () => rmSync(at('.package-lock.json'))],
    [
      'with a record that was cut off',
      () => writeFileSync(at('.package-lock.json'), '{"packages":{'),
    ],
    ['with an empty record', () => writeFileSync(at('.package-lock.json'), 'null')],
    [
      'with a record of other packages',
      () =>
        writeFileSync(
          at('.package-lock.json'),
          '{"packages":{"node_modules/elsewhere":{"version":"1.0.0"}}}',
        ),
    ],
    ['that is empty', () => (rmSync(at(), { recursive: true }), mkdirSync(at()))],
    ['that is a file', () => (rmSync(at(), { recursive: true }), writeFileSync(at(), ''))],
    ['that does not exist', () => rmSync(at(), { recursive: true })],
  ])('%s is repaired at the next start', (_, damage) => {
    damage();
    const { status, stdout, stderr } = run(root);
    expect([status, stdout, stderr]).toEqual([
      0,
      'ran\n',
      expect.stringMatching(
        /^Installing the dependencies[\s\S]*Installed the dependencies in \d+ s\.\n$/,
      ),
    ]);
    for (const path of [
      at('thing', 'run.js'),
      at('.bin', 'thing'),
      at('.bin', 'other'),
      at('.package-lock.json'),
    ])
      expect(existsSync(path)).toBe(true);
    expect(run(root).stderr).toBe('');
  });
});
