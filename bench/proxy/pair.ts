/**
 * The cost of a proxied request in two checkouts of Sluice, measured at the same time.
 *
 *   npm run build && node bench/proxy/pair.ts --before ../earlier [--now ../later] [--starts 4] [--rounds 4] [--seconds 4] [--record]
 *
 * Both proxies run on core 0 and are loaded together, so that the scheduler gives them turns of a
 * few milliseconds: the speed of a machine that changes from second to second is the same for both.
 * The figure is the CPU time per request of the one divided by that of the other. Compiled code
 * differs from one start of a process to the next by a few per cent, so each pair is started
 * several times. `--now` names the other checkout, this one otherwise; with the same checkout twice
 * the run shows the noise. Needs nginx and wrk, two cores and nothing else running. `--record`
 * writes the table to bench/results/.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  benchKey,
  fullSluiceArm,
  originProgram,
  sluiceArm,
  type Arm,
  type Between,
} from '../measure/arm.ts';
import { figure, machine, publish, requirePrograms, table, today } from '../measure/environment.ts';
import { freePorts } from '../measure/free-ports.ts';
import { readOptions } from '../measure/options.ts';
import { RunningProgram } from '../measure/running-program.ts';
import { costsSideBySide, otherCore } from '../measure/side-by-side.ts';
import { median } from '../measure/statistics.ts';

const options = readOptions({
  before: { type: 'string' },
  now: { type: 'string' },
  starts: { type: 'string', default: '4' },
  rounds: { type: 'string', default: '4' },
  seconds: { type: 'string', default: '4' },
  record: { type: 'boolean', default: false },
});
const [starts, rounds, seconds] = [
  Number(options.starts),
  Number(options.rounds),
  Number(options.seconds),
];
const headers = [
  `X-API-Key: ${benchKey}`,
  'traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00',
  'Accept: application/json',
  'User-Agent: bench',
];

type MakeArm = (between: Between, name: string, checkout: string | undefined) => Arm;
const makers: readonly (readonly [does: string, make: MakeArm])[] = [
  [
    'bare: one route, no policy, no access log',
    (between, name, checkout) => sluiceArm(between, { name, does: '', checkout }),
  ],
  ['all policies', (between, name, checkout) => fullSluiceArm(between, name, 1, checkout)],
];

requirePrograms(['taskset', 'nginx', 'wrk']);
const folder = mkdtempSync(join(tmpdir(), 'sluice-pair-'));
const [originPort = 0, beforePort = 0, nowPort = 0] = await freePorts(3);
const origin = await RunningProgram.start(originProgram(folder, originPort), otherCore, folder);
const rows: string[][] = [];
try {
  for (const [does, make] of makers) {
    const medians: number[] = [];
    for (let start = 0; start < starts; start++) {
      const ratios = await pair([
        make({ folder, originPort, port: beforePort }, 'before', options.before),
        make({ folder, originPort, port: nowPort }, 'now', options.now),
      ]);
      medians.push(median(ratios));
      console.log(
        `${does}, start ${start + 1}: ${ratios.map((ratio) => figure(ratio, 3)).join(' ')}`,
      );
    }
    rows.push([
      does,
      figure(median(medians), 3),
      medians.map((ratio) => figure(ratio, 3)).join(', '),
    ]);
  }
} finally {
  await origin.stop();
}
publish(`pair-${today()}`, report(), options.record);
rmSync(folder, { recursive: true, force: true });

/** Returns, for each round, the cost of the second proxy divided by that of the first. */
async function pair(arms: readonly [Arm, Arm]): Promise<number[]> {
  const measured = await costsSideBySide(arms, { folder, rounds, seconds, load: { headers } });
  return measured.map(([before = Number.NaN, now = Number.NaN]) => now / before);
}

function report(): string {
  return [
    '# Old and new code under the same load at the same time',
    '',
    `Measured ${today()} by \`node bench/proxy/pair.ts --starts ${starts} --rounds ${rounds} --seconds ${seconds}\`: CPU time per request, new code divided by`,
    `old code. Machine: ${machine()}; Node ${process.versions.node}.`,
    '',
    table(['arm', 'ratio, median of the starts', 'median of the rounds of each start'], rows),
    '',
  ].join('\n');
}
