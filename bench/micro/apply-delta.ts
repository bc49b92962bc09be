/**
 * The cost of applying configuration on a node: one change among 100,000 routes, and whole
 * snapshots of 100,000 routes and of 1,000,000 consumers with a key each.
 *
 *   node --expose-gc --max-old-space-size=6144 --conditions=sluice-source bench/micro/apply-delta.ts [--write]
 *
 * Everything is real: schemas, built-in policies, upstream registry, metrics, router. Sizes can be
 * set with `--routes` and `--consumers`. `--write` records the tables in
 * bench/results/apply-delta.md.
 */

import { createHash, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { PerformanceObserver } from 'node:perf_hooks';
import { resourceSchemas } from '@sluice/config';
import type { Kind, Resource, Spec } from '@sluice/config';
import type { RuntimeTarget } from '../../apps/proxy/src/runtime/apply.ts';
import { readOptions } from '../measure/options.ts';
import { newRuntimeTarget } from '../measure/runtime-target.ts';

const values = readOptions({
  routes: { type: 'string', default: '100000' },
  consumers: { type: 'string', default: '1000000' },
  write: { type: 'boolean', default: false },
});
const routeCount = Number(values.routes);
const consumerCount = Number(values.consumers);
const serviceCount = 1_000;
const changes = 2_000;
const lookups = 200_000;

const idOf = (kind: Kind, index: number): string =>
  `${kind.padEnd(8, '0').replaceAll(/[^a-f0-9]/g, '0')}-0000-7000-8000-${String(index).padStart(12, '0')}`;

/** As received from the stream: parsed JSON that shares no strings or objects. */
function received<K extends Kind>(kind: K, index: number, written: object): Resource<K> {
  const spec = JSON.parse(JSON.stringify(resourceSchemas[kind].parse(written))) as Spec<K>;
  return { kind, id: idOf(kind, index), spec };
}

const gateway = (mark: number): Resource =>
  received('gateway', 0, {
    name: 'default',
    policies: [{ name: 'key-auth' }],
    tags: [`mark:${mark}`],
  });
const service = (index: number, mark = 0): Resource =>
  received('service', index, {
    name: `service-${index}`,
    targets: [{ address: `10.0.${index >> 8}.${index & 255}:8080` }],
    tags: [`mark:${mark}`],
  });
const route = (index: number, mark = 0): Resource =>
  received('route', index, {
    name: `route-${index}`,
    hosts: [`team-${Math.floor(index / 100)}.example.com`],
    paths: [index % 2 === 0 ? `/api/v1/resource-${index}/*` : `/api/v1/resource-${index}/{id}`],
    methods: ['GET', 'POST'],
    service: idOf('service', index % serviceCount),
    policies: [{ name: 'rate-limit', config: { limit: 100 + mark } }],
    rewrite: { stripPrefix: '/api' },
  });
const keyText = (index: number): string => `slk_${index}_0123456789abcdef`;
const hashOf = (index: number): string => createHash('sha256').update(keyText(index)).digest('hex');

function* routesSnapshot(): Generator<Resource> {
  yield gateway(0);
  for (let index = 0; index < serviceCount; index++) yield service(index);
  for (let index = 0; index < routeCount; index++) yield route(index);
}

function* consumersSnapshot(): Generator<Resource> {
  yield gateway(0);
  for (let index = 0; index < consumerCount; index++) {
    yield received('consumer', index, { username: `consumer-${index}` });
    yield received('credential', index, {
      type: 'key',
      name: 'main',
      consumer: idOf('consumer', index),
      hash: hashOf(index),
      prefix: keyText(index).slice(0, 8),
    });
  }
}

function heapMiB(): number {
  globalThis.gc?.();
  globalThis.gc?.();
  return process.memoryUsage().heapUsed / 2 ** 20;
}

function quantile(sorted: readonly number[], at: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * at))] ?? Number.NaN;
}

/**
 * Times what `act` does, in milliseconds, sorted. What it needs is made before, outside the clock.
 */
function timed<T>(
  count: number,
  prepare: (turn: number) => T,
  act: (prepared: T) => void,
): number[] {
  const times: number[] = [];
  for (let turn = 0; turn < count; turn++) {
    const prepared = prepare(turn);
    const start = performance.now();
    act(prepared);
    times.push(performance.now() - start);
  }
  return times.toSorted((one, other) => one - other);
}

interface Applying {
  readonly wholeMs: number;
  /** Between two turns of the event loop meanwhile. */
  readonly stallP99Ms: number;
  readonly longestStallMs: number;
}

/**
 * How long applying takes by itself: making the resources is part of reading them, and is measured
 * apart.
 */
async function applySnapshot(
  target: RuntimeTarget,
  resources: readonly Resource[],
): Promise<Applying> {
  const turns: number[] = [];
  let isOver = false;
  const watch = (): void => {
    turns.push(performance.now());
    if (!isOver) setImmediate(watch);
  };
  setImmediate(watch);
  const start = performance.now();
  const { applied, quarantined } = await target.applySnapshot(1, resources);
  const wholeMs = performance.now() - start;
  isOver = true;
  await new Promise((resolve) => setImmediate(resolve));
  if (!applied || quarantined.length > 0) throw new Error('the snapshot was refused');
  const stalls = turns
    .map((at, index) => at - (turns[index - 1] ?? start))
    .toSorted((one, other) => one - other);
  return { wholeMs, stallP99Ms: quantile(stalls, 0.99), longestStallMs: quantile(stalls, 1) };
}

const lines: string[] = [];
const say = (line: string): void => {
  lines.push(line);
  console.log(line);
};
const row = (...cells: readonly (string | number)[]): void => say(`| ${cells.join(' | ')} |`);
const ms = (value: number): string => value.toFixed(value < 10 ? 3 : 0);

say('# Applying configuration');
say('');
say(
  `${new Date().toISOString().slice(0, 10)}, Node ${process.version}, ${cpus()[0]?.model.trim() ?? 'unknown processor'}, ${cpus().length} cores.`,
);
say(
  '`node --expose-gc --max-old-space-size=6144 --conditions=sluice-source bench/micro/apply-delta.ts --write`',
);

let before = heapMiB();
const routed = newRuntimeTarget();
let resources: Resource[] | undefined = [...routesSnapshot()];
const ofRoutes = await applySnapshot(routed, resources);
resources = undefined;
const routesMiB = heapMiB() - before;

const apply = (change: Resource): void => {
  if (!routed.applyDelta(2, [change]).applied) throw new Error('the delta was refused');
};
const gcPauses: number[] = [];
const gcWatch = new PerformanceObserver((list) =>
  gcPauses.push(
    ...list
      .getEntries()
      .map(({ duration }) => duration)
      .filter((duration) => duration > 2),
  ),
);
gcWatch.observe({ entryTypes: ['gc'] });

const anyIndex = (turn: number, bound: number): number => (turn * 7_919) % bound;
// Warms up, as a node is after its first minutes.
timed(500, (turn) => route(anyIndex(turn, routeCount), turn), apply);
const routeTimes = timed(changes, (turn) => route(anyIndex(turn, routeCount), turn), apply);
const serviceTimes = timed(changes, (turn) => service(anyIndex(turn, serviceCount), turn), apply);
const gatewayTimes = timed(changes, (turn) => gateway(turn), apply);
const refusedTimes = timed(
  changes,
  (turn) => {
    const broken = route(anyIndex(turn, routeCount), turn) as Resource<'route'>;
    return [
      {
        ...broken,
        spec: {
          ...broken.spec,
          policies: [{ name: 'of-tomorrow', config: {}, mode: 'enforce' as const }],
        },
      } as Resource,
      broken,
    ] as const;
  },
  ([broken, good]) => {
    if (routed.applyDelta(3, [broken]).applied) throw new Error('the broken route was accepted');
    apply(good);
  },
);
const { runtime } = routed;
const firstUse = timed(
  changes,
  (turn) => {
    apply(gateway(turn));
    return runtime.find('route', idOf('route', anyIndex(turn, routeCount)));
  },
  (found) => {
    if (found === undefined || runtime.planFor(found).service === undefined)
      throw new Error('the route is incomplete');
  },
);

// What was observed is told a little later.
await new Promise((resolve) => setTimeout(resolve, 100));
gcWatch.disconnect();

say('');
say(
  `## One change among ${routeCount.toLocaleString('en')} routes and ${serviceCount.toLocaleString('en')} services`,
);
say('');
say(
  'Milliseconds for which the event loop is blocked. Each route has two conditions, a rate limit and a service.',
);
say('');
row('change', 'p50', 'p99', 'p99.9', 'max');
say('|---|---|---|---|---|');
for (const [name, times] of [
  ['a route', routeTimes],
  ['a service', serviceTimes],
  ['the gateway, whose policies every route has', gatewayTimes],
  ['a broken route is refused, then repaired', refusedTimes],
  ['delay of the first request on a route after the gateway changed', firstUse],
] as const) {
  row(
    name,
    ms(quantile(times, 0.5)),
    ms(quantile(times, 0.99)),
    ms(quantile(times, 0.999)),
    ms(quantile(times, 1)),
  );
}
say('');
say(
  `The longest are pauses of the garbage collector, whose heap has ${routesMiB.toFixed(0)} MiB: ${gcPauses.length} pauses of more than 2 ms, the longest of ${ms(Math.max(...gcPauses))} ms, among ${(changes * 6).toLocaleString('en')} changes.`,
);

before = heapMiB();
const known = newRuntimeTarget();
resources = [...consumersSnapshot()];
const ofConsumers = await applySnapshot(known, resources);
resources = undefined;
const consumersMiB = heapMiB() - before;

const wanted = Array.from({ length: lookups }, (_, turn) =>
  Buffer.from(hashOf(anyIndex(turn, consumerCount)), 'latin1').toString('latin1'),
);
const lookUp = (hashes: readonly string[]): number => {
  const start = performance.now();
  for (const hash of hashes)
    if (known.runtime.findKey(hash) === undefined) throw new Error('a key was not found');
  return ((performance.now() - start) / hashes.length) * 1_000;
};
const firstLookupUs = lookUp(wanted);
const laterLookupUs = lookUp(wanted.map((hash) => Buffer.from(hash, 'latin1').toString('latin1')));
const unknownHashes = Array.from({ length: lookups }, () => randomBytes(32).toString('hex'));
const startMisses = performance.now();
for (const hash of unknownHashes)
  if (known.runtime.findKey(hash) !== undefined)
    throw new Error('a key was found that does not exist');
const missUs = ((performance.now() - startMisses) / lookups) * 1_000;

say('');
say('## Whole snapshots');
say('');
row(
  'snapshot',
  'applied in, s',
  'µs a resource',
  'MiB held',
  'delay of requests, p99, ms',
  'longest, ms',
);
say('|---|---|---|---|---|---|');
for (const [name, count, { wholeMs, stallP99Ms, longestStallMs }, mebibytes] of [
  [
    `${routeCount.toLocaleString('en')} routes, ${serviceCount.toLocaleString('en')} services`,
    routeCount + serviceCount,
    ofRoutes,
    routesMiB,
  ],
  [
    `${consumerCount.toLocaleString('en')} consumers with a key each`,
    2 * consumerCount,
    ofConsumers,
    consumersMiB,
  ],
] as const) {
  row(
    name,
    (wholeMs / 1_000).toFixed(1),
    ((wholeMs * 1_000) / count).toFixed(1),
    mebibytes.toFixed(0),
    ms(stallP99Ms),
    ms(longestStallMs),
  );
}
say('');
say('## Look-up of a key by its hash');
say('');
row('lookup', 'µs');
say('|---|---|');
row('first request of a consumer: joined with its groups and quotas', firstLookupUs.toFixed(2));
row('later', laterLookupUs.toFixed(2));
row('an unknown key', missUs.toFixed(2));

if (values.write)
  writeFileSync(new URL('../results/apply-delta.md', import.meta.url), `${lines.join('\n')}\n`);
process.exit(0);
