/**
 * CPU time per request of policies that authenticate the caller, beside key-auth and no policy.
 *
 *   npm run build && node --conditions=sluice-source bench/auth/run.ts [--starts 3] [--rounds 4]
 *     [--seconds 4] [--tokens 20000] [--record]
 *
 * All proxies receive the same GET requests at the same time on core 0, each with the credential of
 * its policy. Two of them receive so many different tokens, one after the other, that none is still
 * in the cache when it comes again: `--tokens` must be far above the number that fits in it, about
 * 10,000. The figures are ratios within a start. Needs nginx and wrk, two cores and nothing else
 * running. `--record` writes the table to bench/results/.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { originProgram } from '../measure/arm.ts';
import { figure, machine, publish, requirePrograms, table, today } from '../measure/environment.ts';
import { freePorts } from '../measure/free-ports.ts';
import { readOptions } from '../measure/options.ts';
import { RunningProgram } from '../measure/running-program.ts';
import { costsSideBySide, otherCore } from '../measure/side-by-side.ts';
import { median } from '../measure/statistics.ts';
import { authArmCount, authArms } from './arms.ts';

const options = readOptions({
  starts: { type: 'string', default: '3' },
  rounds: { type: 'string', default: '4' },
  seconds: { type: 'string', default: '4' },
  tokens: { type: 'string', default: '20000' },
  record: { type: 'boolean', default: false },
});
const [starts, rounds, seconds] = [
  Number(options.starts),
  Number(options.rounds),
  Number(options.seconds),
];

requirePrograms(['taskset', 'nginx', 'wrk']);
const folder = mkdtempSync(join(tmpdir(), 'sluice-auth-'));
const [originPort = 0, ...ports] = await freePorts(1 + authArmCount);
const arms = authArms(folder, originPort, ports, Number(options.tokens));
const origin = await RunningProgram.start(originProgram(folder, originPort), otherCore, folder);
/** For each arm the medians of the starts: microseconds, and the ratio to key-auth. */
const found = arms.map(() => ({ micros: [] as number[], ratios: [] as number[] }));
try {
  for (let start = 0; start < starts; start++) {
    const costs = await costsSideBySide(
      arms.map(({ arm }) => arm),
      { folder, rounds, seconds, load: (_arm, index) => arms[index]?.load ?? {} },
    );
    for (const [index, { micros, ratios }] of found.entries()) {
      micros.push(median(costs.map((round) => (round[index] ?? Number.NaN) / 1_000)));
      ratios.push(
        median(costs.map((round) => (round[index] ?? Number.NaN) / (round[1] ?? Number.NaN))),
      );
    }
    console.log(
      `start ${start + 1}: ${arms.map(({ arm }, index) => `${arm.name} ${figure(found[index]?.ratios.at(-1) ?? Number.NaN, 3)}`).join('  ')}`,
    );
  }
} finally {
  await origin.stop();
}
publish(`auth-${today()}`, report(), options.record);
rmSync(folder, { recursive: true, force: true });

function report(): string {
  const rows = arms.map(({ arm }, index) => {
    const { micros = [], ratios = [] } = found[index] ?? {};
    return [
      arm.does,
      figure(median(micros), 1),
      figure(median(ratios), 3),
      ratios.map((ratio) => figure(ratio, 3)).join(' '),
    ];
  });
  return [
    '# Policies that authenticate the caller',
    '',
    `Measured ${today()} by \`node --conditions=sluice-source bench/auth/run.ts --starts ${starts} --rounds ${rounds} --seconds ${seconds} --tokens ${options.tokens}\`.`,
    `Machine: ${machine()}; Node ${process.versions.node}.`,
    '',
    table(['policy', 'CPU µs per request', 'divided by key-auth', 'in each start'], rows),
    '',
  ].join('\n');
}
