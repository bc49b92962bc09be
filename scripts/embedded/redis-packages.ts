import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findOnPath } from '../process/search-path.ts';

/** A Redis server program and what it needs in its environment. */
export type RedisProgram = {
  readonly command: string;
  readonly env: Readonly<Record<string, string>>;
};

type AptTools = { readonly apt: string; readonly aptCache: string };

const run = promisify(execFile);
const aptTimeoutMs = 180_000;

/**
 * Fetches the Redis server from the Debian or Ubuntu archive without root: `apt-get download` and
 * `dpkg-deb --extract` into `cache`, where later runs find it. The libraries it needs come along,
 * because they are not installed either where Redis is not.
 * @throws Error saying which command failed and how.
 */
export async function fetchRedisPackages(
  searchPath: string,
  onNotice: (line: string) => void,
  cache: string,
): Promise<RedisProgram> {
  const unpacked = join(cache, 'unpacked');
  if (existsSync(unpacked)) {
    const program = programIn(unpacked);
    if (await runs(program)) return program;
    rmSync(unpacked, { recursive: true, force: true });
  }
  const [apt, aptCache, dpkg] = ['apt-get', 'apt-cache', 'dpkg-deb'].map((name) =>
    findOnPath(searchPath, [name]),
  );
  if (apt === undefined || aptCache === undefined || dpkg === undefined)
    throw new Error('This system has no apt-get, apt-cache and dpkg-deb on PATH.');

  onNotice(`Fetching Redis with apt-get into ${cache} (once)`);
  const partial = join(cache, `new-${process.pid}`);
  try {
    const archives = join(partial, 'archives');
    mkdirSync(archives, { recursive: true });
    await download({ apt, aptCache }, { archives, state: join(cache, 'apt') }, onNotice);
    const fresh = join(partial, 'unpacked');
    for (const archive of readdirSync(archives).filter((name) => name.endsWith('.deb'))) {
      await run(dpkg, ['--extract', join(archives, archive), fresh], { timeout: aptTimeoutMs });
    }
    await run(programIn(fresh).command, ['--version'], {
      env: { ...process.env, ...programIn(fresh).env },
      timeout: 10_000,
    });
    renameSync(fresh, unpacked);
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
  return programIn(unpacked);
}

/**
 * Tries the package lists the system has; a fresh machine has none, or stale ones, so the second
 * try fetches lists of its own.
 */
async function download(
  tools: AptTools,
  { archives, state }: { archives: string; state: string },
  onNotice: (line: string) => void,
): Promise<void> {
  try {
    await downloadWith(tools, [], archives);
  } catch {
    onNotice('Fetching the package lists with apt-get update (private to this checkout)');
    const lists = join(state, 'lists');
    mkdirSync(join(lists, 'partial'), { recursive: true });
    mkdirSync(join(state, 'cache', 'archives', 'partial'), { recursive: true });
    // The last option keeps root from changing to the account _apt, which may not write here.
    const own = [
      '-o',
      `Dir::State::lists=${lists}`,
      '-o',
      `Dir::Cache=${join(state, 'cache')}`,
      '-o',
      'APT::Sandbox::User=root',
    ];
    await run(tools.apt, [...own, 'update'], { timeout: aptTimeoutMs });
    await downloadWith(tools, own, archives);
  }
}

async function downloadWith(
  tools: AptTools,
  options: readonly string[],
  archives: string,
): Promise<void> {
  const programs = ['redis-server', 'redis-tools'];
  const { stdout } = await run(
    tools.aptCache,
    [...options, 'depends', '--important', ...programs],
    { timeout: aptTimeoutMs },
  );
  // The names of the libraries change with every release (libssl3, libssl3t64), so the archive is
  // asked for them. Any system has the C library.
  const libraries = [...stdout.matchAll(/Depends: ((?:lib|lua-)[a-z0-9.+-]+)/g)].flatMap(
    ([, name]) => (name === undefined || name === 'libc6' ? [] : [name]),
  );
  await run(
    tools.apt,
    [...options, '-o', 'APT::Sandbox::User=root', 'download', ...programs, ...new Set(libraries)],
    { cwd: archives, timeout: aptTimeoutMs },
  );
}

function programIn(folder: string): RedisProgram {
  const libraries = ['usr/lib', 'lib']
    .map((name) => join(folder, name))
    .filter((path) => existsSync(path));
  const perPlatform = libraries.flatMap((path) =>
    readdirSync(path)
      .filter((name) => name.endsWith('-linux-gnu'))
      .map((name) => join(path, name)),
  );
  return {
    command: join(folder, 'usr', 'bin', 'redis-server'),
    env: { LD_LIBRARY_PATH: [...perPlatform, ...libraries].join(':') },
  };
}

async function runs(program: RedisProgram): Promise<boolean> {
  return await run(program.command, ['--version'], {
    env: { ...process.env, ...program.env },
    timeout: 10_000,
  }).then(
    () => true,
    () => false,
  );
}
