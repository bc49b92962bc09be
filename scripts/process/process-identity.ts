import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Enough to tell a process from a later one that was given the same pid. */
export type ProcessIdentity = {
  readonly pid: number;
  readonly startedAt: string;
  readonly command: string;
};

/**
 * Identifies a running process. Gives `undefined` when there is none with this pid, or when the
 * system will not say. Linux answers from /proc (slim images carry no `ps`), other systems through
 * `ps`.
 */
export function identifyProcess(pid: number): ProcessIdentity | undefined {
  try {
    return process.platform === 'linux' ? fromProc(pid) : fromPs(pid);
  } catch {
    return undefined;
  }
}

/** Whether a process recorded earlier is still the one that runs under its pid. */
export function isStillRunning(recorded: {
  readonly pid: number;
  readonly startedAt: string;
}): boolean {
  return identifyProcess(recorded.pid)?.startedAt === recorded.startedAt;
}

function fromProc(pid: number): ProcessIdentity | undefined {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The second field is the program's name in parentheses and may itself hold spaces and
  // parentheses: read on after the last one.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (fields[0] === 'Z') return undefined;
  const startedAt = fields[19];
  if (startedAt === undefined) return undefined;
  const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
  return { pid, startedAt, command };
}

function fromPs(pid: number): ProcessIdentity | undefined {
  const text = execFileSync('ps', ['-o', 'lstart=,command=', '-p', String(pid)], {
    encoding: 'utf8',
    timeout: 5_000,
  }).trim();
  // `lstart` is five words: Mon Nov 23 14:51:07 2026
  const words = text.split(/\s+/);
  if (words.length < 6) return undefined;
  return { pid, startedAt: words.slice(0, 5).join(' '), command: words.slice(5).join(' ') };
}
