/**
 * What a match costs among many routes, and what adding or removing one costs.
 *
 *   node [--expose-gc] --conditions=sluice-source bench/micro/router-match.ts [--write]
 *
 * Every request's host and path is a string of its own, made from bytes and used once, as on a
 * connection: no hash of it is remembered from an earlier round. Requests come in random order,
 * either evenly over all routes, so that nearly every look into the table misses the processor's
 * caches, or as traffic usually is, each route as often as its rank tells (Zipf). `--write` records
 * the tables in bench/results/router-match.md.
 */

import { writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { Router } from '@sluice/router';
import type { MatchRequest, RouteSpec } from '@sluice/router';
import { readOptions } from '../measure/options.ts';

const options = readOptions({ write: { type: 'boolean', default: false } });

const sizes = [100, 1_000, 10_000, 100_000];
const warmUpBatches = 200;
const batches = 1000;
const requestsPerBatch = 200;
const changes = 5_000;

const arms = ['exact', 'prefix', 'template', 'regex', 'other method', 'miss'] as const;
type Arm = (typeof arms)[number];

/** A gateway of many teams: a hundred routes on each host, or all of them on one. */
interface Layout {
  readonly name: string;
  hostOf(index: number): string;
}

const layouts: readonly Layout[] = [
  {
    name: '100 routes on each host',
    hostOf: (index) => `team-${Math.floor(index / 100)}.example.com`,
  },
  { name: 'all routes on one host', hostOf: () => 'api.example.com' },
];

/** Which route the next request is for. */
interface Traffic {
  readonly name: string;
  pick(random: number, size: number): number;
}

const traffics: readonly Traffic[] = [
  { name: 'even', pick: (random, size) => Math.floor(random * size) },
  // Zipf with exponent 1: the rank is log-uniform; a prime step spreads the ranks over the table.
  { name: 'skewed', pick: (random, size) => (Math.floor(size ** random) * 7919) % size },
];

/** Of 20 routes 8 are exact, 6 prefixes, 5 templates and 1 is a regular expression. */
function armOf(index: number): 'exact' | 'prefix' | 'template' | 'regex' {
  const place = index % 20;
  return place < 8 ? 'exact' : place < 14 ? 'prefix' : place < 19 ? 'template' : 'regex';
}

function patternOf(index: number): string {
  switch (armOf(index)) {
    case 'exact':
      return `/api/v1/resource-${index}/status`;
    case 'prefix':
      return `/api/v1/resource-${index}/*`;
    case 'template':
      return `/api/v1/resource-${index}/{id}/items`;
    case 'regex':
      return `~ ^/api/v1/resource-${index}/v\\d+/export$`;
  }
}

function routeOf(index: number, layout: Layout): RouteSpec {
  const methods = ['GET', 'POST'];
  return {
    id: `route-${index}`,
    hosts: [layout.hostOf(index)],
    paths: [patternOf(index)],
    methods,
    headers: {},
    query: {},
    priority: 0,
  };
}

function pathFor(arm: Arm, index: number): string {
  switch (arm) {
    case 'exact':
    case 'other method':
      return `/api/v1/resource-${index}/status`;
    case 'prefix':
      return `/api/v1/resource-${index}/items/42`;
    case 'template':
      return `/api/v1/resource-${index}/8f3a2c/items`;
    case 'regex':
      return `/api/v1/resource-${index}/v2/export`;
    case 'miss':
      return `/api/v2/resource-${index}/status`;
  }
}

/** A string as a parser makes it: flat, one byte a character, its hash not yet computed. */
function fresh(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1');
}

/**
 * A few requests at a time, so that they are in the processor's cache like one that was just
 * parsed; the index is not.
 */
function batchFor(arm: Arm, layout: Layout, next: () => number): MatchRequest[] {
  const wanted = arm === 'miss' ? undefined : arm === 'other method' ? 'exact' : arm;
  const requests: MatchRequest[] = [];
  while (requests.length < requestsPerBatch) {
    const index = next();
    if (wanted !== undefined && armOf(index) !== wanted) continue;
    const method = arm === 'other method' ? 'DELETE' : 'GET';
    requests.push({
      host: fresh(layout.hostOf(index)),
      path: fresh(pathFor(arm, index)),
      query: '',
      method,
      header: () => undefined,
    });
  }
  return requests;
}

/** Mulberry32: the same requests on every run. */
function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** The median of the batches: what other work on the machine interrupts does not count. */
function nanosecondsPerMatch(
  router: Router<RouteSpec>,
  arm: Arm,
  layout: Layout,
  next: () => number,
): number {
  const measured: number[] = [];
  const shouldMatch = arm !== 'miss' && arm !== 'other method';
  for (let batch = -warmUpBatches; batch < batches; batch += 1) {
    const requests = batchFor(arm, layout, next);
    let found = 0;
    const start = process.hrtime.bigint();
    for (const request of requests) if (router.match(request).route !== undefined) found += 1;
    const taken = Number(process.hrtime.bigint() - start);
    if (found !== (shouldMatch ? requests.length : 0))
      throw new Error(`${arm}: ${found} of ${requests.length} requests matched`);
    if (batch >= 0) measured.push(taken / requests.length);
  }
  return quantile(measured, 0.5);
}

function microsecondsPerChange(
  router: Router<RouteSpec>,
  size: number,
  layout: Layout,
  random: () => number,
): { add: number[]; remove: number[] } {
  const add: number[] = [];
  const remove: number[] = [];
  for (let change = 0; change < changes; change += 1) {
    const route = routeOf(Math.floor(random() * size), layout);
    const start = process.hrtime.bigint();
    router.remove(route.id);
    const between = process.hrtime.bigint();
    router.add(route);
    const end = process.hrtime.bigint();
    remove.push(Number(between - start) / 1000);
    add.push(Number(end - between) / 1000);
  }
  return { add, remove };
}

function quantile(values: readonly number[], at: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * at))] ?? Number.NaN;
}

const lines: string[] = [];
const say = (line: string): void => {
  lines.push(line);
  console.log(line);
};

say('# Router: match and change');
say('');
say(
  `2026-11-23, Node ${process.version}, ${cpus()[0]?.model.trim() ?? 'unknown processor'}, ${cpus().length} cores; load ${loadavg()[0]?.toFixed(1)} at the start.`,
);
say('');
say('`node --expose-gc --conditions=sluice-source bench/micro/router-match.ts --write`');
for (const layout of layouts) {
  const matchRows: string[] = [];
  const changeRows: string[] = [];
  for (const size of sizes) {
    const random = seededRandom(size);
    const routes: RouteSpec[] = JSON.parse(
      JSON.stringify(Array.from({ length: size }, (_, index) => routeOf(index, layout))),
    );
    globalThis.gc?.();
    const heapBefore = process.memoryUsage().heapUsed;
    const start = performance.now();
    const router = Router.from(routes);
    const buildMs = performance.now() - start;
    globalThis.gc?.();
    const heapMiB = (process.memoryUsage().heapUsed - heapBefore) / 2 ** 20;
    for (const { name, pick } of traffics) {
      const figures = arms.map((arm) =>
        nanosecondsPerMatch(router, arm, layout, () => pick(random(), size)).toFixed(0),
      );
      matchRows.push(`| ${[size.toLocaleString('en'), name, ...figures].join(' | ')} |`);
    }
    const { add, remove } = microsecondsPerChange(router, size, layout, random);
    const figures = [add, remove].flatMap((times) =>
      [0.5, 0.99, 1].map((at) => quantile(times, at).toFixed(1)),
    );
    changeRows.push(
      `| ${[size.toLocaleString('en'), ...figures, buildMs.toFixed(0), globalThis.gc === undefined ? '–' : heapMiB.toFixed(1)].join(' | ')} |`,
    );
  }
  say('');
  say(`## ${layout.name.replace(/^./, (letter) => letter.toUpperCase())}`);
  say('');
  say('Nanoseconds per match, median of 1,000 batches of 200 requests.');
  say('');
  say(`| routes | traffic | ${arms.join(' | ')} |`);
  say(`|---|---|${arms.map(() => '---').join('|')}|`);
  matchRows.forEach(say);
  say('');
  say(
    'Adding or removing one route, in microseconds; building the whole table, in milliseconds; its heap (with `--expose-gc`).',
  );
  say('');
  say(
    '| routes | add p50 | add p99 | add max | remove p50 | remove p99 | remove max | build ms | MiB |',
  );
  say('|---|---|---|---|---|---|---|---|---|');
  changeRows.forEach(say);
}

if (options.write)
  writeFileSync(new URL('../results/router-match.md', import.meta.url), `${lines.join('\n')}\n`);
