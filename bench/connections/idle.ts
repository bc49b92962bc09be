/**
 * What idle keep-alive connections cost: memory per connection, and the load that is served beside
 * them.
 *
 *   npm run build && node bench/connections/idle.ts [--rounds 3] [--seconds 6] [--connections 10000] [--record]
 *
 * Needs nginx, wrk and h2load (Debian: nginx-light wrk nghttp2-client), two cores, nothing else
 * running, and a limit of open files (`ulimit -Hn`) of 20,000. The proxy has core 0 to itself;
 * clients, load and origin share core 1. Every connection has made one request, waits, and makes
 * another one at the end: one that does not get its answer ends the benchmark, and so does a failed
 * request of the load. `--record` writes bench/results/idle-connections.md.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { nginxArm, originProgram, sluiceArm, type Arm } from '../measure/arm.ts';
import { freePorts } from '../measure/free-ports.ts';
import { interleave } from '../measure/interleave.ts';
import { latencyAtRate, saturate } from '../measure/load.ts';
import { readOptions } from '../measure/options.ts';
import { PinnedScript } from '../measure/pinned-script.ts';
import { cpuNanoseconds, residentBytes } from '../measure/process-cpu.ts';
import { RunningProgram } from '../measure/running-program.ts';
import { medianOf } from '../measure/statistics.ts';
import {
  figure,
  machine,
  publish,
  requirePrograms,
  table,
  today,
  versions,
} from '../measure/environment.ts';
import type { IdleOrder, IdleReport } from './idle-clients.ts';

interface Served {
  readonly requestsPerSecond: number;
  readonly cpuMicroseconds: number;
  readonly p99: number;
}

interface Sample {
  readonly memoryBefore: number;
  readonly memoryAfter: number;
  readonly without: Served;
  readonly beside: Served;
}

const options = readOptions({
  rounds: { type: 'string', default: '3' },
  seconds: { type: 'string', default: '6' },
  connections: { type: 'string', default: '10000' },
  record: { type: 'boolean', default: false },
});
const rounds = Number(options.rounds);
const seconds = Number(options.seconds);
const connections = Number(options.connections);
/** Places for the load, beside those of the idle connections. */
const placesForLoad = 100;
const proxyCore = '0';
const otherCore = '1';
/** What was freed goes back to the system, what was promoted is collected. */
const settleMs = 5_000;

requirePrograms(['taskset', 'nginx', 'wrk', 'h2load']);
const folder = mkdtempSync(join(tmpdir(), 'sluice-idle-'));
const [originPort = 0, nginxPort = 0, sluicePort = 0] = await freePorts(3);
const arms: Arm[] = [
  nginxArm(
    { folder, port: nginxPort, originPort },
    { name: 'nginx', does: 'bare proxy_pass with keep-alive', server: 'keepalive_timeout 120s;' },
  ),
  sluiceArm(
    { folder, port: sluicePort, originPort },
    {
      name: 'sluice',
      does: 'bare: one route, no policy, no access log',
      env: { SLUICE_MAX_CONNECTIONS: String(connections + placesForLoad) },
    },
  ),
];
const origin = await RunningProgram.start(originProgram(folder, originPort), otherCore, folder);
const clients = await PinnedScript.start(
  new URL('idle-clients.ts', import.meta.url),
  [],
  otherCore,
);
let samples: Map<string, Sample[]>;
try {
  samples = await interleave(
    arms,
    rounds,
    measure,
    ({ memoryBefore, memoryAfter, without, beside }) =>
      `${figure(kibibytes(memoryBefore, memoryAfter), 1)} KiB each  ${figure(without.requestsPerSecond)} → ${figure(beside.requestsPerSecond)}/s  p99 ${without.p99} → ${beside.p99} µs`,
  );
} finally {
  await clients.stop();
  await origin.stop();
}
publish('idle-connections', report(), options.record);
rmSync(folder, { recursive: true, force: true });

async function measure(arm: Arm): Promise<Sample> {
  const proxy = await RunningProgram.start(arm, proxyCore, folder);
  try {
    const url = `http://127.0.0.1:${arm.port}/orders/17`;
    await saturate({ url, seconds: 3, cores: otherCore });
    const without = await serve(proxy.pid, url);
    await sleep(settleMs);
    const memoryBefore = residentBytes(proxy.pid);
    await expectAll({ what: 'open', port: arm.port, count: connections });
    await sleep(settleMs);
    const memoryAfter = residentBytes(proxy.pid);
    const beside = await serve(proxy.pid, url, without.requestsPerSecond / 2);
    await expectAll({ what: 'ask again' });
    await expectAll({ what: 'close' });
    return { memoryBefore, memoryAfter, without, beside };
  } finally {
    await proxy.stop();
  }
}

/** Saturation, and latency at a steady rate: half of that saturation unless said. */
async function serve(pid: number, url: string, rate?: number): Promise<Served> {
  const before = cpuNanoseconds(pid);
  const load = await saturate({ url, seconds, cores: otherCore });
  const used = cpuNanoseconds(pid) - before;
  const latency = await latencyAtRate({
    url,
    requestsPerSecond: rate ?? load.requestsPerSecond / 2,
    seconds,
    cores: otherCore,
    logFile: join(folder, 'latency.log'),
  });
  const failed = load.failed + latency.failed;
  if (failed > 0) throw new Error(`${failed} requests failed; see ${folder}`);
  return {
    requestsPerSecond: load.requestsPerSecond,
    cpuMicroseconds: used / 1000 / load.requests,
    p99: latency.p99,
  };
}

async function expectAll(order: IdleOrder): Promise<void> {
  const { good, failed } = await clients.ask<IdleReport>(order, 60_000);
  if (failed > 0 || good !== connections)
    throw new Error(
      `${order.what}: ${failed} of ${connections} idle connections failed, ${good} are good; see ${folder}`,
    );
}

function kibibytes(before: number, after: number): number {
  return (after - before) / 1024 / connections;
}

function report(): string {
  const of = (name: string, number: (sample: Sample) => number): number =>
    medianOf(samples.get(name), number);
  const mebibytes = (name: string, number: (sample: Sample) => number): string =>
    figure(of(name, number) / 1_048_576);
  const pair = (name: string, number: (served: Served) => number, digits = 0): string =>
    `${figure(
      of(name, ({ without }) => number(without)),
      digits,
    )} / ${figure(
      of(name, ({ beside }) => number(beside)),
      digits,
    )}`;
  const ratio = (name: string, number: (served: Served) => number): string =>
    figure(
      of(name, ({ without, beside }) => number(beside) / number(without)),
      2,
    );
  return [
    '# Idle keep-alive connections',
    '',
    `Measured ${today()} by \`node bench/connections/idle.ts --rounds ${rounds} --seconds ${seconds} --connections ${connections}\`: interleaved, medians of ${rounds} rounds.`,
    `Machine: ${machine()}. The proxy has one core to itself; ${connections} idle clients on ${Math.ceil(connections / 250)} addresses, load and origin share the other.`,
    `Versions: ${versions(arms)}.`,
    '',
    'Each connection has made one request. Memory is resident memory, measured without the connections (after a load, so that',
    'the process has reached its size under load) and with all of them, each 5 s after the last change. Goal: 16 KiB per connection.',
    '`bench/connections/heap.ts` shows which objects use it.',
    '',
    table(
      ['arm', 'does', 'memory MiB, before / with', 'KiB / connection'],
      arms.map(({ name, does }) => [
        name,
        does,
        `${mebibytes(name, ({ memoryBefore }) => memoryBefore)} / ${mebibytes(name, ({ memoryAfter }) => memoryAfter)}`,
        figure(
          of(name, ({ memoryBefore, memoryAfter }) => kibibytes(memoryBefore, memoryAfter)),
          1,
        ),
      ]),
    ),
    '',
    'The same load without and with the idle connections, in the same process: at saturation (wrk, 64 connections), and p99 at',
    'half the saturation without them. No request failed, and every idle connection received another response at the end.',
    '',
    table(
      [
        'arm',
        'requests / s, without / with',
        'ratio',
        'CPU µs / request, without / with',
        'ratio',
        'p99 µs, without / with',
        'ratio',
      ],
      arms.map(({ name }) => [
        name,
        pair(name, ({ requestsPerSecond }) => requestsPerSecond),
        ratio(name, ({ requestsPerSecond }) => requestsPerSecond),
        pair(name, ({ cpuMicroseconds }) => cpuMicroseconds, 1),
        ratio(name, ({ cpuMicroseconds }) => cpuMicroseconds),
        pair(name, ({ p99 }) => p99),
        ratio(name, ({ p99 }) => p99),
      ]),
    ),
    '',
  ].join('\n');
}
