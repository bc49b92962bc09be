import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** Runs one of our built programs with a soft and hard limit of open files. */
export class LimitedProcess {
  readonly lines: string[] = [];
  readonly #child: ChildProcess;

  constructor(
    app: 'proxy' | 'control-plane',
    openFiles: number,
    env: Readonly<Record<string, string>>,
    args: readonly string[] = [],
  ) {
    const { PATH = '', HOME = '' } = process.env;
    const script = 'ulimit -n "$1"; shift; exec "$@"';
    const command = [process.execPath, `${root}apps/${app}/dist/main.js`, ...args];
    this.#child = spawn('bash', ['-c', script, 'bash', String(openFiles), ...command], {
      env: { PATH, HOME, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8');
      stream?.on('data', (text: string) =>
        this.lines.push(...text.split('\n').filter((line) => line !== '')),
      );
    }
  }

  get isAlive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Returns the log lines whose message contains these words. */
  said(words: string): string[] {
    return this.lines.filter((line) => line.includes(words));
  }

  async end(): Promise<void> {
    if (!this.isAlive) return;
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await gone;
  }
}

/** Waits until `url` answers 200. Throws with the log when it does not. */
export async function untilOk(
  url: string,
  limited: LimitedProcess,
  timeoutMs = 30_000,
): Promise<void> {
  const deadlineMs = performance.now() + timeoutMs;
  while (limited.isAlive && performance.now() < deadlineMs) {
    const status = await fetch(url, {
      signal: AbortSignal.timeout(2_000),
      headers: { connection: 'close' },
    }).then(
      async (response) => {
        await response.arrayBuffer();
        return response.status;
      },
      () => 0,
    );
    if (status === 200) return;
    await sleep(100);
  }
  throw new Error(`no 200 from ${url}:\n${limited.lines.slice(-20).join('\n')}`);
}

/** Opens connections from several addresses of the loopback network and leaves them open. */
export function flood(port: number, count: number, addresses: number, text = ''): Socket[] {
  return Array.from({ length: count }, (_, index) => {
    const socket = connect({
      port,
      host: '127.0.0.1',
      localAddress: `127.0.0.${2 + (index % addresses)}`,
    });
    socket.on('error', () => undefined);
    socket.on('data', () => undefined);
    if (text !== '') socket.write(text);
    return socket;
  });
}
