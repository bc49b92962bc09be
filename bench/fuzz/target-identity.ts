/**
 * The long run of the test that all parts of the proxy see the same target: random request lines
 * and hosts over real sockets, with a witness in the router, in a policy of every phase, in the
 * access log and at the upstream.
 *
 *   node --conditions=sluice-source bench/fuzz/target-identity.ts [--cases 1000000] [--seed 1] [--write]
 *
 * `--write` records the result in bench/results/target-identity.md. Exits with 1 when two of them
 * disagree.
 */

import { writeFileSync } from 'node:fs';
import { seededRandom } from '../../apps/proxy/src/exchange/testing/raw-request.ts';
import { TargetWitnesses } from '../../apps/proxy/src/exchange/testing/target-witnesses.ts';
import type { IdentityReport } from '../../apps/proxy/src/exchange/testing/target-witnesses.ts';
import { readOptions } from '../measure/options.ts';

const values = readOptions({
  cases: { type: 'string', default: '1000000' },
  seed: { type: 'string', default: '1' },
  write: { type: 'boolean', default: false },
});
const cases = Number(values.cases);
const seed = Number(values.seed);
if (!Number.isSafeInteger(cases) || cases < 1 || !Number.isSafeInteger(seed) || seed < 0) {
  console.error('--cases must be a whole number above 0, --seed a whole number');
  process.exit(2);
}

const SLICE = 20_000;
const report: IdentityReport = {
  cases: 0,
  served: 0,
  encodedSlashes: 0,
  refused: new Map(),
  disagreements: [],
};
const random = seededRandom(seed);
const witnesses = await TargetWitnesses.start();
const start = performance.now();
while (report.cases < cases) {
  await witnesses.hear(Math.min(SLICE, cases - report.cases), random, report);
  console.log(
    `${report.cases} requests, ${report.disagreements.length} disagreements, ${((performance.now() - start) / 1000).toFixed(0)} s`,
  );
}
await witnesses.stop();

const refusals = [...report.refused]
  .sort(([one], [other]) => one - other)
  .map(([status, count]) => `| refused with ${status} | ${count} |`);
const text = `# One target

${new Date().toISOString().slice(0, 10)}, Node ${process.versions.node}.
Run: \`node --conditions=sluice-source bench/fuzz/target-identity.ts --cases ${cases} --seed ${seed} --write\`

Random request lines and Host fields (dot segments, empty segments, escapes in either case, encoded slashes, absolute forms,
odd bytes) over real sockets. Witnesses: the router, a policy in each of the nine phases, the access log, the upstream.

| what | requests |
|---|---|
| sent | ${report.cases} |
| served: all twelve saw one host, one path and one query, and the route is the one these lead to | ${report.served} |
| of these, with an encoded slash in the path, on a route that keeps them | ${report.encodedSlashes} |
${refusals.join('\n')}
| **witnesses disagree, a path is not normal, or a refused request was seen** | **${report.disagreements.length}** |

A request that is refused at the edge was seen by no policy and no upstream.
`;
console.log(text);
if (values.write) writeFileSync(new URL('../results/target-identity.md', import.meta.url), text);
for (const { sent, reason } of report.disagreements)
  console.error(`${reason}: ${JSON.stringify(sent)}`);
process.exit(report.disagreements.length > 0 ? 1 : 0);
