/**
 * The cost of a proxied request, ours and others', interleaved in one go.
 *
 *   npm run build && node bench/proxy/run.ts [--rounds 5] [--seconds 4] [--arms nginx,sluice] [--before ../earlier] [--record]
 *
 * `--before` names another built checkout of Sluice: its arms, `before` and `before-full`, are
 * measured in the same rounds.
 *
 * Needs nginx, haproxy, caddy, wrk and h2load (Debian: nginx-light haproxy caddy wrk
 * nghttp2-client), two cores and nothing else running. The proxy under measurement has core 0 to
 * itself; load generator and upstream share core 1. `--record` writes the table to bench/results/.
 *
 * Latency is measured twice: at half of what the arm itself can take, and with the same rate for
 * every arm, half of what the slowest of them can take.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { benchKey, originProgram, type Arm } from '../measure/arm.ts';
import { freePorts } from '../measure/free-ports.ts';
import { interleave } from '../measure/interleave.ts';
import { latencyAtRate, saturate, type Latency } from '../measure/load.ts';
import { readOptions } from '../measure/options.ts';
import { cpuNanoseconds, residentBytes } from '../measure/process-cpu.ts';
import { RunningProgram } from '../measure/running-program.ts';
import { median, medianOf } from '../measure/statistics.ts';
import {
  figure,
  machine,
  publish,
  requirePrograms,
  table,
  today,
  versions,
} from '../measure/environment.ts';
import { createArms } from './arms.ts';

interface Sample {
  readonly cpuMicroseconds: number;
  readonly requestsPerSecond: number;
  /** At half of the arm's own saturation. */
  readonly ownHalf: Latency;
  /** At the rate that all arms have. */
  readonly sameRate: Latency;
  readonly residentBytes: number;
}

const proxyCore = '0';
const otherCore = '1';
/** Every arm gets the same request. */
const headers = [
  `X-API-Key: ${benchKey}`,
  'traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00',
  'Accept: application/json',
  'User-Agent: bench',
];

const options = readOptions({
  rounds: { type: 'string', default: '5' },
  seconds: { type: 'string', default: '4' },
  arms: { type: 'string', default: '' },
  before: { type: 'string' },
  record: { type: 'boolean', default: false },
});
const rounds = Number(options.rounds);
const seconds = Number(options.seconds);

const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
requirePrograms(['taskset', 'nginx', 'haproxy', 'caddy', 'wrk', 'h2load']);
const [originPort = 0, ...armPorts] = await freePorts(8);
const chosen = options.arms === '' ? [] : options.arms.split(',');
const arms = createArms(folder, originPort, armPorts, options.before).filter(
  ({ name }) => chosen.length === 0 || chosen.includes(name),
);
const origin = await RunningProgram.start(originProgram(folder, originPort), otherCore, folder);
let samples: Map<string, Sample[]>;
let sameRate = Number.POSITIVE_INFINITY;
try {
  for (const arm of arms) {
    const most = await withArm(
      arm,
      async (_, url) =>
        (await saturate({ url, seconds: 3, headers, cores: otherCore })).requestsPerSecond,
    );
    console.log(`trial  ${arm.name.padEnd(16)} ${Math.round(most)}/s`);
    sameRate = Math.min(sameRate, Math.round(most / 2));
  }
  samples = await interleave(
    arms,
    rounds,
    measure,
    ({ cpuMicroseconds, requestsPerSecond, sameRate: { p99 } }) =>
      `${cpuMicroseconds.toFixed(1).padStart(6)} µs  ${Math.round(requestsPerSecond)}/s  p99 ${p99} µs`,
  );
} finally {
  await origin.stop();
}
publish(`proxy-${today()}`, report(), options.record);
rmSync(folder, { recursive: true, force: true });

function measure(arm: Arm): Promise<Sample> {
  return withArm(arm, async ({ pid }, url) => {
    const before = cpuNanoseconds(pid);
    const load = await saturate({ url, seconds, headers, cores: otherCore });
    const used = cpuNanoseconds(pid) - before;
    const at = (requestsPerSecond: number): Promise<Latency> =>
      latencyAtRate({
        url,
        requestsPerSecond,
        seconds: Math.max(3, seconds / 2),
        headers,
        cores: otherCore,
        logFile: join(folder, 'latency.log'),
      });
    const ownHalf = await at(load.requestsPerSecond / 2);
    const same = await at(sameRate);
    const failed = load.failed + ownHalf.failed + same.failed;
    if (failed > 0)
      throw new Error(`${arm.name}: ${failed} requests failed; see ${folder}/${arm.name}.log`);
    return {
      cpuMicroseconds: used / load.requests / 1000,
      requestsPerSecond: load.requestsPerSecond,
      ownHalf,
      sameRate: same,
      residentBytes: residentBytes(pid),
    };
  });
}

/** Starts the arm, warms it up (long enough for compiling to be over), and stops it afterwards. */
async function withArm<Result>(
  arm: Arm,
  use: (running: RunningProgram, url: string) => Promise<Result>,
): Promise<Result> {
  const running = await RunningProgram.start(arm, proxyCore, folder);
  try {
    const url = `http://127.0.0.1:${arm.port}/orders/17`;
    await saturate({ url, seconds: 5, headers, cores: otherCore });
    return await use(running, url);
  } finally {
    await running.stop();
  }
}

function report(): string {
  const of = (name: string, number: (sample: Sample) => number): number =>
    medianOf(samples.get(name), number);
  // Within a round the machine is the same for all; between two it may be twice as fast.
  const beside = (arm: Arm, number: (sample: Sample) => number): string => {
    const ofNginx = samples.get('nginx')?.map(number) ?? [];
    return figure(
      median(
        (samples.get(arm.name) ?? []).map(
          (sample, round) => number(sample) / (ofNginx[round] ?? Number.NaN),
        ),
      ),
      2,
    );
  };
  const latency = (arm: Arm, at: (sample: Sample) => Latency): string[] => [
    `${figure(of(arm.name, (sample) => at(sample).p50))} / ${figure(of(arm.name, (sample) => at(sample).p99))}`,
    `${beside(arm, (sample) => at(sample).p50)} / ${beside(arm, (sample) => at(sample).p99)}`,
  ];
  const cpu = (sample: Sample): number => sample.cpuMicroseconds;
  return [
    '# Cost of a proxied request',
    '',
    `Measured ${today()} by \`node bench/proxy/run.ts --rounds ${rounds} --seconds ${seconds}\`: interleaved, medians of ${rounds} rounds.`,
    `Machine: ${machine()}. The proxy has one core to itself; wrk (64 connections, keep-alive) and the upstream (nginx, 120 bytes of JSON) share the other.`,
    `Versions: ${versions(arms)}.`,
    '',
    'CPU is user and system time of the proxy per request at saturation, from the scheduler. × nginx is the median of its ratio to nginx',
    'in each round.',
    '',
    table(
      ['arm', 'does', 'CPU µs / request', '× nginx', 'requests / s', 'memory MiB'],
      arms.map((arm) => [
        arm.name,
        arm.does,
        figure(of(arm.name, cpu), 1),
        beside(arm, cpu),
        figure(of(arm.name, (sample) => sample.requestsPerSecond)),
        figure(of(arm.name, (sample) => sample.residentBytes) / 1_048_576),
      ]),
    ),
    '',
    'Latency over 16 connections, every response is measured: at half the saturation of each arm, and at the same rate for all,',
    `${sameRate} requests / s, which is half the throughput of the slowest arm in a trial before the rounds.`,
    '',
    table(
      [
        'arm',
        'p50 / p99 µs at half its saturation',
        '× nginx',
        'p50 / p99 µs at the same rate',
        '× nginx',
      ],
      arms.map((arm) => [
        arm.name,
        ...latency(arm, (sample) => sample.ownHalf),
        ...latency(arm, (sample) => sample.sameRate),
      ]),
    ),
    '',
  ].join('\n');
}
