import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { readArguments as readStart } from './start.mjs';
import { readArguments as readTest } from './test.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));

describe('the arguments of npm start and npm test', () => {
  it.each([
    [['--help'], { help: expect.any(String) }],
    [['-h'], { help: expect.any(String) }],
    [['--empty'], { isEmpty: true }],
    [[], { isEmpty: false }],
    [['--empty=1'], { fault: '"--empty=1" is not known. Try: npm start -- --help' }],
    [['--foo', '--empty'], { fault: '"--foo" is not known. Try: npm start -- --help' }],
    [[''], { fault: '"" is not known. Try: npm start -- --help' }],
  ])('npm start -- %j', (args, expected) => {
    expect(readStart(args)).toMatchObject(expected);
  });

  it.each([
    [[], {}],
    [['packages/router', 'e2e/tour'], {}],
    [['-t', '--help me', 'packages'], {}],
    [['--testNamePattern=a', '--bail'], {}],
    [['packages', '-h'], { help: expect.any(String) }],
    [['--hepl'], { fault: '"--hepl" is not known. Try: npm test -- --help' }],
    [['--bail=2'], { fault: '"--bail=2" is not known. Try: npm test -- --help' }],
    [['--testTimeout'], { fault: '--testTimeout needs a value. Try: npm test -- --help' }],
    [[''], { fault: 'An empty pattern matches nothing. Try: npm test -- --help' }],
  ])('npm test -- %j', (args, expected) => {
    expect(readTest(args)).toEqual(expected);
  });
});

describe.each([
  'scripts/start.ts',
  'scripts/test.ts',
  'scripts/generate.ts',
  'scripts/complete-lockfile.ts',
  'scripts/dev-services.ts',
  'bench/first-install/interrupt.ts',
])('%s', (script) => {
  const run = (arg: string) =>
    spawnSync(process.execPath, ['--conditions=sluice-source', script, arg], {
      cwd: root,
      encoding: 'utf8',
      timeout: 20_000,
    });

  it('prints its options and exits', () => {
    expect(run('--help')).toMatchObject({
      status: 0,
      stderr: '',
      stdout: expect.stringMatching(/^(?:Usage|Options): |^ {2}npm (?:start|test) -- --help/m),
    });
  });

  it('refuses an unknown option with a message', () => {
    const { status, stdout, stderr } = run('--chekc');
    expect(stderr).toMatch(/--chekc/);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect([status === 1 || status === 2, stdout]).toEqual([true, '']);
  });
});
