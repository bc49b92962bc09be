/**
 * The cost of finding a key among consumers with a key each, and the longest stall of the event loop
 * while their snapshot is applied: the runtime of a worker, without a network.
 *
 *   node --expose-gc --conditions=sluice-source bench/memory/lookups.ts [--consumers 1000000] [--record]
 *
 * A cold look-up is the first one of a key. It finds the credential, reads its record, and does the
 * same for its consumer. To divide its cost, the same keys are found in a set of few consumers too,
 * whose tables and records fit into the caches of the processor: what remains is computation.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { RuntimeTarget } from '../../apps/proxy/src/runtime/apply.ts';
import { readRecords } from '../../apps/proxy/src/config/read-records.ts';
import { machine, publish, table, today } from '../measure/environment.ts';
import { readOptions, wholeNumber } from '../measure/options.ts';
import { newRuntimeTarget } from '../measure/runtime-target.ts';
import { consumerRecords, hashOf } from './consumer-records.ts';

const values = readOptions({
  consumers: { type: 'string', default: '1000000' },
  record: { type: 'boolean', default: false },
});
const count = wholeNumber('--consumers', values.consumers, 1_000, 5_000_000);
/** More than the caches of the runtime keep; their tables and records take about 4 MB. */
const fewConsumers = Math.min(count, 25_000);
const coldLookups = Math.min(count, 100_000);
const hotKeys = 1_000;
const rounds = 7;

interface Loaded {
  readonly target: RuntimeTarget;
  readonly longestStallMs: number;
}

async function load(consumers: number): Promise<Loaded> {
  const target = newRuntimeTarget();
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const outcome = await target.applySnapshot(1, readRecords(consumerRecords(consumers), new Map()));
  delay.disable();
  if (!outcome.applied) throw new Error(JSON.stringify(outcome.faults.slice(0, 3)));
  return { target, longestStallMs: delay.max / 1e6 };
}

/** Nanoseconds of processor time for each look-up: the best of several rounds. */
function timed(lookUp: () => void, lookups: number): number {
  let best = Infinity;
  for (let round = 0; round < rounds; round++) {
    const start = process.cpuUsage();
    lookUp();
    const { user, system } = process.cpuUsage(start);
    best = Math.min(best, ((user + system) * 1_000) / lookups);
  }
  return best;
}

/** Hashes of keys in an order without locality. */
function hashesOf(consumers: number, lookups: number): string[] {
  return Array.from({ length: lookups }, (_, index) => hashOf((index * 7_919) % consumers));
}

function lookUpAll({ target }: Loaded, hashes: readonly string[]): void {
  const { runtime } = target;
  for (const hash of hashes)
    if (runtime.findKey(hash) === undefined) throw new Error('a key was not found');
}

function findUnknown({ target }: Loaded, hashes: readonly string[]): void {
  const { runtime } = target;
  for (const hash of hashes)
    if (runtime.findKey(hash) !== undefined) throw new Error('an unknown key was found');
}

const few = await load(fewConsumers);
const many = await load(count);
globalThis.gc?.();
const unknown = Array.from({ length: coldLookups }, (_, index) => hashOf(count + index));
const rows = [few, many].map((loaded, index) => {
  const consumers = index === 0 ? fewConsumers : count;
  const cold = hashesOf(consumers, coldLookups);
  const hot = cold.slice(0, hotKeys);
  return [
    consumers.toLocaleString('en'),
    ...[
      timed(() => lookUpAll(loaded, cold), cold.length),
      timed(() => findUnknown(loaded, unknown), unknown.length),
      timed(() => {
        for (let turn = 0; turn < 100; turn++) lookUpAll(loaded, hot);
      }, hotKeys * 100),
    ].map((ns) => (ns / 1_000).toFixed(2)),
    loaded.longestStallMs.toFixed(0),
  ];
});
publish(
  'lookups',
  [
    '# Look-ups of keys',
    '',
    `${today()}, Node ${process.version}, ${machine()}. Microseconds of processor time, the best of ${rounds} rounds.`,
    '',
    table(['consumers', 'cold key', 'unknown key', 'hot key', 'longest stall, ms'], rows),
    '',
  ].join('\n'),
  values.record,
);
process.exit(0);
