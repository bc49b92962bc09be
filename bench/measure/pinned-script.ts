import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { endWithUs } from './running-program.ts';

/**
 * A TypeScript program of ours on the given cores, that answers messages one at a time: a load
 * generator, or a client with open connections. It sends its first message by itself, once it is
 * ready.
 */
export class PinnedScript {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  /** Starts `file` with these arguments and waits until it has said something. */
  static async start(
    file: URL,
    args: readonly (string | number)[],
    cores: string,
    scheduling: 'normal' | 'idle' = 'normal',
  ): Promise<PinnedScript> {
    const before = scheduling === 'idle' ? ['chrt', '--idle', '0'] : [];
    const child = spawn(
      'taskset',
      ['-c', cores, ...before, process.execPath, fileURLToPath(file), ...args.map(String)],
      { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] },
    );
    const script = new PinnedScript(endWithUs(child));
    await script.#answer(file.pathname, 20_000);
    return script;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /**
   * Sends a message and gives the answer. Throws when there is none in time, or the program ends.
   */
  async ask<Answer>(message: object, timeoutMs: number): Promise<Answer> {
    const answer = this.#answer(JSON.stringify(message), timeoutMs);
    this.#child.send(message);
    return (await answer) as Answer;
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await gone;
  }

  async #answer(question: string, timeoutMs: number): Promise<unknown> {
    const over = new AbortController();
    const ended = once(this.#child, 'exit', { signal: over.signal }).then(([code]) =>
      Promise.reject(new Error(`${question}: the program ended with ${String(code)}`)),
    );
    const late = AbortSignal.timeout(timeoutMs);
    try {
      const [answer] = (await Promise.race([
        once(this.#child, 'message', { signal: late }),
        ended,
      ])) as [unknown];
      return answer;
    } catch (error) {
      throw late.aborted ? new Error(`${question}: no answer in ${timeoutMs} ms`) : error;
    } finally {
      ended.catch(() => undefined);
      over.abort();
    }
  }
}
