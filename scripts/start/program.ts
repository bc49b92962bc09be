import { setTimeout as sleep } from 'node:timers/promises';
import { httpGet } from '../process/http-call.ts';
import { lastOutput } from '../process/last-output.ts';
import { keepLogBounded, openLogFile, type LogFile } from '../process/log-file.ts';
import { SetupError } from '../process/setup-error.ts';
import { supervise } from '../process/supervised-process.ts';
import { startWatched, type WatchedProcess } from '../process/watched-process.ts';

/** A Node program to run beside others. */
export type ProgramOptions = {
  /** A short word for messages. */
  readonly name: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly logPath: string;
  /** An address that answers 200 once the program serves. */
  readonly readyUrl: string;
  /** How long it may take until it serves, in milliseconds (60,000). */
  readonly readyTimeoutMs?: number;
  /** How long it may take to stop before it is killed. */
  readonly stopGraceMs: number;
  /** Called when it ends although it was not stopped. */
  readonly onCrash: (description: string) => void;
};

/** A program that runs. */
export type Program = {
  readonly pid: number | undefined;
  stop(): Promise<void>;
  /** Starts it again, after a crash or a stop. Rejects like `startProgram`. */
  restart(): Promise<void>;
};

const defaultReadyTimeoutMs = 60_000;

/**
 * Starts a program under a watchdog, its output in a log file, and gives it once it is ready.
 * @throws SetupError with the last lines of the log when it ends first, or is not ready in time.
 */
export async function startProgram(options: ProgramOptions): Promise<Program> {
  const log = openLogFile(options.logPath);
  keepLogBounded(log);
  const supervised = supervise(
    () => launch(options, log),
    (exit) => {
      options.onCrash(
        `The ${options.name} ended unexpectedly (${exit.signal ?? `code ${exit.code}`}).${lastOutput(log)}`,
      );
    },
  );
  await supervised.start();
  return {
    get pid() {
      return supervised.pid;
    },
    stop: supervised.stop,
    restart: supervised.start,
  };
}

async function launch(options: ProgramOptions, log: LogFile): Promise<WatchedProcess> {
  const { readyTimeoutMs = defaultReadyTimeoutMs } = options;
  log.beginRun();
  const running = await startWatched({
    name: options.name,
    command: process.execPath,
    args: options.args,
    env: options.env,
    output: log.descriptor,
    stopLadder: [{ signal: 'SIGTERM', graceMs: options.stopGraceMs }],
  });
  let hasEnded = false;
  void running.exited.then(() => (hasEnded = true));
  const deadline = performance.now() + readyTimeoutMs;
  while (!(await answersOk(options.readyUrl))) {
    if (hasEnded) throw new SetupError(`The ${options.name} did not start.${lastOutput(log)}`);
    if (performance.now() > deadline) {
      await running.stop();
      throw new SetupError(
        `The ${options.name} was not ready within ${readyTimeoutMs / 1000} s (${options.readyUrl}).${lastOutput(log)}`,
      );
    }
    await sleep(50);
  }
  return running;
}

async function answersOk(url: string): Promise<boolean> {
  try {
    return (await httpGet(url)).status === 200;
  } catch {
    return false;
  }
}
