/** What this file reads and writes of a `package-lock.json` (lockfileVersion 3). */
export type Lockfile = { readonly packages: Readonly<Record<string, LockedPackage>> };

type LockedPackage = {
  readonly version?: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
  readonly libc?: readonly string[];
  readonly optionalDependencies?: Readonly<Record<string, string>>;
};

const systems: Readonly<Record<string, string>> = {
  ...{ linux: 'linux', darwin: 'darwin', win32: 'win32', windows: 'win32', win: 'win32' },
  ...{
    android: 'android',
    freebsd: 'freebsd',
    openbsd: 'openbsd',
    netbsd: 'netbsd',
    sunos: 'sunos',
    aix: 'aix',
    openharmony: 'openharmony',
  },
};
const processors: Readonly<Record<string, string>> = {
  ...{
    x64: 'x64',
    '64': 'x64',
    arm64: 'arm64',
    aarch64: 'arm64',
    arm: 'arm',
    armv7: 'arm',
    armv6: 'arm',
    ia32: 'ia32',
    '32': 'ia32',
  },
  ...{
    ppc64: 'ppc64',
    s390x: 's390x',
    riscv64: 'riscv64',
    loong64: 'loong64',
    mips64el: 'mips64el',
  },
};
const libraries: Readonly<Record<string, string>> = {
  musl: 'musl',
  musleabihf: 'musl',
  gnu: 'glibc',
  gnueabihf: 'glibc',
};

/**
 * Completes a lockfile. A package for many platforms names one optional package for each. npm
 * writes down only those that the registry offered when the lockfile was made, and a mirror may not
 * offer all; `npm ci` then refuses the lockfile on every machine. So each one that is missing is
 * added with the exact version its parent asks for, and with the platform that its name tells, so
 * that other platforms pass it over. There is no hash to add for what could not be fetched.
 *
 * @returns the completed lockfile and the names that were missing
 * @throws Error for a missing package that is not pinned to a version, or whose name tells no
 * platform
 */
export function completeLockfile<L extends Lockfile>(
  lockfile: L,
): { lockfile: L; missing: string[] } {
  const { packages } = lockfile;
  const added: Record<string, LockedPackage> = {};
  for (const parent of Object.values(packages)) {
    for (const [name, version] of Object.entries(parent.optionalDependencies ?? {})) {
      if (isLocked(packages, name) || `node_modules/${name}` in added) continue;
      added[`node_modules/${name}`] = entryFor(name, version, parent.dev === true);
    }
  }
  const { '': root, ...others } = { ...packages, ...added };
  const sorted = Object.entries(others).sort(([one], [other]) => one.localeCompare(other, 'en'));
  const missing = Object.keys(added)
    .map((path) => path.slice('node_modules/'.length))
    .sort();
  return {
    lockfile: {
      ...lockfile,
      packages: Object.fromEntries(root === undefined ? sorted : [['', root], ...sorted]),
    },
    missing,
  };
}

function isLocked(packages: Lockfile['packages'], name: string): boolean {
  return Object.keys(packages).some(
    (path) => path === `node_modules/${name}` || path.endsWith(`/node_modules/${name}`),
  );
}

function entryFor(name: string, version: string, isDev: boolean): LockedPackage {
  if (!/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))
    throw new Error(
      `${name} is missing from the lockfile and asked for as "${version}", which is not one version. Create the lockfile again with a complete registry.`,
    );
  const words = name.split(/[/-]/);
  const find = (table: Readonly<Record<string, string>>): string | undefined =>
    words.map((word) => table[word]).find((found) => found !== undefined);
  const [os, cpu, libc] = [find(systems), find(processors), find(libraries)];
  if (os === undefined || cpu === undefined)
    throw new Error(
      `${name} is missing from the lockfile, and its name tells no platform. Create the lockfile again with a complete registry.`,
    );
  return {
    version,
    cpu: [cpu],
    ...(isDev ? { dev: true } : {}),
    ...(os === 'linux' && libc !== undefined ? { libc: [libc] } : {}),
    optional: true,
    os: [os],
  };
}
