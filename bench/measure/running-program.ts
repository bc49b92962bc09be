import { spawn, type ChildProcess } from 'node:child_process';
import { openSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** A program under measurement, or one that helps to measure. */
export interface Program {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Answers on this port of 127.0.0.1 once it is up. */
  readonly port: number;
  /**
   * It is up only once it answers a request with a status below 500: it may listen before it has
   * its configuration.
   */
  readonly serves?: boolean;
}

const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});
// An interrupted benchmark leaves no process behind either.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.once(signal, () => process.exit(1));

/** Ends this child when the benchmark ends, whatever happens. Gives it back. */
export function endWithUs<Child extends ChildProcess>(child: Child): Child {
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
}

/** A started program, pinned to the given cores. */
export class RunningProgram {
  readonly pid: number;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.pid = child.pid ?? 0;
  }

  /**
   * Starts it on the given cores; its output goes to a file in `folder`. Throws when it does not
   * answer in 20 s, or the port is in use.
   */
  static async start(program: Program, cores: string, folder: string): Promise<RunningProgram> {
    if (await answers(program.port))
      throw new Error(`${program.name}: another process listens on port ${program.port}`);
    const output = openSync(join(folder, `${program.name}.log`), 'w');
    // `exec` semantics: taskset replaces itself by the program, so the pid is the program's own.
    const child = endWithUs(
      spawn('taskset', ['-c', cores, program.command, ...program.args], {
        stdio: ['ignore', output, output],
        env: { ...process.env, ...program.env },
      }),
    );
    for (let attempt = 0; attempt < 400; attempt++) {
      if (child.exitCode !== null)
        throw new Error(
          `${program.name} ended at start: see ${join(folder, `${program.name}.log`)}`,
        );
      if (await (program.serves === true ? serves : answers)(program.port))
        return new RunningProgram(child);
      await sleep(50);
    }
    throw new Error(`${program.name} does not answer on port ${program.port}`);
  }

  async stop(): Promise<void> {
    const child = this.#child;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    await Promise.race([gone, sleep(3000)]);
    child.kill('SIGKILL');
    await gone;
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

async function serves(port: number): Promise<boolean> {
  const status = await fetch(`http://127.0.0.1:${port}/`, {
    headers: { Connection: 'close' },
    signal: AbortSignal.timeout(1000),
  }).then(
    async (response) => {
      await response.arrayBuffer();
      return response.status;
    },
    () => 599,
  );
  return status < 500;
}
