/**
 * Bodies of 10 MiB through the proxy, in both directions, beside nginx, interleaved in one go.
 *
 *   npm run build && node bench/transfer/run.ts [--rounds 3] [--seconds 6] [--connections 4] [--record]
 *
 * Needs nginx (Debian: nginx-light), two cores and nothing else running. The proxy under
 * measurement has core 0 to itself; the client, the origin of downloads (nginx, a file) and the
 * origin of uploads (sink.ts, which reads it all) share core 1. The arm `direct` has no proxy: what
 * client and origin can do by themselves. `--record` writes bench/results/transfer.md.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nginxArm, originProgram, sluiceArm, type Arm } from '../measure/arm.ts';
import { freePorts } from '../measure/free-ports.ts';
import { interleave } from '../measure/interleave.ts';
import { readOptions } from '../measure/options.ts';
import { PinnedScript } from '../measure/pinned-script.ts';
import { cpuNanoseconds, MemoryWatch } from '../measure/process-cpu.ts';
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
import { bodyBytes, type TransferOrder, type Transferred } from './client.ts';

type Direction = TransferOrder['direction'];

interface Sample {
  readonly megabytesPerSecond: number;
  readonly cpuMilliseconds: number;
  /** How much of its core the proxy used, 0 to 1. */
  readonly busy: number;
  readonly memoryAtStart: number;
  readonly memoryAtMost: number;
}

const options = readOptions({
  rounds: { type: 'string', default: '3' },
  seconds: { type: 'string', default: '6' },
  connections: { type: 'string', default: '4' },
  record: { type: 'boolean', default: false },
});
const rounds = Number(options.rounds);
const seconds = Number(options.seconds);
const connections = Number(options.connections);
const proxyCore = '0';
const otherCore = '1';

requirePrograms(['taskset', 'nginx']);
const folder = mkdtempSync(join(tmpdir(), 'sluice-transfer-'));
const [filePort = 0, sinkPort = 0, ...armPorts] = await freePorts(8);
const sinkFile = new URL('sink.ts', import.meta.url).pathname;
const origins = [
  await RunningProgram.start(originProgram(folder, filePort), otherCore, folder),
  await RunningProgram.start(
    { name: 'sink', command: process.execPath, args: [sinkFile, String(sinkPort)], port: sinkPort },
    otherCore,
    folder,
  ),
];
const client = await PinnedScript.start(new URL('client.ts', import.meta.url), [], otherCore);
const results = new Map<Direction, Map<string, Sample[]>>();
const arms: Record<Direction, Arm[]> = {
  download: createArms('download', filePort),
  upload: createArms('upload', sinkPort),
};
try {
  for (const direction of ['download', 'upload'] as const) {
    console.log(`${direction}s`);
    const originPort = direction === 'download' ? filePort : sinkPort;
    const measured = await interleave(
      [{ name: 'direct', port: originPort }, ...arms[direction]],
      rounds,
      (arm) => measure(arm, direction),
      ({ megabytesPerSecond, cpuMilliseconds, busy }) =>
        `${figure(megabytesPerSecond)} MB/s  ${figure(cpuMilliseconds, 1)} ms  busy ${figure(busy * 100)} %`,
    );
    results.set(direction, measured);
  }
} finally {
  await client.stop();
  for (const origin of origins) await origin.stop();
}
publish('transfer', report(), options.record);
rmSync(folder, { recursive: true, force: true });

function createArms(direction: Direction, originPort: number): Arm[] {
  const [first = 0, second = 0, third = 0] =
    direction === 'download' ? armPorts : armPorts.slice(3);
  const between = (port: number) => ({ folder, port, originPort });
  const off = direction === 'download' ? 'proxy_buffering' : 'proxy_request_buffering';
  return [
    nginxArm(between(first), {
      name: `nginx-${direction}`,
      does: 'bare proxy_pass with its default buffering',
    }),
    nginxArm(between(second), {
      name: `nginx-stream-${direction}`,
      does: `bare proxy_pass, \`${off} off\``,
      location: `${off} off;`,
    }),
    sluiceArm(between(third), {
      name: `sluice-${direction}`,
      does: 'bare: one route, no policy, no access log; streams',
    }),
  ];
}

async function measure(
  target: Arm | Omit<Arm, 'command' | 'args' | 'does' | 'version'>,
  direction: Direction,
): Promise<Sample> {
  const move = (duration: number): Promise<Transferred> =>
    client.ask(
      { port: target.port, direction, connections, seconds: duration } satisfies TransferOrder,
      (duration + 30) * 1000,
    );
  const proxy =
    'command' in target ? await RunningProgram.start(target, proxyCore, folder) : undefined;
  try {
    // Warm enough for memory to be what it stays at.
    await move(2);
    const memory = proxy && new MemoryWatch(proxy.pid);
    const before = proxy === undefined ? 0 : cpuNanoseconds(proxy.pid);
    const moved = await move(seconds);
    const used = proxy === undefined ? 0 : cpuNanoseconds(proxy.pid) - before;
    memory?.stop();
    if (moved.failed > 0)
      throw new Error(
        `${target.name}: ${moved.failed} connections failed; see ${folder}/${target.name}.log`,
      );
    return {
      megabytesPerSecond: (moved.transfers * bodyBytes) / 1e6 / moved.seconds,
      cpuMilliseconds: proxy === undefined ? Number.NaN : used / 1e6 / moved.transfers,
      busy: proxy === undefined ? Number.NaN : used / 1e9 / moved.seconds,
      memoryAtStart: memory?.first ?? Number.NaN,
      memoryAtMost: memory?.most ?? Number.NaN,
    };
  } finally {
    await proxy?.stop();
  }
}

function report(): string {
  return [
    '# Bodies of 10 MiB',
    '',
    `Measured ${today()} by \`node bench/transfer/run.ts --rounds ${rounds} --seconds ${seconds} --connections ${connections}\`: interleaved, medians of ${rounds} rounds.`,
    `Machine: ${machine()}. The proxy has one core to itself; the client (${connections} keep-alive connections, 10 MiB each time) and the origin share the other.`,
    `Versions: ${versions(arms.download)}.`,
    '',
    'The goal is 0.8 × the throughput of nginx, with constant memory. nginx is measured twice, with its default buffering and',
    'without; Sluice streams, so the arm without buffering is the comparable one. "× nginx" compares with **the faster of the two**.',
    '`direct` is client and origin without a proxy, on the core that they share: the maximum of this set-up. Where the core of the',
    'proxy is far from 100 % busy, compare the CPU time.',
    '',
    ...section('download', 'Downloads: GET, the origin is nginx with the file in memory'),
    ...section('upload', 'Uploads: POST, the origin reads the whole content and responds with 204'),
  ].join('\n');
}

function section(direction: Direction, title: string): string[] {
  const samples = results.get(direction) ?? new Map<string, Sample[]>();
  const of = (name: string, number: (sample: Sample) => number): number =>
    medianOf(samples.get(name), number);
  const rate = (name: string): number => of(name, ({ megabytesPerSecond }) => megabytesPerSecond);
  const cpu = (name: string): number => of(name, ({ cpuMilliseconds }) => cpuMilliseconds);
  const mebibytes = (name: string, number: (sample: Sample) => number): string =>
    figure(of(name, number) / 1_048_576);
  const nginx = [`nginx-${direction}`, `nginx-stream-${direction}`];
  const fastest = Math.max(...nginx.map(rate));
  const cheapest = Math.min(...nginx.map(cpu));
  return [
    `## ${title}`,
    '',
    table(
      [
        'arm',
        'does',
        'MB / s',
        '× nginx',
        'CPU ms / 10 MiB',
        '× nginx',
        'core busy %',
        'memory MiB, start / most',
      ],
      [{ name: 'direct', does: 'no proxy' }, ...arms[direction]].map(({ name, does }) => [
        name.replace(`-${direction}`, ''),
        does,
        figure(rate(name)),
        figure(rate(name) / fastest, 2),
        figure(cpu(name), 1),
        figure(cpu(name) / cheapest, 2),
        figure(of(name, ({ busy }) => busy) * 100),
        name === 'direct'
          ? '–'
          : `${mebibytes(name, ({ memoryAtStart }) => memoryAtStart)} / ${mebibytes(name, ({ memoryAtMost }) => memoryAtMost)}`,
      ]),
    ),
    '',
  ];
}
