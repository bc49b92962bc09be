import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { spawn, type ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

const root = fileURLToPath(new URL('../../', import.meta.url));
const keptLines = 200;

/** Runs one of our built programs as a user would, with settings in its environment. */
export class AppProcess {
  readonly name: string;
  readonly lines: string[] = [];
  readonly #main: string;
  readonly #env: Readonly<Record<string, string>>;
  readonly #args: readonly string[];
  #child: ChildProcess | undefined;

  constructor(
    app: 'control-plane' | 'proxy',
    name: string,
    env: Readonly<Record<string, string>>,
    args: readonly string[] = [],
    /** Where the programs are; this checkout by default. */
    folder: string = root,
  ) {
    this.name = name;
    this.#main = join(folder, 'apps', app, 'dist/main.js');
    this.#env = env;
    this.#args = args;
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  /** Starts it and waits until `url` answers 200. */
  async start(url: string, timeoutMs = 30_000): Promise<void> {
    this.spawn();
    await this.waitFor(url, timeoutMs);
  }

  /** Starts it without waiting. */
  spawn(): void {
    const { PATH = '', HOME = '' } = process.env;
    const child = spawn(process.execPath, [this.#main, ...this.#args], {
      env: { PATH, HOME, ...this.#env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8');
      stream.on('data', (text: string) => {
        this.lines.push(...text.split('\n').filter((line) => line !== ''));
        if (this.lines.length > keptLines) this.lines.splice(0, this.lines.length - keptLines);
      });
    }
    this.#child = child;
    running.add(child);
    child.once('exit', () => running.delete(child));
  }

  /** Waits until `url` answers 200. */
  async waitFor(url: string, timeoutMs = 30_000): Promise<void> {
    const deadline = performance.now() + timeoutMs;
    while (performance.now() < deadline) {
      if (this.#child?.exitCode !== null)
        throw new Error(`${this.name} ended at start:\n${this.tail()}`);
      const status = await fetch(url, { signal: AbortSignal.timeout(1_000) }).then(
        async (response) => {
          await response.arrayBuffer();
          return response.status;
        },
        () => 0,
      );
      if (status === 200) return;
      await sleep(50);
    }
    throw new Error(
      `${this.name} did not answer 200 at ${url} within ${timeoutMs} ms:\n${this.tail()}`,
    );
  }

  /** Starts it and waits until it ends by itself. Returns the exit code, or the signal's name. */
  async run(timeoutMs = 20_000): Promise<number | string> {
    this.spawn();
    const [code, signalName] = (await once(this.#child as ChildProcess, 'close', {
      signal: AbortSignal.timeout(timeoutMs),
    })) as [number | null, string | null];
    return code ?? signalName ?? 0;
  }

  /** Sends a signal and waits for the end. Returns the exit code, or the signal's name. */
  async end(
    signal: 'SIGTERM' | 'SIGINT' | 'SIGKILL',
    timeoutMs = 40_000,
  ): Promise<number | string> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null)
      return child?.exitCode ?? child?.signalCode ?? 0;
    const gone = once(child, 'exit', { signal: AbortSignal.timeout(timeoutMs) });
    child.kill(signal);
    const [code, signalName] = (await gone) as [number | null, string | null];
    return code ?? signalName ?? 0;
  }

  /** The last lines it wrote. */
  tail(count = 30): string {
    return this.lines.slice(-count).join('\n');
  }
}

const running = new Set<ChildProcess>();
// A spec that is interrupted leaves nothing behind.
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});
