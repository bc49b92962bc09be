/**
 * Thousands of clients that never finish the head of a request, beside a steady load that has to stay as fast as it was.
 *
 *   npm run build && node bench/connections/slow-headers.ts [--rounds 3] [--connections 5000] [--open-seconds 5] [--record]
 *
 * Needs nginx, wrk, h2load and chrt (Debian: nginx-light wrk nghttp2-client util-linux), two cores and nothing else running.
 * The proxy has core 0 to itself; slow clients, load and origin share core 1, where the slow clients run only while nobody else
 * does: they are to be a burden to the proxy, not to the load. `--record` writes bench/results/slow-headers.md.
 *
 * The load is measured in four states: while slow clients come to a process that has never seen any; then, in turns: quiet; with
 * them at another server on core 1 (what they do to load and origin by themselves); with them at the proxy again.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { nginxArm, originProgram, sluiceArm, type Arm } from '../measure/arm.ts';
import { freePorts } from '../measure/free-ports.ts';
import { interleave } from '../measure/interleave.ts';
import { latencyAtRate, saturate, type Latency } from '../measure/load.ts';
import { PinnedScript } from '../measure/pinned-script.ts';
import { RunningProgram } from '../measure/running-program.ts';
import { medianOf } from '../measure/statistics.ts';
import { figure, machine, publish, requirePrograms, table, today, versions } from '../measure/surroundings.ts';
import type { SlowOrder, SlowReport } from './slow-clients.ts';

type State = 'first' | 'quiet' | 'elsewhere' | 'attacked';

interface Sample extends Record<State, Latency> {
  readonly shed: SlowReport;
}

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    connections: { type: 'string', default: '5000' },
    'open-seconds': { type: 'string', default: '5' },
    record: { type: 'boolean', default: false },
  },
});
const rounds = Number(options.rounds);
const connections = Number(options.connections);
const openSeconds = Number(options['open-seconds']);
const proxyCore = '0';
const otherCore = '1';
const headerTimeoutSeconds = 10;
/** From the first slow client until the last one is gone. */
const windowSeconds = openSeconds + headerTimeoutSeconds + 1;

requirePrograms(['taskset', 'chrt', 'nginx', 'wrk', 'h2load']);
const folder = mkdtempSync(join(tmpdir(), 'sluice-slow-'));
const [originPort = 0, decoyPort = 0, nginxPort = 0, sluicePort = 0] = await freePorts(4);
const headerTimeout = `client_header_timeout ${headerTimeoutSeconds}s;`;
const arms: Arm[] = [
  nginxArm({ folder, port: nginxPort, originPort }, { name: 'nginx', does: `bare proxy_pass, \`${headerTimeout}\``, server: headerTimeout }),
  sluiceArm({ folder, port: sluicePort, originPort }, { name: 'sluice', does: 'bare, as it comes: 10 s for a head' }),
];
const others = [
  await RunningProgram.start(originProgram(folder, originPort), otherCore, folder),
  await RunningProgram.start(nginxArm({ folder, port: decoyPort, originPort }, { name: 'decoy', does: '', server: headerTimeout }), otherCore, folder),
];
const slowClients = await PinnedScript.start(new URL('slow-clients.ts', import.meta.url), [], otherCore, 'idle');
const rates = new Map<string, number>();
let samples: Map<string, Sample[]>;
try {
  samples = await interleave(arms, rounds, measure, ({ first, quiet, elsewhere, attacked, shed }) => `p99 ${quiet.p99} / ${elsewhere.p99} / ${attacked.p99} µs, first ${first.p99}  408: ${shed.answered408}, closed: ${shed.closed}, left: ${shed.left}, last after ${figure(shed.latestMs)} ms`);
} finally {
  await slowClients.stop();
  for (const other of others) await other.stop();
}
publish('slow-headers', report(), options.record);
rmSync(folder, { recursive: true, force: true });

async function measure(arm: Arm, round: number): Promise<Sample> {
  const proxy = await RunningProgram.start(arm, proxyCore, folder);
  try {
    const url = `http://127.0.0.1:${arm.port}/orders/17`;
    const { requestsPerSecond } = await saturate({ url, seconds: 3, cores: otherCore });
    const rate = rates.get(arm.name) ?? Math.round(requestsPerSecond / 4);
    rates.set(arm.name, rate);
    const latencies = new Map<State, Latency>();
    let shed: SlowReport | undefined;
    // Another state begins in every round: none of them always has the younger process.
    const states: State[] = ['quiet', 'elsewhere', 'attacked'];
    for (const state of ['first' as const, ...states.slice((round - 1) % 3), ...states.slice(0, (round - 1) % 3)]) {
      const order: SlowOrder = { port: state === 'elsewhere' ? decoyPort : arm.port, count: connections, openSeconds, limitSeconds: windowSeconds + 10 };
      const slow = state === 'quiet' ? undefined : slowClients.ask<SlowReport>(order, (windowSeconds + 30) * 1000);
      const latency = await latencyAtRate({ url, requestsPerSecond: rate, seconds: windowSeconds, cores: otherCore, logFile: join(folder, 'latency.log') });
      if (latency.failed > 0) throw new Error(`${arm.name}, ${state}: ${latency.failed} requests of the load failed`);
      latencies.set(state, latency);
      const result = await slow;
      if (state === 'attacked') shed = result;
      await sleep(500);
    }
    const at = (state: State): Latency => latencies.get(state) ?? { p50: Number.NaN, p99: Number.NaN, requests: 0, failed: 0 };
    if (shed === undefined) throw new Error('nobody said what became of the slow clients');
    return { first: at('first'), quiet: at('quiet'), elsewhere: at('elsewhere'), attacked: at('attacked'), shed };
  } finally {
    await proxy.stop();
  }
}

function report(): string {
  const of = (name: string, number: (sample: Sample) => number): number => medianOf(samples.get(name), number);
  const times = (name: string, state: State): string => `${figure(of(name, (sample) => sample[state].p50))} / ${figure(of(name, (sample) => sample[state].p99))}`;
  return [
    '# Slow headers',
    '',
    `Measured ${today()} by \`node bench/connections/slow-headers.ts --rounds ${rounds} --connections ${connections} --open-seconds ${openSeconds}\`: interleaved, medians of ${rounds} rounds.`,
    `Machine: ${machine()}. The proxy has one core to itself; slow clients on ${Math.ceil(connections / 250)} addresses, load and origin share the other, the slow clients only while it is idle (SCHED_IDLE).`,
    `Versions: ${versions(arms)}.`,
    '',
    `${connections} clients, opened over ${openSeconds} s, send the beginning of a head and then a byte a second, and never come to the end of it.`,
    'All of them have to be gone 10 s after their start.',
    '',
    table(
      ['arm', 'does', 'answered 408', 'closed without', 'not shed', 's from start to end, first / median / last'],
      arms.map(({ name, does }) => [
        name,
        does,
        figure(of(name, ({ shed }) => shed.answered408)),
        figure(of(name, ({ shed }) => shed.closed)),
        figure(Math.max(...(samples.get(name) ?? []).map(({ shed }) => shed.left))),
        [({ shed }: Sample) => shed.earliestMs, ({ shed }: Sample) => shed.medianMs, ({ shed }: Sample) => shed.latestMs].map((number) => figure(of(name, number) / 1000, 2)).join(' / '),
      ]),
    ),
    '',
    `Meanwhile a steady load at a quarter of the arm's own saturation (${arms.map(({ name }) => `${name}: ${rates.get(name) ?? 0}`).join(', ')} requests / s; 16 connections, every response looked at), for`,
    `${windowSeconds} s from the first slow client to the last: without them; with them at another server that runs beside load and origin, which`,
    'shows what they do to the load by themselves; with them at the proxy; and before all that, with them at a process that has never',
    'seen any. No request of the load failed. Goal: p99 within 1.10 of quiet.',
    '',
    table(
      ['arm', 'p50 / p99 µs quiet', 'elsewhere', 'at the proxy', 'for the first time', 'p99 at the proxy × quiet', '× elsewhere', 'first × quiet'],
      arms.map(({ name }) => [
        name,
        times(name, 'quiet'),
        times(name, 'elsewhere'),
        times(name, 'attacked'),
        times(name, 'first'),
        figure(of(name, ({ quiet, attacked }) => attacked.p99 / quiet.p99), 2),
        figure(of(name, ({ elsewhere, attacked }) => attacked.p99 / elsewhere.p99), 2),
        figure(of(name, ({ quiet, first }) => first.p99 / quiet.p99), 2),
      ]),
    ),
    '',
  ].join('\n');
}
