/**
 * Thousands of clients that never complete the head of a request, and a steady load whose latency
 * must not grow.
 *
 *   npm run build && node bench/connections/slow-headers.ts [--rounds 3] [--connections 5000] [--open-seconds 5] [--rate 5000] [--record]
 *
 * Needs nginx, wrk, h2load and chrt (Debian: nginx-light wrk nghttp2-client util-linux), two cores
 * and nothing else running. The proxy has core 0 to itself; slow clients, load and origin share
 * core 1, where the slow clients run only while it is idle: they should burden the proxy, not the
 * load. `--record` writes bench/results/slow-headers.md.
 *
 * Two loads, a quarter of the arm's own saturation and the same rate for all, are measured in three
 * states, in turns: quiet; with slow clients at another server on core 1 (what they do to load and
 * origin by themselves); with them at the proxy. Before all that, the first load is measured while
 * slow clients come to a process that has never seen any.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { nginxArm, originProgram, sluiceArm, type Arm } from '../measure/arm.ts';
import { freePorts } from '../measure/free-ports.ts';
import { interleave } from '../measure/interleave.ts';
import { latencyAtRate, saturate, type Latency } from '../measure/load.ts';
import { readOptions } from '../measure/options.ts';
import { PinnedScript } from '../measure/pinned-script.ts';
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
import type { SlowOrder, SlowReport } from './slow-clients.ts';

const states = ['quiet', 'elsewhere', 'attacked'] as const;
type State = (typeof states)[number];
type Latencies = Record<State, Latency>;

interface Sample {
  readonly first: Latency;
  readonly quarter: Latencies;
  readonly common: Latencies;
  readonly shed: SlowReport;
}

const options = readOptions({
  rounds: { type: 'string', default: '3' },
  connections: { type: 'string', default: '5000' },
  'open-seconds': { type: 'string', default: '5' },
  rate: { type: 'string', default: '5000' },
  record: { type: 'boolean', default: false },
});
const rounds = Number(options.rounds);
const connections = Number(options.connections);
const openSeconds = Number(options['open-seconds']);
const commonRate = Number(options.rate);
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
  nginxArm(
    { folder, port: nginxPort, originPort },
    { name: 'nginx', does: `bare proxy_pass, \`${headerTimeout}\``, server: headerTimeout },
  ),
  sluiceArm(
    { folder, port: sluicePort, originPort },
    { name: 'sluice', does: 'bare, with the default header timeout of 10 s' },
  ),
];
const others = [
  await RunningProgram.start(originProgram(folder, originPort), otherCore, folder),
  await RunningProgram.start(
    nginxArm(
      { folder, port: decoyPort, originPort },
      { name: 'decoy', does: '', server: headerTimeout },
    ),
    otherCore,
    folder,
  ),
];
const slowClients = await PinnedScript.start(
  new URL('slow-clients.ts', import.meta.url),
  [],
  otherCore,
  'idle',
);
const rates = new Map<string, number>();
let samples: Map<string, Sample[]>;
try {
  samples = await interleave(arms, rounds, measure, ({ first, quarter, common, shed }) => {
    const p99s = [quarter, common].map((latencies) =>
      states.map((state) => latencies[state].p99).join(' / '),
    );
    return `p99 ${p99s.join(' µs, at the same rate ')} µs, first ${first.p99}  408: ${shed.answered408}, closed: ${shed.closed}, left: ${shed.left}, last after ${figure(shed.latestMs)} ms`;
  });
} finally {
  await slowClients.stop();
  for (const other of others) await other.stop();
}
publish('slow-headers', report(), options.record);
rmSync(folder, { recursive: true, force: true });

async function measure(arm: Arm, round: number): Promise<Sample> {
  const proxy = await RunningProgram.start(arm, proxyCore, folder);
  const url = `http://127.0.0.1:${arm.port}/orders/17`;
  let shed: SlowReport | undefined;

  async function measureIn(state: State, requestsPerSecond: number): Promise<Latency> {
    const order: SlowOrder = {
      port: state === 'elsewhere' ? decoyPort : arm.port,
      count: connections,
      openSeconds,
      limitSeconds: windowSeconds + 10,
    };
    const slow =
      state === 'quiet'
        ? undefined
        : slowClients.ask<SlowReport>(order, (windowSeconds + 30) * 1000);
    const latency = await latencyAtRate({
      url,
      requestsPerSecond,
      seconds: windowSeconds,
      cores: otherCore,
      logFile: join(folder, 'latency.log'),
    });
    if (latency.failed > 0)
      throw new Error(`${arm.name}, ${state}: ${latency.failed} requests of the load failed`);
    const result = await slow;
    if (state === 'attacked' && result !== undefined) shed = worse(shed, result);
    await sleep(500);
    return latency;
  }

  async function measureAt(requestsPerSecond: number): Promise<Latencies> {
    const latencies = new Map<State, Latency>();
    // Another state begins in every round: none of them always has the younger process.
    const first = (round - 1) % states.length;
    for (const state of [...states.slice(first), ...states.slice(0, first)])
      latencies.set(state, await measureIn(state, requestsPerSecond));
    return Object.fromEntries(latencies) as Latencies;
  }

  try {
    const { requestsPerSecond } = await saturate({ url, seconds: 3, cores: otherCore });
    const rate = rates.get(arm.name) ?? Math.round(requestsPerSecond / 4);
    rates.set(arm.name, rate);
    const first = await measureIn('attacked', rate);
    const quarter = await measureAt(rate);
    const common = await measureAt(commonRate);
    if (shed === undefined) throw new Error('the slow clients reported no result');
    return { first, quarter, common, shed };
  } finally {
    await proxy.stop();
  }
}

/** The worse of two reports: more clients left, or a later last one. */
function worse(one: SlowReport | undefined, other: SlowReport): SlowReport {
  return one === undefined ||
    other.left > one.left ||
    (other.left === one.left && other.latestMs > one.latestMs)
    ? other
    : one;
}

function report(): string {
  const of = (name: string, number: (sample: Sample) => number): number =>
    medianOf(samples.get(name), number);
  const times = (name: string, latency: (sample: Sample) => Latency): string =>
    `${figure(of(name, (sample) => latency(sample).p50))} / ${figure(of(name, (sample) => latency(sample).p99))}`;
  const rowsAt = (latencies: (sample: Sample) => Latencies): string[][] =>
    arms.map(({ name }) => [
      name,
      ...states.map((state) => times(name, (sample) => latencies(sample)[state])),
      figure(
        of(name, (sample) => latencies(sample).attacked.p99 / latencies(sample).quiet.p99),
        2,
      ),
      figure(
        of(name, (sample) => latencies(sample).attacked.p99 / latencies(sample).elsewhere.p99),
        2,
      ),
    ]);
  const columns = [
    'arm',
    'p50 / p99 µs quiet',
    'elsewhere',
    'at the proxy',
    'p99 at the proxy × quiet',
    '× elsewhere',
  ];
  return [
    '# Slow headers',
    '',
    `Measured ${today()} by \`node bench/connections/slow-headers.ts --rounds ${rounds} --connections ${connections} --open-seconds ${openSeconds}\`: interleaved, medians of ${rounds} rounds.`,
    `Machine: ${machine()}. The proxy has one core to itself; slow clients on ${Math.ceil(connections / 250)} addresses, load and origin share the other, the slow clients only while it is idle (SCHED_IDLE).`,
    `Versions: ${versions(arms)}.`,
    '',
    `${connections} clients, which connect within ${openSeconds} s, send the beginning of a head, then one byte per second, and never complete it.`,
    'The proxy must close each of them 10 s after its start.',
    '',
    table(
      [
        'arm',
        'does',
        'answered 408',
        'closed without a response',
        'not closed',
        's from start to end, first / median / last',
      ],
      arms.map(({ name, does }) => [
        name,
        does,
        figure(of(name, ({ shed }) => shed.answered408)),
        figure(of(name, ({ shed }) => shed.closed)),
        figure(Math.max(...(samples.get(name) ?? []).map(({ shed }) => shed.left))),
        [
          ({ shed }: Sample) => shed.earliestMs,
          ({ shed }: Sample) => shed.medianMs,
          ({ shed }: Sample) => shed.latestMs,
        ]
          .map((number) => figure(of(name, number) / 1000, 2))
          .join(' / '),
      ]),
    ),
    '',
    `Meanwhile a steady load runs (16 connections, every response is measured) for ${windowSeconds} s, from the first slow client to the last: without`,
    'them; with them connected to another server on the core of load and origin, which shows their effect on the load generator itself;',
    'and with them connected to the proxy. No request of the load failed. Goal: p99 at most 1.10 × quiet.',
    '',
    `At ${figure(commonRate)} requests / s:`,
    '',
    table(
      columns,
      rowsAt(({ common }) => common),
    ),
    '',
    `At a quarter of the arm's own saturation (${arms.map(({ name }) => `${name}: ${rates.get(name) ?? 0}`).join(', ')} requests / s), and, before any slow client connected, at the same rate:`,
    '',
    table(
      [...columns, 'before any slow client', 'first × quiet'],
      rowsAt(({ quarter }) => quarter).map((row, index) => {
        const name = arms[index]?.name ?? '';
        return [
          ...row,
          times(name, ({ first }) => first),
          figure(
            of(name, ({ first, quarter }) => first.p99 / quarter.quiet.p99),
            2,
          ),
        ];
      }),
    ),
    '',
  ].join('\n');
}
