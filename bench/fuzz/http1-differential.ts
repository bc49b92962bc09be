/**
 * The long run of the differential test between our HTTP/1.1 parsers and Node's own.
 *
 *   node --conditions=sluice-source bench/fuzz/http1-differential.ts [--cases 1000000] [--seed 1] [--workers 1] [--write]
 *
 * Case number n of a run uses the seed `seed + n` and nothing else, so a failure is seen again with
 * `--cases 1 --seed` and the number printed, and a run has other cases than another when their
 * seeds are further apart than there are cases. With several workers, threads take turns at slices
 * of the seeds: the cases are the same ones. `--write` records the result in
 * bench/results/http1-differential.md; a run that fails always records its failures beside it, in
 * http1-differential-failures.json. Exits with 1 when there are failures.
 */

import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import type { DifferentialReport } from '../../packages/http1/testing/differential.ts';
import { strictness } from '../../packages/http1/testing/strictness.ts';
import { readOptions } from '../measure/options.ts';
import { machine, today } from '../measure/environment.ts';
import type { Slice, SliceReport } from './differential-worker.ts';

const values = readOptions({
  cases: { type: 'string', default: '1000000' },
  seed: { type: 'string', default: '1' },
  workers: { type: 'string', default: '1' },
  write: { type: 'boolean', default: false },
});
const cases = Number(values.cases);
const seed = Number(values.seed);
const workers = Number(values.workers);
if (
  !Number.isSafeInteger(cases) ||
  cases < 1 ||
  !Number.isSafeInteger(seed) ||
  seed < 0 ||
  !Number.isSafeInteger(workers) ||
  workers < 1 ||
  workers > 64
) {
  console.error(
    '--cases must be a whole number above 0, --seed a whole number, --workers a number from 1 to 64',
  );
  process.exit(2);
}

/** What is in use in a thread or the process, in bytes: warm, at most, and at the end. */
class Use {
  start = Number.NaN;
  most = 0;
  end = 0;

  note(bytes: number): void {
    if (Number.isNaN(this.start)) this.start = bytes;
    this.most = Math.max(this.most, bytes);
    this.end = bytes;
  }

  /** In MiB, as `start / most / end`. */
  static row(uses: readonly Use[]): string {
    return (['start', 'most', 'end'] as const)
      .map((field) => Math.round(uses.reduce((sum, use) => sum + use[field], 0) / 1_048_576))
      .join(' / ');
  }
}

const SLICE = 50_000;
const MAX_FAILURES_KEPT = 100;
const total: DifferentialReport = {
  cases: 0,
  agreedMessages: 0,
  same: 0,
  stricter: new Map(),
  failures: [],
  failureCount: 0,
};
const resident = new Use();
const heaps = Array.from({ length: workers }, () => new Use());
const start = performance.now();
const elapsedSeconds = (): number => (performance.now() - start) / 1000;
let given = 0;
/** Slices until all threads are warm: memory is looked at from then on. */
let cold = workers;

await Promise.all(heaps.map(runThread));
const seconds = elapsedSeconds();
total.failures.sort((one, other) => one.seed - other.seed);

/** Runs one thread until no cases are left. */
async function runThread(heap: Use): Promise<void> {
  const thread = new Worker(new URL('differential-worker.ts', import.meta.url));
  const ended = once(thread, 'exit').then(() => Promise.reject(new Error('a worker ended')));
  ended.catch(() => undefined);
  while (given < cases) {
    const slice: Slice = { cases: Math.min(SLICE, cases - given), firstSeed: seed + given };
    given += slice.cases;
    thread.postMessage(slice);
    const [{ report, heapUsed }] = (await Promise.race([once(thread, 'message'), ended])) as [
      SliceReport,
    ];
    add(report);
    heap.note(heapUsed);
    if (--cold <= 0) resident.note(process.memoryUsage().rss);
    const rate = total.cases / elapsedSeconds();
    console.log(
      `${total.cases} cases, ${total.failureCount} failures, ${elapsedSeconds().toFixed(0)} s, ${Math.round(rate)}/s, ${Math.round(process.memoryUsage().rss / 1_048_576)} MiB`,
    );
  }
  await thread.terminate();
}

function add(report: DifferentialReport): void {
  total.cases += report.cases;
  total.agreedMessages += report.agreedMessages;
  total.same += report.same;
  total.failureCount += report.failureCount;
  total.failures.push(...report.failures.slice(0, MAX_FAILURES_KEPT - total.failures.length));
  for (const [name, count] of report.stricter)
    total.stricter.set(name, (total.stricter.get(name) ?? 0) + count);
}

const rows = Object.keys(strictness).map(
  (name) => `| \`${name}\` | ${total.stricter.get(name) ?? 0} |`,
);
const text = `# HTTP/1.1 against Node's parser

${today()}, Node ${process.versions.node} with llhttp ${process.versions['llhttp']}, strict mode. ${machine()}.
Run: \`node --conditions=sluice-source bench/fuzz/http1-differential.ts --cases ${cases} --seed ${seed} --workers ${workers} --write\`

| what | conversations |
|---|---|
| generated | ${total.cases} |
| both agree throughout | ${total.same} |
| ours is stricter, by a named difference | ${[...total.stricter.values()].reduce((sum, count) => sum + count, 0)} |
| **ours accepts more, or reads something else** | **${total.failureCount}** |

Messages that both read to their end, alike: ${total.agreedMessages}.

It took ${seconds.toFixed(0)} s, ${Math.round(total.cases / seconds)} conversations a second. Memory in MiB, after the first slice of each worker / at most / at the end:
JavaScript heaps ${Use.row(heaps)}, resident ${Use.row([resident])}.

| stricter by | conversations |
|---|---|
${rows.join('\n')}
`;
console.log(text);
if (values.write) writeFileSync(new URL('../results/http1-differential.md', import.meta.url), text);
if (total.failureCount > 0) {
  writeFileSync(
    new URL('../results/http1-differential-failures.json', import.meta.url),
    JSON.stringify(total.failures, undefined, 2),
  );
  process.exit(1);
}
