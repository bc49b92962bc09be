import { execFile } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { promisify } from 'node:util';
import { percentile } from './statistics.ts';

const run = promisify(execFile);

/** The result of a saturating load. */
export interface Saturation {
  readonly requests: number;
  readonly requestsPerSecond: number;
  readonly failed: number;
}

export interface SaturatingLoad {
  readonly url: string;
  readonly seconds: number;
  readonly headers?: readonly string[];
  /** Cores wrk may use. */
  readonly cores: string;
  /** Keep-alive connections; 64 unless said. */
  readonly connections?: number;
  /** Lua for wrk: requests other than a GET. */
  readonly script?: string;
}

/** Saturates the arm with wrk. */
export async function saturate({
  url,
  seconds,
  headers = [],
  cores,
  connections = 64,
  script,
}: SaturatingLoad): Promise<Saturation> {
  const { stdout } = await run(
    'taskset',
    [
      '-c',
      cores,
      'wrk',
      '-t1',
      `-c${connections}`,
      `-d${seconds}s`,
      '--timeout',
      '10s',
      ...(script === undefined ? [] : ['-s', script]),
      ...fields(headers),
      url,
    ],
    { timeout: (seconds + 30) * 1000 },
  );
  const requests = Number(/(\d+) requests in/.exec(stdout)?.[1] ?? 0);
  const requestsPerSecond = Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1] ?? 0);
  const errors =
    /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/
      .exec(stdout)
      ?.slice(1)
      .map(Number) ?? [];
  const refused = Number(/Non-2xx or 3xx responses: (\d+)/.exec(stdout)?.[1] ?? 0);
  return {
    requests,
    requestsPerSecond,
    failed: refused + errors.reduce((sum, count) => sum + count, 0),
  };
}

/** Response times in microseconds. */
export interface Latency {
  readonly p50: number;
  readonly p99: number;
  readonly requests: number;
  /** Requests that were not answered with 2xx or 3xx. */
  readonly failed: number;
}

export interface SteadyLoad {
  readonly url: string;
  readonly requestsPerSecond: number;
  readonly seconds: number;
  readonly headers?: readonly string[];
  /** Cores h2load may use. */
  readonly cores: string;
  /** Keep-alive connections; 16 unless said. */
  readonly connections?: number;
  /** Where h2load may keep its log. */
  readonly logFile: string;
}

/** Sends at a steady rate with h2load, and records every response time. */
export async function latencyAtRate({
  url,
  requestsPerSecond,
  seconds,
  headers = [],
  cores,
  connections = 16,
  logFile,
}: SteadyLoad): Promise<Latency> {
  rmSync(logFile, { force: true });
  await run(
    'taskset',
    [
      '-c',
      cores,
      'h2load',
      '--h1',
      `-c${connections}`,
      '-t1',
      '-D',
      String(seconds),
      `--rps=${Math.max(1, requestsPerSecond / connections)}`,
      ...fields(headers),
      `--log-file=${logFile}`,
      url,
    ],
    { timeout: (seconds + 30) * 1000, maxBuffer: 16 * 1024 * 1024 },
  );
  // One line per request: start in microseconds, status, response time in microseconds.
  const lines = readFileSync(logFile, 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.split('\t').map(Number));
  const times = lines.map(([, , time]) => time ?? Number.NaN);
  const failed = lines.filter(([, status = 0]) => status < 200 || status >= 400).length;
  return {
    p50: percentile(times, 0.5),
    p99: percentile(times, 0.99),
    requests: lines.length,
    failed,
  };
}

function fields(headers: readonly string[]): string[] {
  return headers.flatMap((header) => ['-H', header]);
}
