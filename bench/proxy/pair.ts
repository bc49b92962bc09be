/**
 * Compares the cost of a request between this checkout and another, with both proxies alive and short loads in turn.
 *
 *   npm run build && node bench/proxy/pair.ts --before ../earlier [--rounds 12] [--seconds 2] [--arm full|bare]
 *
 * The full run of run.ts restarts each arm for each measurement; on a machine whose speed changes within a minute, short
 * loads in turn give a ratio with much less noise. Needs nginx and wrk, two cores and nothing else running.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { benchKey, fullSluiceArm, originProgram, sluiceArm, type Arm, type Between } from '../measure/arm.ts';
import { requirePrograms } from '../measure/environment.ts';
import { freePorts } from '../measure/free-ports.ts';
import { saturate } from '../measure/load.ts';
import { readOptions } from '../measure/options.ts';
import { cpuNanoseconds } from '../measure/process-cpu.ts';
import { RunningProgram } from '../measure/running-program.ts';
import { median } from '../measure/statistics.ts';

const options = readOptions({
  before: { type: 'string' },
  now: { type: 'string' },
  rounds: { type: 'string', default: '12' },
  seconds: { type: 'string', default: '2' },
  arm: { type: 'string', default: 'full' },
  'cpu-prof': { type: 'string' },
  'node-args': { type: 'string', default: '' },
});
const headers = [`X-API-Key: ${benchKey}`, 'traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00', 'Accept: application/json', 'User-Agent: bench'];
const seconds = Number(options.seconds);
requirePrograms(['taskset', 'nginx', 'wrk']);

const folder = mkdtempSync(join(tmpdir(), 'sluice-pair-'));
const [originPort = 0, ...ports] = await freePorts(3);
const checkouts = [options.before, options.now];
const arms = checkouts.map((checkout, index) => arm({ folder, originPort, port: ports[index] ?? 0 }, checkout === undefined ? 'now' : 'before', checkout));
const origin = await RunningProgram.start(originProgram(folder, originPort), '1', folder);
const running: RunningProgram[] = [];
try {
  for (const each of arms) running.push(await RunningProgram.start(each, '0', folder));
  for (let warm = 0; warm < 3; warm++) for (const each of arms) await load(each, 3);
  const ratios: number[] = [];
  const costs: number[][] = [[], []];
  for (let round = 0; round < Number(options.rounds); round++) {
    const cost = [0, 0];
    // The order alternates, so that a drift of the machine's speed falls on both.
    for (const index of round % 2 === 0 ? [0, 1] : [1, 0]) cost[index] = await measure(index);
    const [before = Number.NaN, now = Number.NaN] = cost;
    costs[0]?.push(before);
    costs[1]?.push(now);
    ratios.push(now / before);
    console.log(`round ${round + 1}: before ${before.toFixed(1)} µs, now ${now.toFixed(1)} µs, ratio ${(now / before).toFixed(3)}`);
  }
  const sorted = [...ratios].sort((a, b) => a - b);
  console.log(`medians ${costs.map((of) => median(of).toFixed(1)).join(' / ')} µs; ratio ${median(ratios).toFixed(3)} (quartiles ${sorted[Math.floor(sorted.length / 4)]?.toFixed(3)} to ${sorted[Math.floor((sorted.length * 3) / 4)]?.toFixed(3)})`);
} finally {
  for (const each of running) await each.stop();
  await origin.stop();
}
rmSync(folder, { recursive: true, force: true });

function arm(between: Between, name: string, checkout: string | undefined): Arm {
  const made = options.arm === 'bare' ? sluiceArm(between, { name, does: '', checkout }) : fullSluiceArm(between, name, 1, checkout);
  if (options['node-args'] !== '') return { ...made, args: [...options['node-args'].replaceAll('NAME', name).split(' '), ...made.args] };
  if (options['cpu-prof'] === undefined) return made;
  return { ...made, args: ['--cpu-prof', `--cpu-prof-dir=${options['cpu-prof']}/${name}`, ...made.args] };
}

async function load(target: Arm, duration: number): Promise<number> {
  const { requests, failed } = await saturate({ url: `http://127.0.0.1:${target.port}/orders/17`, seconds: duration, headers, cores: '1' });
  if (failed > 0) throw new Error(`${target.name}: ${failed} requests failed`);
  return requests;
}

async function measure(index: number): Promise<number> {
  const target = arms[index];
  const pid = running[index]?.pid;
  if (target === undefined || pid === undefined) throw new Error('There is no such arm.');
  const start = cpuNanoseconds(pid);
  const requests = await load(target, seconds);
  return (cpuNanoseconds(pid) - start) / requests / 1000;
}
