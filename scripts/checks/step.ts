import { startWatched, type WatchedProcess } from '../process/watched-process.ts';

/** A command that must succeed. */
export type Step = {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  /**
   * Show the output at once, for steps that print their progress. Otherwise it is shown only after
   * a failure.
   */
  readonly isLive?: boolean;
};

/** How a step ended. */
export type StepResult = {
  readonly isPassed: boolean;
  readonly seconds: number;
  readonly output: string;
};

const keptOutputCharacters = 60_000;

/**
 * Runs a step to its end, or to its time limit. A step that cannot be started, or takes too long,
 * has failed. Its child processes end with it, and with this process.
 */
export async function runStep(step: Step): Promise<StepResult> {
  const startedAtMs = performance.now();
  let output = '';
  const keep = (text: string): void => {
    output = (output + text).slice(-keptOutputCharacters);
  };
  let isPassed = false;
  try {
    const running = await startWatched({
      name: step.name,
      command: step.command,
      args: step.args,
      env: { ...process.env, ...step.env },
      output: step.isLive === true ? 'inherit' : 'pipe',
      stopLadder: [{ signal: 'SIGTERM', graceMs: 3_000 }],
    });
    for (const stream of running.streams) stream.setEncoding('utf8').on('data', keep);
    isPassed = await endsWell(running, step, keep);
  } catch (error) {
    keep((error as Error).message);
  }
  return { isPassed, seconds: (performance.now() - startedAtMs) / 1000, output: output.trim() };
}

async function endsWell(
  running: WatchedProcess,
  step: Step,
  keep: (text: string) => void,
): Promise<boolean> {
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    void running.stop();
  }, step.timeoutMs);
  const { code, signal } = await running.exited;
  clearTimeout(timer);
  if (isLate) keep(`\n${step.name} did not end within ${step.timeoutMs / 1000} s.`);
  else if (signal !== null) keep(`\n${step.name} was ended by ${signal}.`);
  return code === 0 && !isLate;
}
