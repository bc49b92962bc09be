/**
 * Two workers against one, as far as two cores can show it.
 *
 *   npm run build && node bench/workers/run.ts [--rounds 3] [--seconds 6] [--connections 240] [--record]
 *
 * Needs nginx, wrk and h2load (Debian: nginx-light wrk nghttp2-client), two cores and nothing else
 * running. `--record` writes bench/results/workers.md, which explains what can and what cannot be
 * read from it.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  benchKey,
  fullSluiceArm,
  nginxArm,
  originProgram,
  sluiceArm,
  type Arm,
} from '../measure/arm.ts';
import { freePorts } from '../measure/free-ports.ts';
import { interleave } from '../measure/interleave.ts';
import { latencyAtRate, saturate } from '../measure/load.ts';
import { readOptions } from '../measure/options.ts';
import {
  cpuNanoseconds,
  endedChildrenCpuNanoseconds,
  processTree,
} from '../measure/process-cpu.ts';
import { RunningProgram } from '../measure/running-program.ts';
import { publish, requirePrograms } from '../measure/environment.ts';
import { connectionsOf } from './connections-of.ts';
import { report, type Setup, type WorkersSample } from './report.ts';

const options = readOptions({
  rounds: { type: 'string', default: '3' },
  seconds: { type: 'string', default: '6' },
  connections: { type: 'string', default: '240' },
  record: { type: 'boolean', default: false },
});
const rounds = Number(options.rounds);
const seconds = Number(options.seconds);
const warmUpSeconds = 10;
/** One address may have 256 with one worker. */
const connections = Number(options.connections);
const headers = [`X-API-Key: ${benchKey}`, 'Accept: application/json', 'User-Agent: bench'];

requirePrograms(['taskset', 'nginx', 'wrk', 'h2load']);
const folder = mkdtempSync(join(tmpdir(), 'sluice-workers-'));
const [originPort = 0, ...ports] = await freePorts(10);
const setups = createSetups();
/**
 * The same for all of one kind: half of what one worker on its own core took, in the first round.
 */
const rates = new Map<string, number>();
const samples = await interleave(
  setups,
  rounds,
  measure,
  ({ requestsPerSecond, cpuMicroseconds, connectionsPerWorker }) =>
    `${Math.round(requestsPerSecond)}/s  ${cpuMicroseconds.toFixed(1)} µs  connections ${connectionsPerWorker.join(' + ')}`,
);
publish(
  'workers',
  report(setups, samples, rates, { rounds, seconds, connections }),
  options.record,
);
rmSync(folder, { recursive: true, force: true });

function createSetups(): Setup[] {
  return ['nginx', 'bare', 'full'].flatMap((kind, index) => {
    const arm = (at: number, name: string, workers: number): Arm => {
      const between = { folder, originPort, port: ports[index * 3 + at] ?? 0 };
      // What the machine leaves of two workers whatever program they run.
      if (kind === 'nginx')
        return nginxArm(between, { name, does: 'bare proxy_pass with keep-alive', workers });
      return kind === 'full'
        ? fullSluiceArm(between, name, workers)
        : sluiceArm(between, { name, does: 'bare: one route, no policy, no access log', workers });
    };
    return [
      {
        name: `${kind}, alone`,
        kind,
        arm: arm(0, `${kind}-alone`, 1),
        workers: 1,
        proxyCores: '0',
        otherCores: '1',
        where: 'one worker on core 0, load and origin on core 1',
      },
      {
        name: `${kind}, one`,
        kind,
        arm: arm(1, `${kind}-one`, 1),
        workers: 1,
        proxyCores: '0,1',
        otherCores: '0,1',
        where: 'one worker, everything on both cores',
      },
      {
        name: `${kind}, two`,
        kind,
        arm: arm(2, `${kind}-two`, 2),
        workers: 2,
        proxyCores: '0,1',
        otherCores: '0,1',
        where: 'two workers, everything on both cores',
      },
    ];
  });
}

async function measure({
  arm,
  kind,
  workers,
  proxyCores,
  otherCores,
}: Setup): Promise<WorkersSample> {
  const origin = await RunningProgram.start(originProgram(folder, originPort), otherCores, folder);
  try {
    const proxy = await RunningProgram.start(arm, proxyCores, folder);
    try {
      const url = `http://127.0.0.1:${arm.port}/orders/17`;
      const load = { url, headers, cores: otherCores, connections };
      // Two workers have each half of the requests and of the cores to be compiled with: until then
      // they cost up to twice as much.
      await saturate({ ...load, seconds: warmUpSeconds });
      const serving = workers === 1 ? [proxy.pid] : processTree(proxy.pid).slice(1);
      if (serving.length !== workers) throw new Error(`${arm.name} has ${serving.length} workers`);
      const clock = (): number[] => [
        cpuNanoseconds(proxy.pid),
        cpuNanoseconds(origin.pid) + endedChildrenCpuNanoseconds(),
        ...serving.map(cpuNanoseconds),
      ];
      const before = clock();
      const saturated = saturate({ ...load, seconds });
      await sleep((seconds * 1000) / 2);
      const connectionsPerWorker = connectionsOf(serving, arm.port);
      const { requests, requestsPerSecond, failed } = await saturated;
      const [used = 0, usedByLoad = 0, ...usedByWorkers] = clock().map(
        (now, at) => now - (before[at] ?? 0),
      );
      const rate = rates.get(kind) ?? Math.round(requestsPerSecond / 2);
      rates.set(kind, rate);
      const beforeSteady = cpuNanoseconds(proxy.pid);
      const steady = await latencyAtRate({
        url,
        requestsPerSecond: rate,
        seconds,
        headers,
        cores: otherCores,
        connections,
        logFile: join(folder, 'latency.log'),
      });
      const usedSteady = cpuNanoseconds(proxy.pid) - beforeSteady;
      if (failed + steady.failed > 0)
        throw new Error(
          `${arm.name}: ${failed + steady.failed} requests failed; see ${folder}/${arm.name}.log`,
        );
      return {
        requestsPerSecond,
        cpuMicroseconds: used / 1000 / requests,
        loadMicroseconds: usedByLoad / 1000 / requests,
        connectionsPerWorker,
        busiestShare: Math.max(...usedByWorkers) / usedByWorkers.reduce((sum, one) => sum + one, 0),
        steadyMicroseconds: usedSteady / 1000 / steady.requests,
        steadyP50: steady.p50,
        steadyP99: steady.p99,
      };
    } finally {
      await proxy.stop();
    }
  } finally {
    await origin.stop();
  }
}
