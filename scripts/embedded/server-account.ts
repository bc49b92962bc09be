import { execFileSync, spawnSync } from 'node:child_process';
import { SetupError } from '../process/setup-error.ts';

/** An account of the operating system that a server runs as. */
export type ServerAccount = { readonly name: string; readonly uid: number; readonly gid: number };

/**
 * The account Postgres must run as: `undefined` for "as we are". Postgres refuses to run as root,
 * so root runs it as the account `postgres`, or as the unprivileged account of the system where
 * that one does not exist.
 * @throws SetupError when we are root and neither account exists.
 */
export function postgresAccount(): ServerAccount | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const account = findAccount('postgres') ?? findAccount('nobody');
  if (account !== undefined) return account;
  throw new SetupError(
    'Postgres does not run as root, and this system has neither an account "postgres" nor "nobody" to run it as.\n' +
      'Start Sluice as an ordinary user, or set DATABASE_URL to a running Postgres.',
  );
}

function findAccount(name: string): ServerAccount | undefined {
  try {
    const [uid, gid] = ['-u', '-g'].map((flag) =>
      Number(execFileSync('id', [flag, name], { stdio: 'pipe', timeout: 5_000 })),
    );
    return uid === undefined || gid === undefined ? undefined : { name, uid, gid };
  } catch {
    return undefined;
  }
}

/**
 * Whether an account can use a path: `-r` read it, `-x` run it or pass through it. The kernel is
 * asked in that account's name, because mode bits alone do not know of access lists, of `noexec`
 * mounts or of a closed folder further up.
 */
export function canUse(account: ServerAccount, path: string, access: '-r' | '-x'): boolean {
  const { uid, gid } = account;
  const result = spawnSync('/bin/sh', ['-c', `test ${access} "$1"`, 'sh', path], {
    uid,
    gid,
    cwd: '/',
    stdio: 'ignore',
    timeout: 5_000,
  });
  if (result.error !== undefined) {
    throw new SetupError(
      `This system does not let root run a program as "${account.name}" (${result.error.message}).\n` +
        'Start Sluice as an ordinary user, or set DATABASE_URL to a running Postgres.',
    );
  }
  return result.status === 0;
}
