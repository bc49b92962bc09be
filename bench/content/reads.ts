/**
 * What a policy that reads the content of 1 % of the requests costs the other 99 %.
 *
 *   npm run build && node bench/content/reads.ts [--starts 3] [--rounds 4] [--seconds 4] [--record]
 *
 * Three proxies with the same custom policy receive the same POST requests of 1 KiB at the same
 * time, on core 0: one reads no content, one reads that of every hundredth request, one reads all.
 * The figure is the CPU time of a request that is not read in the second proxy, divided by that in
 * the first: (second − 0.01 × third) / (0.99 × first). 1 means that reading costs the others
 * nothing. Needs nginx and wrk, two cores and nothing else running. `--record` writes the table to
 * bench/results/.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { originProgram, sluiceArm } from '../measure/arm.ts';
import { figure, machine, publish, requirePrograms, table, today } from '../measure/environment.ts';
import { freePorts } from '../measure/free-ports.ts';
import { readOptions } from '../measure/options.ts';
import { RunningProgram } from '../measure/running-program.ts';
import { costsSideBySide, otherCore } from '../measure/side-by-side.ts';
import { median } from '../measure/statistics.ts';
import { writeReadingPolicy } from './reading-policy.ts';

const options = readOptions({
  starts: { type: 'string', default: '3' },
  rounds: { type: 'string', default: '4' },
  seconds: { type: 'string', default: '4' },
  record: { type: 'boolean', default: false },
});
const [starts, rounds, seconds] = [
  Number(options.starts),
  Number(options.rounds),
  Number(options.seconds),
];
const reads = ['none', 'marked', 'all'] as const;

requirePrograms(['taskset', 'nginx', 'wrk']);
const folder = mkdtempSync(join(tmpdir(), 'sluice-reads-'));
const policies = writeReadingPolicy(folder);
const script = writeScript();
const [originPort = 0, ...ports] = await freePorts(1 + reads.length);
const origin = await RunningProgram.start(originProgram(folder, originPort), otherCore, folder);
const rows: string[][] = [];
try {
  for (let start = 0; start < starts; start++) {
    const arms = reads.map((what, index) =>
      sluiceArm(
        { folder, originPort, port: ports[index] ?? 0 },
        {
          name: `reads-${what}`,
          does: `reads ${what}`,
          policies: [{ name: 'bench-reader', config: { reads: what } }],
          env: { SLUICE_POLICIES_DIR: policies },
        },
      ),
    );
    const load = { script };
    const costs = await costsSideBySide(arms, { folder, rounds, seconds, load });
    const measured = costs.map(
      ([none = Number.NaN, marked = Number.NaN, all = Number.NaN]) => [none, marked, all] as const,
    );
    const others = measured.map(([none, marked, all]) => (marked - 0.01 * all) / (0.99 * none));
    const row = [
      median(others),
      median(measured.map(([none, marked]) => marked / none)),
      median(measured.map(([none, , all]) => all / none)),
    ].map((ratio) => figure(ratio, 3));
    console.log(`start ${start + 1}: ${row.join(' ')}`);
    rows.push([String(start + 1), ...row]);
  }
} finally {
  await origin.stop();
}
publish(`reads-${today()}`, report(), options.record);
rmSync(folder, { recursive: true, force: true });

/** Lua for wrk: POST requests of 1 KiB, of which every hundredth is marked. */
function writeScript(): string {
  const file = join(folder, 'posts.lua');
  writeFileSync(
    file,
    `local count = 0
local body = string.rep("x", 1024)
local plain = { ["Content-Type"] = "text/plain" }
local marked = { ["Content-Type"] = "text/plain", ["X-Read"] = "1" }
request = function()
  count = count + 1
  return wrk.format("POST", nil, count % 100 == 0 and marked or plain, body)
end
`,
  );
  return file;
}

function report(): string {
  return [
    '# A policy that reads the content of 1 % of the requests',
    '',
    `Measured ${today()} by \`node bench/content/reads.ts --starts ${starts} --rounds ${rounds} --seconds ${seconds}\`: CPU time per request, divided by that of a`,
    `proxy with the same policy that reads nothing. Machine: ${machine()}; Node ${process.versions.node}.`,
    '',
    table(
      ['start', 'the 99 % that are not read', 'mean of all, 1 % read', 'all requests read'],
      rows,
    ),
    '',
  ].join('\n');
}
