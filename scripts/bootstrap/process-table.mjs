import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/**
 * Describes a running process: its parent, its command line, and when it started, which tells it
 * from a later process of the same pid. Linux answers from /proc, because slim images carry no
 * `ps`.
 * @param {number} pid
 * @returns {{ pid: number, ppid: number, startedAt: string, command: string } | undefined}
 * `undefined` when there is none
 */
export function describeProcess(pid) {
  try {
    return process.platform === 'linux' ? fromProc(pid) : fromPs(pid);
  } catch {
    return undefined;
  }
}

/**
 * Whether a process that was described earlier still runs.
 * @param {{ pid: number, startedAt: string } | undefined} described
 */
export function isStillRunning(described) {
  const found = described === undefined ? undefined : describeProcess(described.pid);
  return found !== undefined && found.startedAt === described.startedAt;
}

function fromProc(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The second field is the program's name in parentheses and may itself hold spaces and
  // parentheses.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (fields[0] === 'Z') return undefined;
  return {
    pid,
    ppid: Number(fields[1]),
    startedAt: fields[19],
    command: readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim(),
  };
}

function fromPs(pid) {
  const text = execFileSync('ps', ['-o', 'ppid=,lstart=,command=', '-p', String(pid)], {
    encoding: 'utf8',
    timeout: 5_000,
  });
  const [ppid, ...words] = text.trim().split(/\s+/);
  // `lstart` is five words: Mon Nov 23 14:51:07 2026
  return {
    pid,
    ppid: Number(ppid),
    startedAt: words.slice(0, 5).join(' '),
    command: words.slice(5).join(' '),
  };
}
