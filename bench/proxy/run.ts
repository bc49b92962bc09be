/**
 * The cost of a proxied request, ours and others', interleaved in one go.
 *
 *   npm run build && node bench/proxy/run.ts [--rounds 3] [--seconds 6] [--arms nginx,sluice] [--record]
 *
 * Needs nginx, haproxy, caddy, wrk and h2load (Debian: nginx-light haproxy caddy wrk nghttp2-client), two cores and
 * nothing else running. The proxy under measurement has core 0 to itself; load generator and upstream share core 1.
 * `--record` writes the table to bench/results/.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir, release } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { benchKey, createArms, originProgram, type Arm } from './arms.ts';
import { latencyAtRate, saturate } from './load.ts';
import { cpuNanoseconds, residentBytes } from './process-cpu.ts';
import { RunningProgram } from './running-arm.ts';

interface Sample {
  readonly cpuMicroseconds: number;
  readonly requestsPerSecond: number;
  readonly p50: number;
  readonly p99: number;
  readonly residentBytes: number;
}

const proxyCore = '0';
const otherCore = '1';
const originPort = 18_080;
/** Every arm gets the same request. */
const headers = [`X-API-Key: ${benchKey}`, 'traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00', 'Accept: application/json', 'User-Agent: bench'];

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '6' },
    arms: { type: 'string', default: '' },
    record: { type: 'boolean', default: false },
  },
});

const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
requirePrograms(['taskset', 'nginx', 'haproxy', 'caddy', 'wrk', 'h2load']);
const chosen = options.arms === '' ? [] : options.arms.split(',');
const arms = createArms(folder, originPort, originPort + 1).filter(({ name }) => chosen.length === 0 || chosen.includes(name));
const samples = new Map<string, Sample[]>(arms.map(({ name }) => [name, []]));
const origin = await RunningProgram.start(originProgram(folder, originPort), otherCore, folder);
try {
  const rounds = Number(options.rounds);
  for (let round = 1; round <= rounds; round++) {
    for (const arm of arms) {
      const sample = await measure(arm, Number(options.seconds));
      samples.get(arm.name)?.push(sample);
      console.log(`round ${round}/${rounds}  ${arm.name.padEnd(12)} ${sample.cpuMicroseconds.toFixed(1).padStart(6)} µs  ${Math.round(sample.requestsPerSecond)}/s`);
    }
  }
} finally {
  await origin.stop();
}
const table = report(arms, samples);
console.log(`\n${table}`);
if (options.record) {
  const file = new URL(`../results/proxy-${new Date().toISOString().slice(0, 10)}.md`, import.meta.url);
  writeFileSync(file, table);
}
rmSync(folder, { recursive: true, force: true });

async function measure(arm: Arm, seconds: number): Promise<Sample> {
  const running = await RunningProgram.start(arm, proxyCore, folder);
  try {
    const url = `http://127.0.0.1:${arm.port}/orders/17`;
    await saturate(url, 2, headers, otherCore);
    const before = cpuNanoseconds(running.pid);
    const load = await saturate(url, seconds, headers, otherCore);
    const used = cpuNanoseconds(running.pid) - before;
    if (load.failed > 0) throw new Error(`${arm.name}: ${load.failed} requests failed; see ${folder}/${arm.name}.log`);
    const latency = await latencyAtRate(url, load.requestsPerSecond / 2, Math.max(3, seconds / 2), headers, otherCore, join(folder, 'latency.log'));
    return { cpuMicroseconds: used / load.requests / 1000, requestsPerSecond: load.requestsPerSecond, ...latency, residentBytes: residentBytes(running.pid) };
  } finally {
    await running.stop();
  }
}

function report(measured: readonly Arm[], all: ReadonlyMap<string, readonly Sample[]>): string {
  const base = median(all.get('nginx') ?? [], 'cpuMicroseconds');
  const rows = measured.map((arm) => {
    const of = (field: keyof Sample): number => median(all.get(arm.name) ?? [], field);
    const ratio = Number.isNaN(base) ? '' : (of('cpuMicroseconds') / base).toFixed(2);
    return `| ${arm.name} | ${arm.does} | ${of('cpuMicroseconds').toFixed(1)} | ${ratio} | ${Math.round(of('requestsPerSecond'))} | ${Math.round(of('p50'))} / ${Math.round(of('p99'))} | ${Math.round(of('residentBytes') / 1_048_576)} |`;
  });
  const [cpu] = cpus();
  return [
    '# Cost of a proxied request',
    '',
    `Measured ${new Date().toISOString().slice(0, 10)} by \`node bench/proxy/run.ts --rounds ${options.rounds} --seconds ${options.seconds}\`: interleaved, medians of ${options.rounds} rounds.`,
    `Machine: ${cpus().length} × ${cpu?.model ?? 'unknown'}, Linux ${release()}. The proxy has one core to itself; wrk (64 connections, keep-alive) and the upstream (nginx, 120 bytes of JSON) share the other.`,
    `Versions: ${measured.map((arm) => `${arm.name} ${versionOf(arm)}`).join('; ')}.`,
    '',
    'CPU is user and system time of the proxy per request at saturation, from the scheduler; latency at half of the arm\'s own saturation, 16 connections.',
    '',
    '| arm | does | CPU µs / request | × nginx | requests / s | p50 / p99 µs at half load | memory MiB |',
    '|---|---|---|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}

function median(list: readonly Sample[], field: keyof Sample): number {
  const sorted = list.map((sample) => sample[field]).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

function versionOf(arm: Arm): string {
  const [command, ...args] = arm.version;
  const { stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  return /\d+(?:\.\d+)+/.exec(stdout + stderr)?.[0] ?? 'unknown';
}

function requirePrograms(names: readonly string[]): void {
  const missing = names.filter((name) => {
    try {
      execFileSync('which', [name], { stdio: 'ignore' });
      return false;
    } catch {
      return true;
    }
  });
  if (missing.length === 0) return;
  console.error(`These programs are needed and not there: ${missing.join(', ')}.\nOn Debian: apt-get install nginx-light haproxy caddy wrk nghttp2-client util-linux`);
  process.exit(1);
}
