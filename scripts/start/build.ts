import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { runStep } from '../checks/step.ts';
import { SetupError } from '../process/setup-error.ts';

const stampFile = '.cache/build-stamp';
const inputs = [
  'packages',
  'apps',
  'proto',
  'package-lock.json',
  'tsconfig.base.json',
  'turbo.json',
];
const passedOver = new Set(['node_modules', 'dist', '.turbo']);
const apps = ['control-plane', 'proxy'];
const timeoutMs = 600_000;

/**
 * Builds the control plane and the proxy, unless nothing has changed since the last build here.
 * Returns whether it built.
 * @throws SetupError with the compiler's output when the build fails.
 */
export async function ensureBuilt(root: string): Promise<boolean> {
  const stamp = sourceStamp(root);
  if (isBuilt(root, stamp)) return false;
  const { isPassed, output } = await runStep({
    name: 'build',
    command: join(root, 'node_modules', '.bin', 'turbo'),
    args: [
      'run',
      'build',
      '--output-logs=errors-only',
      ...apps.map((app) => `--filter=@sluice/${app}...`),
    ],
    env: { TURBO_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1', TURBO_NO_UPDATE_NOTIFIER: '1' },
    timeoutMs,
  });
  if (!isPassed) throw new SetupError(`The build failed:\n${output}`);
  mkdirSync(dirname(join(root, stampFile)), { recursive: true });
  writeFileSync(join(root, stampFile), stamp);
  return true;
}

function isBuilt(root: string, stamp: string): boolean {
  const built =
    existsSync(join(root, stampFile)) && readFileSync(join(root, stampFile), 'utf8') === stamp;
  return (
    built &&
    apps.every((app) => existsSync(join(root, 'apps', app, 'dist', 'main.js'))) &&
    packagesHaveOutput(root)
  );
}

function packagesHaveOutput(root: string): boolean {
  const folder = join(root, 'packages');
  return readdirSync(folder).every(
    (name) =>
      !existsSync(join(folder, name, 'dist')) || readdirSync(join(folder, name, 'dist')).length > 0,
  );
}

/**
 * Changes whenever a file that goes into the build does. Names, sizes and times tell; nothing is
 * read. Exported for its spec.
 */
export function sourceStamp(root: string): string {
  const hash = createHash('sha256');
  const visit = (path: string): void => {
    const entry = statSync(join(root, path), { throwIfNoEntry: false });
    if (entry === undefined) return;
    if (entry.isDirectory()) {
      for (const name of readdirSync(join(root, path)).sort())
        if (!passedOver.has(name)) visit(`${path}/${name}`);
    } else if (!path.endsWith('.spec.ts')) {
      hash.update(`${path} ${entry.size} ${entry.mtimeMs}\n`);
    }
  };
  for (const path of inputs) visit(path);
  return hash.digest('hex');
}
