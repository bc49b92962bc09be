import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Step } from './step.ts';

const quiet = { TURBO_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1', TURBO_NO_UPDATE_NOTIFIER: '1' };

/** Builds all packages and apps; what is up to date is not built again. */
export function buildStep(root: string): Step {
  return tool(
    root,
    'build',
    'turbo',
    ['run', 'build', '--output-logs=errors-only', '--continue=never'],
    900_000,
    quiet,
  );
}

/** The checks that do not run our code. */
export function staticSteps(root: string): Step[] {
  return [
    {
      name: 'lockfile',
      command: process.execPath,
      args: [join(root, 'scripts', 'complete-lockfile.ts'), '--check'],
      timeoutMs: 30_000,
    },
    tool(
      root,
      'format',
      'prettier',
      ['--check', '--log-level', 'warn', '**/*.{ts,mts,cts,js,mjs,cjs}'],
      300_000,
    ),
    tool(root, 'lint', 'eslint', ['.', '--max-warnings', '0'], 600_000),
    tool(root, 'types', 'tsc', ['-p', 'tsconfig.check.json', '--pretty', 'false'], 600_000),
    tool(
      root,
      'walls',
      'depcruise',
      ['--config', '.dependency-cruiser.cjs', 'packages', 'apps'],
      180_000,
    ),
    tool(root, 'unused code', 'knip', ['--no-progress', '--no-config-hints'], 180_000),
    {
      name: 'words',
      command: process.execPath,
      args: [join(root, 'scripts', 'check-words.ts')],
      timeoutMs: 30_000,
    },
    {
      name: 'commit subjects',
      command: process.execPath,
      args: [join(root, 'scripts', 'check-subjects.ts')],
      timeoutMs: 30_000,
    },
    tool(root, 'proto', 'buf', ['lint', 'proto'], 60_000),
  ];
}

/** Compares what is generated with what is committed. It needs the build. */
export function generatedStep(root: string): Step {
  const script = join(root, 'scripts', 'generate.ts');
  return {
    name: 'generated files',
    command: process.execPath,
    args: ['--conditions=sluice-source', script, '--check'],
    timeoutMs: 60_000,
  };
}

function tool(
  root: string,
  name: string,
  program: string,
  args: readonly string[],
  timeoutMs: number,
  env: Readonly<Record<string, string>> = {},
): Step {
  const bin = join(root, 'node_modules', '.bin');
  const command = join(
    bin,
    process.platform === 'win32' && existsSync(join(bin, `${program}.cmd`))
      ? `${program}.cmd`
      : program,
  );
  return { name, command, args, env, timeoutMs };
}
