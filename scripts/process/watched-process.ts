import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { SetupError } from './setup-error.ts';
import type {
  ProcessExit,
  StopLadder,
  WatchdogReport,
  WatchdogRequest,
} from './watchdog-protocol.ts';

const watchdogPath = fileURLToPath(new URL('watchdog.ts', import.meta.url));

/** What to run under a watchdog. */
export type WatchedProcessOptions = {
  /** A short word for messages and for the process list. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly account?: { readonly uid: number; readonly gid: number } | undefined;
  /** Where standard output and standard error go; a number is an open file descriptor. */
  readonly output: 'inherit' | 'ignore' | 'pipe' | number;
  /** Default: SIGTERM, and SIGKILL after five seconds. */
  readonly stopLadder?: StopLadder;
};

/** A process that ends when its owner ends, however the owner ends. */
export type WatchedProcess = {
  readonly pid: number;
  /** Standard output and standard error, when `output` is `pipe`. */
  readonly streams: readonly Readable[];
  /** Settles once the process is gone; never rejects. */
  readonly exited: Promise<ProcessExit>;
  /** Sends one signal to the process itself. */
  signal(signal: NodeJS.Signals): void;
  /** Walks the stop ladder and gives the exit. Stopping twice is fine. */
  stop(): Promise<ProcessExit>;
};

const defaultLadder: StopLadder = [{ signal: 'SIGTERM', graceMs: 5_000 }];

/**
 * Starts a command under a watchdog (see `watchdog.ts`) and gives it once it runs.
 * @throws SetupError when the command cannot be started.
 */
export async function startWatched(options: WatchedProcessOptions): Promise<WatchedProcess> {
  const watchdog = spawn(process.execPath, [watchdogPath, options.name], {
    stdio: ['ignore', options.output, options.output, 'ipc'],
    detached: true,
  });
  const send = (request: WatchdogRequest): void => {
    // A watchdog that has just ended is no fault here: `exited` tells the caller.
    if (watchdog.connected) watchdog.send(request, () => {});
  };

  let pid: number | undefined;
  let ended = false;
  let settleExit: (exit: ProcessExit) => void;
  const exited = new Promise<ProcessExit>((resolve) => (settleExit = resolve));

  await new Promise<void>((resolve, reject) => {
    watchdog.on('message', (report: WatchdogReport) => {
      if (report.type === 'started') {
        pid = report.pid;
        resolve();
      } else if (report.type === 'failed') {
        reject(new SetupError(`${options.name} could not be started: ${report.message}`));
      } else {
        ended = true;
        settleExit(report.exit);
      }
    });
    watchdog.once('error', (error) => {
      reject(new SetupError(`${options.name} could not be started: ${error.message}`));
    });
    watchdog.once('exit', (code, signal) => {
      // Without its watchdog the process would be an orphan, so it goes too.
      if (pid !== undefined && !ended) killNow(pid);
      reject(
        new SetupError(
          `The watchdog of ${options.name} ended before it started anything (${signal ?? `exit code ${code}`}).`,
        ),
      );
      settleExit({ code: null, signal: 'SIGKILL' });
    });
    send({
      type: 'start',
      command: {
        command: options.command,
        args: options.args,
        cwd: options.cwd ?? process.cwd(),
        env: options.env ?? process.env,
        account: options.account,
        stopLadder: options.stopLadder ?? defaultLadder,
      },
    });
  });

  return {
    pid: pid ?? 0,
    streams: [watchdog.stdout, watchdog.stderr].filter((stream) => stream !== null),
    exited,
    signal: (signal) => {
      send({ type: 'signal', signal });
    },
    stop: () => {
      send({ type: 'stop' });
      return exited;
    },
  };
}

function killNow(pid: number): void {
  for (const target of [-pid, pid]) {
    try {
      process.kill(target, 'SIGKILL');
    } catch {
      // Already gone.
    }
  }
}
