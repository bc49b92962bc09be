import { readdirSync, readFileSync } from 'node:fs';

/** CPU time a process and its children have used, user and system, all threads, in nanoseconds. */
export function cpuNanoseconds(pid: number): number {
  return processTree(pid).reduce((sum, member) => sum + ownCpu(member), 0);
}

/** Resident memory of a process and its children, in bytes. Shared pages count for each. */
export function residentBytes(pid: number): number {
  return processTree(pid).reduce((sum, member) => {
    const status = readIfThere(`/proc/${member}/status`);
    return sum + Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024;
  }, 0);
}

/** The process and everything below it. */
export function processTree(pid: number): number[] {
  const children = readIfThere(`/proc/${pid}/task/${pid}/children`).trim();
  return [
    pid,
    ...(children === '' ? [] : children.split(' ').flatMap((child) => processTree(Number(child)))),
  ];
}

/**
 * CPU time of the children that this process has started and that have ended, in nanoseconds, to
 * the clock tick.
 */
export function endedChildrenCpuNanoseconds(): number {
  // Behind the name, which may contain anything: state, and from there on numbers; cutime and
  // cstime are fields 16 and 17.
  const fields = readIfThere('/proc/self/stat').split(') ').at(-1)?.split(' ') ?? [];
  const nanosecondsPerTick = 10_000_000;
  return (Number(fields[13]) + Number(fields[14])) * nanosecondsPerTick;
}

/** The scheduler's own account of each thread: finer than the clock ticks of /proc/<pid>/stat. */
function ownCpu(pid: number): number {
  let sum = 0;
  try {
    for (const thread of readdirSync(`/proc/${pid}/task`)) {
      sum += Number(readIfThere(`/proc/${pid}/task/${thread}/schedstat`).split(' ')[0] ?? 0);
    }
  } catch {
    // It ended in between.
  }
  return sum;
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/**
 * Looks at the resident memory of a process and its children five times a second, until it is
 * stopped.
 */
export class MemoryWatch {
  /** When the watch began. */
  readonly first: number;
  most: number;
  readonly #pid: number;
  readonly #timer: NodeJS.Timeout;

  constructor(pid: number) {
    this.#pid = pid;
    this.first = this.most = residentBytes(pid);
    this.#timer = setInterval(() => this.#look(), 200);
  }

  /** Looks a last time. */
  stop(): void {
    clearInterval(this.#timer);
    this.#look();
  }

  #look(): void {
    this.most = Math.max(this.most, residentBytes(this.#pid));
  }
}
