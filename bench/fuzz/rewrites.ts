/**
 * A thousand random routes and a thousand random targets, each with each, over real sockets: what
 * upstreams receive is in normal form, and router, policies, access log, spans and upstream agree
 * about it.
 *
 *   node --conditions=sluice-source bench/fuzz/rewrites.ts [--routes 1000] [--targets 1000] [--seed 1] [--write]
 *
 * `--write` records the result in bench/results/rewrites.md. Exits with 1 when two of them
 * disagree.
 */

import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import {
  randomRoutes,
  randomTargets,
} from '../../apps/proxy/src/exchange/testing/random-routes.ts';
import { seededRandom } from '../../apps/proxy/src/exchange/testing/raw-request.ts';
import { RewriteWitnesses } from '../../apps/proxy/src/exchange/testing/rewrite-witnesses.ts';
import type { RewriteReport } from '../../apps/proxy/src/exchange/testing/rewrite-witnesses.ts';

const { values } = parseArgs({
  options: {
    routes: { type: 'string', default: '1000' },
    targets: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    write: { type: 'boolean', default: false },
  },
});
const [routes, targets, seed] = [
  Number(values.routes),
  Number(values.targets),
  Number(values.seed),
];
if (
  ![routes, targets].every((count) => Number.isSafeInteger(count) && count > 0) ||
  !Number.isSafeInteger(seed) ||
  seed < 0
) {
  console.error('--routes and --targets must be whole numbers above 0, --seed a whole number');
  process.exit(2);
}

const random = seededRandom(seed);
const report: RewriteReport = {
  pairs: 0,
  served: 0,
  rewritten: 0,
  refused: new Map(),
  disagreements: [],
};
const witnesses = await RewriteWitnesses.start(randomRoutes(routes, random));
const start = performance.now();
const drawn = randomTargets(targets, random);
const SLICE = 20;
for (let from = 0; from < drawn.length; from += SLICE) {
  await witnesses.hear(drawn.slice(from, from + SLICE), report);
  if (from % 100 === 0)
    console.log(
      `${report.pairs} requests, ${report.disagreements.length} disagreements, ${((performance.now() - start) / 1000).toFixed(0)} s`,
    );
}
await witnesses.stop();

const refusals = [...report.refused]
  .sort(([one], [other]) => (one < other ? -1 : 1))
  .map(([status, count]) => `| refused with ${status} | ${count} |`);
const text = `# Rewritten targets

${new Date().toISOString().slice(0, 10)}, Node ${process.versions.node}.
Run: \`node --conditions=sluice-source bench/fuzz/rewrites.ts --routes ${routes} --targets ${targets} --seed ${seed} --write\`

Random routes that the schema accepts (exact, prefix, template and regular expression; stripped prefixes, templates, base
paths, encoded slashes kept or refused) and random request targets, each with each, over real sockets. Witnesses: a policy,
the access log, the SERVER and the CLIENT span, the upstream. The path expected upstream is worked out by a second
implementation, and judged by rules of its own.

| what | requests |
|---|---|
| sent | ${report.pairs} |
| served: all witnesses agree, the path sent is normal, the query is byte for byte the client's | ${report.served} |
| of these, with another path than the client's | ${report.rewritten} |
${refusals.join('\n')}
| **witnesses disagree, a path sent is not normal, or a refused request reached the upstream** | **${report.disagreements.length}** |
`;
console.log(text);
if (values.write) writeFileSync(new URL('../results/rewrites.md', import.meta.url), text);
for (const disagreement of report.disagreements) console.error(disagreement);
process.exit(report.disagreements.length > 0 ? 1 : 0);
