import { execFile } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What a saturating load came to. */
export interface Saturation {
  readonly requests: number;
  readonly requestsPerSecond: number;
  readonly failed: number;
}

/** Sends as much as the arm takes, over 64 keep-alive connections. */
export async function saturate(url: string, seconds: number, headers: readonly string[], cores: string): Promise<Saturation> {
  const { stdout } = await run('taskset', ['-c', cores, 'wrk', '-t1', '-c64', `-d${seconds}s`, ...fields(headers), url], { timeout: (seconds + 30) * 1000 });
  const requests = Number(/(\d+) requests in/.exec(stdout)?.[1] ?? 0);
  const requestsPerSecond = Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1] ?? 0);
  const errors = /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(stdout)?.slice(1).map(Number) ?? [];
  const refused = Number(/Non-2xx or 3xx responses: (\d+)/.exec(stdout)?.[1] ?? 0);
  return { requests, requestsPerSecond, failed: refused + errors.reduce((sum, count) => sum + count, 0) };
}

/** Latency in microseconds. */
export interface Latency {
  readonly p50: number;
  readonly p99: number;
}

/** Sends at a steady rate and looks at every single response time. */
export async function latencyAtRate(url: string, requestsPerSecond: number, seconds: number, headers: readonly string[], cores: string, logFile: string): Promise<Latency> {
  const clients = 16;
  rmSync(logFile, { force: true });
  await run(
    'taskset',
    ['-c', cores, 'h2load', '--h1', `-c${clients}`, '-t1', '-D', String(seconds), `--rps=${Math.max(1, requestsPerSecond / clients)}`, ...fields(headers), `--log-file=${logFile}`, url],
    { timeout: (seconds + 30) * 1000, maxBuffer: 16 * 1024 * 1024 },
  );
  // One line per request: start in microseconds, status, response time in microseconds.
  const times = readFileSync(logFile, 'utf8').trim().split('\n').map((line) => Number(line.split('\t')[2])).sort((a, b) => a - b);
  const at = (share: number): number => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? Number.NaN;
  return { p50: at(0.5), p99: at(0.99) };
}

function fields(headers: readonly string[]): string[] {
  return headers.flatMap((header) => ['-H', header]);
}
