/**
 * WebSocket messages through the proxy's tunnel, beside nginx, interleaved in one go.
 *
 *   npm run build && node bench/tunnel/run.ts [--rounds 3] [--seconds 5] [--connections 32] [--record]
 *
 * Needs nginx (Debian: nginx-light), two cores and nothing else running. The proxy under
 * measurement has core 0 to itself; the clients and the echoing origin share core 1. The arm
 * `direct` has no proxy. `--record` writes bench/results/tunnel.md.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nginxArm, sluiceArm, type Arm } from '../measure/arm.ts';
import { freePorts } from '../measure/free-ports.ts';
import { interleave } from '../measure/interleave.ts';
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
import type { PingPong, PingPongOrder } from './client.ts';

interface Sample {
  readonly messagesPerSecond: number;
  readonly cpuMicroseconds: number;
  /** How much of its core the proxy used, 0 to 1. */
  readonly busy: number;
  readonly residentBytes: number;
}

const options = readOptions({
  rounds: { type: 'string', default: '3' },
  seconds: { type: 'string', default: '5' },
  connections: { type: 'string', default: '32' },
  record: { type: 'boolean', default: false },
});
const rounds = Number(options.rounds);
const seconds = Number(options.seconds);
const connections = Number(options.connections);
const proxyCore = '0';
const otherCore = '1';

requirePrograms(['taskset', 'nginx']);
const folder = mkdtempSync(join(tmpdir(), 'sluice-tunnel-'));
const [originPort = 0, nginxPort = 0, sluicePort = 0] = await freePorts(3);
const upgrade =
  'proxy_set_header Upgrade $http_upgrade; proxy_read_timeout 1h; proxy_send_timeout 1h;';
const arms: Arm[] = [
  nginxArm(
    { folder, port: nginxPort, originPort },
    {
      name: 'nginx',
      does: 'proxy_pass with Upgrade and Connection forwarded',
      connection: 'upgrade',
      location: upgrade,
    },
  ),
  sluiceArm(
    { folder, port: sluicePort, originPort },
    { name: 'sluice', does: 'bare: one route, no policy, no access log' },
  ),
];
const echo = {
  name: 'echo',
  command: process.execPath,
  args: [new URL('echo.ts', import.meta.url).pathname, String(originPort)],
  port: originPort,
};
const origin = await RunningProgram.start(echo, otherCore, folder);
const client = await PinnedScript.start(new URL('client.ts', import.meta.url), [], otherCore);
let samples: Map<string, Sample[]>;
try {
  samples = await interleave(
    [{ name: 'direct', port: originPort }, ...arms],
    rounds,
    measure,
    ({ messagesPerSecond, cpuMicroseconds, busy }) =>
      `${figure(messagesPerSecond)} messages/s  ${figure(cpuMicroseconds, 1)} µs  busy ${figure(busy * 100)} %`,
  );
} finally {
  await client.stop();
  await origin.stop();
}
publish('tunnel', report(), options.record);
rmSync(folder, { recursive: true, force: true });

async function measure(
  target: Arm | { readonly name: string; readonly port: number },
): Promise<Sample> {
  const play = async (duration: number): Promise<PingPong> => {
    const played = await client.ask<PingPong>(
      { port: target.port, connections, seconds: duration } satisfies PingPongOrder,
      (duration + 20) * 1000,
    );
    if (played.failed > 0)
      throw new Error(
        `${target.name}: ${played.failed} tunnels failed; see ${folder}/${target.name}.log`,
      );
    return played;
  };
  const proxy =
    'command' in target ? await RunningProgram.start(target, proxyCore, folder) : undefined;
  try {
    await play(2);
    const before = proxy === undefined ? 0 : cpuNanoseconds(proxy.pid);
    const played = await play(seconds);
    const used = proxy === undefined ? Number.NaN : cpuNanoseconds(proxy.pid) - before;
    return {
      messagesPerSecond: played.messages / played.seconds,
      cpuMicroseconds: used / 1000 / played.messages,
      busy: used / 1e9 / played.seconds,
      residentBytes: proxy === undefined ? Number.NaN : residentBytes(proxy.pid),
    };
  } finally {
    await proxy?.stop();
  }
}

function report(): string {
  const of = (name: string, number: (sample: Sample) => number): number =>
    medianOf(samples.get(name), number);
  const rate = ({ messagesPerSecond }: Sample): number => messagesPerSecond;
  const cpu = ({ cpuMicroseconds }: Sample): number => cpuMicroseconds;
  return [
    '# WebSocket messages through the tunnel',
    '',
    `Measured ${today()} by \`node bench/tunnel/run.ts --rounds ${rounds} --seconds ${seconds} --connections ${connections}\`: interleaved, medians of ${rounds} rounds.`,
    `Machine: ${machine()}. The proxy has one core to itself; the clients (${connections} connections, one message of 100 bytes in flight on each) and the echoing origin share the other.`,
    `Versions: ${versions(arms)}.`,
    '',
    'A message goes to the origin and back, so it passes the proxy twice. The goal is 0.8 × the throughput of nginx. Where the',
    'core of the proxy is far from 100 % busy, clients and origin limit the throughput (`direct` is their throughput without a proxy);',
    'compare the CPU time per message then: 0.8 × the throughput corresponds to 1.25 × the CPU time. The last column is the throughput',
    'of a whole core, computed from the CPU time.',
    '',
    table(
      [
        'arm',
        'does',
        'messages / s',
        '× nginx',
        'CPU µs / message',
        '× nginx',
        'core busy %',
        'memory MiB',
        'messages / s of a whole core',
        '× nginx',
      ],
      [{ name: 'direct', does: 'no proxy' }, ...arms].map(({ name, does }) => [
        name,
        does,
        figure(of(name, rate)),
        figure(of(name, rate) / of('nginx', rate), 2),
        figure(of(name, cpu), 1),
        figure(of(name, cpu) / of('nginx', cpu), 2),
        figure(of(name, ({ busy }) => busy) * 100),
        figure(of(name, (sample) => sample.residentBytes) / 1_048_576),
        figure(1e6 / of(name, cpu)),
        figure(of('nginx', cpu) / of(name, cpu), 2),
      ]),
    ),
    '',
  ].join('\n');
}
