/**
 * The long run of the differential test between our HTTP/1.1 parsers and Node's own.
 *
 *   node --conditions=sluice-source bench/fuzz/http1-differential.ts [--cases 1000000] [--seed 1] [--write]
 *
 * Case number n of a run uses the seed `seed + n` and nothing else, so a failure is seen again with `--cases 1 --seed` and
 * the number printed. `--write` records the result in bench/results/http1-differential.md; a run that fails always
 * records its failures beside it, in http1-differential-failures.json. Exits with 1 when there are failures.
 */

import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { runDifferential } from '../../packages/http1/testing/differential.ts';
import type { DifferentialReport } from '../../packages/http1/testing/differential.ts';
import { strictness } from '../../packages/http1/testing/strictness.ts';

const { values } = parseArgs({
  options: {
    cases: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: '1' },
    write: { type: 'boolean', default: false },
  },
});
const cases = Number(values.cases);
const seed = Number(values.seed);
if (!Number.isSafeInteger(cases) || cases < 1 || !Number.isSafeInteger(seed) || seed < 0) {
  console.error('--cases must be a whole number above 0, --seed a whole number');
  process.exit(2);
}

const SLICE = 100_000;
const total: DifferentialReport = { cases: 0, agreedMessages: 0, same: 0, stricter: new Map(), failures: [], failureCount: 0 };
const start = performance.now();
while (total.cases < cases) {
  const report = runDifferential(Math.min(SLICE, cases - total.cases), seed + total.cases);
  total.cases += report.cases;
  total.agreedMessages += report.agreedMessages;
  total.same += report.same;
  total.failureCount += report.failureCount;
  total.failures.push(...report.failures.slice(0, 100 - total.failures.length));
  for (const [name, count] of report.stricter) total.stricter.set(name, (total.stricter.get(name) ?? 0) + count);
  console.log(`${total.cases} cases, ${total.failureCount} failures, ${((performance.now() - start) / 1000).toFixed(0)} s`);
}

const rows = Object.keys(strictness).map((name) => `| \`${name}\` | ${total.stricter.get(name) ?? 0} |`);
const text = `# HTTP/1.1 against Node's parser

${new Date().toISOString().slice(0, 10)}, Node ${process.versions.node} with llhttp ${process.versions['llhttp']}, strict mode.
Run: \`node --conditions=sluice-source bench/fuzz/http1-differential.ts --cases ${cases} --seed ${seed} --write\`

| what | conversations |
|---|---|
| generated | ${total.cases} |
| both agree throughout | ${total.same} |
| ours is stricter, by a named difference | ${[...total.stricter.values()].reduce((sum, count) => sum + count, 0)} |
| **ours accepts more, or reads something else** | **${total.failureCount}** |

Messages that both read to their end, alike: ${total.agreedMessages}.

| stricter by | conversations |
|---|---|
${rows.join('\n')}
`;
console.log(text);
if (values.write) writeFileSync(new URL('../results/http1-differential.md', import.meta.url), text);
if (total.failureCount > 0) {
  writeFileSync(new URL('../results/http1-differential-failures.json', import.meta.url), JSON.stringify(total.failures, undefined, 2));
  process.exit(1);
}
