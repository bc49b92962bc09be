import { tmpdir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { freePort } from '../process/ports.ts';
import { SetupError } from '../process/setup-error.ts';
import { supervise } from '../process/supervised-process.ts';
import { startWatched, type WatchedProcess } from '../process/watched-process.ts';
import type { RedisProgram } from './redis-packages.ts';
import { findRedisProgram } from './redis-program.ts';

/** How to get a Redis. */
export type RedisOptions = {
  /**
   * The address of a running Redis: it is checked and used as it is. Without it, one of our own is
   * started.
   */
  readonly url?: string | undefined;
  /** Where to look for a server program. Default: the PATH of this process. */
  readonly searchPath?: string;
  /** Receives a line for each thing a person may want to know. */
  readonly onNotice?: (line: string) => void;
  /** Called when our own server ends although it was not stopped, with its last log lines. */
  readonly onCrash?: (description: string) => void;
};

/**
 * A Redis to test with. Our own keeps nothing on disk and ends with the process that started it,
 * even when that one is killed.
 */
export type EmbeddedRedis = {
  readonly url: string;
  /** The pid of our own server while it runs; `undefined` for one that is not ours. */
  readonly pid: number | undefined;
  /** Ends our own server; leaves one that is not ours alone. */
  stop(): Promise<void>;
  /**
   * Ends our own server with SIGKILL. Everything in it is lost. Rejects for one that is not ours.
   */
  kill(): Promise<void>;
  /** Starts our own server again on the same port, empty. Rejects for one that is not ours. */
  restart(): Promise<void>;
};

const readyTimeoutMs = 10_000;
const keptLogBytes = 8_192;

/**
 * Gives a real Redis on 127.0.0.1, once it answers.
 * @throws SetupError when no Redis is available; the message names the ways to get one.
 */
export async function startRedis(options: RedisOptions = {}): Promise<EmbeddedRedis> {
  if (options.url !== undefined && options.url !== '') return await useRedis(options.url);
  const program = await findRedisProgram(
    options.searchPath ?? process.env['PATH'] ?? '',
    options.onNotice ?? (() => {}),
  );
  const log = { text: '' };
  let port = 0;
  const supervised = supervise(
    () => launch(program, port, log),
    (exit) =>
      options.onCrash?.(
        `Redis ended unexpectedly (${exit.signal ?? `code ${exit.code}`}). Its last output:\n${log.text.trimEnd()}`,
      ),
  );
  for (let attempt = 1; ; attempt++) {
    port = await freePort();
    try {
      await supervised.start();
      break;
    } catch (error) {
      // Redis cannot choose a port itself, and another process may have taken this one.
      if (attempt === 5 || !log.text.includes('Address already in use')) throw error;
    }
  }
  return {
    url: urlOf(port),
    get pid() {
      return supervised.pid;
    },
    stop: supervised.stop,
    kill: supervised.kill,
    restart: supervised.start,
  };
}

async function useRedis(url: string): Promise<EmbeddedRedis> {
  try {
    await ping(url, readyTimeoutMs);
  } catch (error) {
    throw new SetupError(
      `The Redis that REDIS_URL names (${withoutPassword(url)}) does not answer: ${(error as Error).message}.\nStart it, correct REDIS_URL, or unset it so that Sluice starts a Redis of its own.`,
    );
  }
  const notOurs = (): Promise<never> =>
    Promise.reject(
      new SetupError(
        'This Redis was not started by us, so it is not ours to stop. Unset REDIS_URL to use one of our own.',
      ),
    );
  return { url, pid: undefined, stop: () => Promise.resolve(), kill: notOurs, restart: notOurs };
}

async function launch(
  program: RedisProgram,
  port: number,
  log: { text: string },
): Promise<WatchedProcess> {
  log.text = '';
  const redis = await startWatched({
    name: 'redis',
    command: program.command,
    args: [
      ...['--port', String(port), '--bind', '127.0.0.1', '--dir', tmpdir()],
      ...['--save', '', '--appendonly', 'no', '--daemonize', 'no', '--databases', '64'],
    ],
    cwd: '/',
    env: { ...process.env, ...program.env },
    output: 'pipe',
    stopLadder: [{ signal: 'SIGTERM', graceMs: 3_000 }],
  });
  for (const stream of redis.streams) {
    stream.on(
      'data',
      (chunk: Buffer) => (log.text = (log.text + chunk.toString('utf8')).slice(-keptLogBytes)),
    );
  }
  let hasEnded = false;
  void redis.exited.then(() => (hasEnded = true));
  const deadline = performance.now() + readyTimeoutMs;
  while (!hasEnded && performance.now() < deadline) {
    const isReady = await ping(urlOf(port), 1_000).then(
      () => true,
      () => false,
    );
    if (isReady && !hasEnded) return redis;
    await sleep(20);
  }
  await redis.stop();
  throw new SetupError(
    `Redis (${program.command}) did not start. Its last output:\n${log.text.trimEnd()}`,
  );
}

async function ping(url: string, timeoutMs: number): Promise<void> {
  const client = new Redis(url, {
    lazyConnect: true,
    connectTimeout: timeoutMs,
    commandTimeout: timeoutMs,
    retryStrategy: () => null,
    maxRetriesPerRequest: 0,
  });
  let cause: Error | undefined;
  // The call that fails says only "connection is closed"; the event says why.
  client.on('error', (error: Error) => (cause ??= error));
  try {
    await client.connect();
    await client.ping();
  } catch (error) {
    throw cause ?? error;
  } finally {
    client.disconnect();
  }
}

function urlOf(port: number): string {
  return `redis://127.0.0.1:${port}`;
}

function withoutPassword(url: string): string {
  return url.replace(/\/\/[^@/]*@/, '//***@');
}
