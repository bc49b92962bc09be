/**
 * How long a committed change takes to reach every node.
 *
 *   npm run build && node --conditions=sluice-source bench/propagation/run.ts [--rounds 3] [--changes 200] [--every 50] [--record]
 *
 * The real control plane and a real, durable Postgres; simulated nodes that share one process, each
 * with a stream of its own. A change is a PATCH of one route. It counts from `committed_at`, which
 * Postgres writes just before the commit, so the flush to disk is in it, to the moment the last
 * node applies it. `?wait=applied` is measured as a client sees it. The arms take turns; a figure
 * is the median of the rounds'.
 */
import { fork, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createAdminClient } from '@sluice/admin-client';
import pg from 'pg';
import { startPostgres } from '../../scripts/embedded/postgres.ts';
import { freePort } from '../../scripts/process/ports.ts';
import { readOptions } from '../measure/options.ts';
import { cpuNanoseconds } from '../measure/process-cpu.ts';
import type { Arrival } from './nodes.ts';

const options = readOptions({
  rounds: { type: 'string', default: '3' },
  changes: { type: 'string', default: '200' },
  every: { type: 'string', default: '50' },
  record: { type: 'boolean', default: false },
});
const rounds = Number(options.rounds);
const changes = Number(options.changes);
const everyMs = Number(options.every);
const adminToken = 'bench-admin-token-0123456789abcdef';
const nodeToken = 'bench-node-token-0123456789abcdef';
const arms = [
  { nodes: 2, waits: false },
  { nodes: 200, waits: false },
  { nodes: 2, waits: true },
  { nodes: 200, waits: true },
];

/**
 * What one arm gave in one round, in milliseconds: quantiles 0.5, 0.99 and 1, and CPU for each
 * change.
 */
interface Sample {
  readonly lastNode: readonly number[];
  readonly answer: readonly number[];
  readonly cpuMs: number;
}

const folder = mkdtempSync(join(tmpdir(), 'sluice-propagation-'));
const postgres = await startPostgres({ dataDir: join(folder, 'postgres'), database: 'bench' });
const [adminPort, streamPort] = [await freePort(), await freePort()];
const adminUrl = `http://127.0.0.1:${adminPort}`;
const admin = createAdminClient({ url: adminUrl, token: adminToken, timeoutMs: 20_000 });
const controlPlane = spawn(
  process.execPath,
  [fileURLToPath(new URL('../../apps/control-plane/dist/main.js', import.meta.url))],
  {
    env: {
      ...process.env,
      DATABASE_URL: postgres.url,
      SLUICE_DATA_DIR: join(folder, 'data'),
      SLUICE_ADMIN_PORT: String(adminPort),
      SLUICE_STREAM_PORT: String(streamPort),
      SLUICE_ADMIN_TOKEN: adminToken,
      SLUICE_NODE_TOKEN: nodeToken,
      SLUICE_LOG_LEVEL: 'warn',
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  },
);
try {
  await untilReady();
  await admin.routes.create({
    name: 'flag',
    paths: ['/flag'],
    policies: [{ name: 'static-response', config: { status: 200 } }],
  });
  const samples: Sample[][] = arms.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (const [index, arm] of arms.entries())
      samples[index]?.push(await measure(arm.nodes, arm.waits));
  }
  const lines = arms.map((arm, index) => line(arm, samples[index] ?? []));
  console.log(lines.join('\n'));
  if (options.record) record(lines);
} finally {
  await end(controlPlane);
  await postgres.stop();
  rmSync(folder, { recursive: true, force: true });
}

async function measure(count: number, waits: boolean): Promise<Sample> {
  const nodes = fork(
    fileURLToPath(new URL('nodes.ts', import.meta.url)),
    [String(streamPort), nodeToken, String(count)],
    { execArgv: ['--conditions=sluice-source'] },
  );
  try {
    await once(nodes, 'message', { signal: AbortSignal.timeout(30_000) });
    await sleep(1_500);
    const answersMs: number[] = [];
    const revisions: number[] = [];
    const cpuBefore = cpuNanoseconds(controlPlane.pid ?? 0);
    for (let change = 0; change < changes; change++) {
      const startedAt = performance.now();
      const { revision } = await admin.routes.patch(
        'flag',
        { tags: [`change-${change}`] },
        waits ? { waitMs: 5_000 } : {},
      );
      const tookMs = performance.now() - startedAt;
      answersMs.push(tookMs);
      revisions.push(revision);
      await sleep(Math.max(0, everyMs - tookMs));
    }
    await sleep(1_000);
    const cpuMs = (cpuNanoseconds(controlPlane.pid ?? 0) - cpuBefore) / 1e6 / changes;
    nodes.send('report');
    const [arrivals] = (await once(nodes, 'message', { signal: AbortSignal.timeout(30_000) })) as [
      Arrival[],
    ];
    const spreadMs = await propagation(revisions, arrivals, count);
    return { lastNode: quantiles(spreadMs), answer: quantiles(answersMs), cpuMs };
  } finally {
    await end(nodes);
    // Nodes that vanish are waited for until they are stale.
    await sleep(6_000);
  }
}

/** From the commit of each revision to the last node that has it, in milliseconds. */
async function propagation(
  revisions: readonly number[],
  arrivals: readonly Arrival[],
  count: number,
): Promise<number[]> {
  const byRevision = new Map(arrivals.map((arrival) => [arrival.revision, arrival]));
  const client = new pg.Client({ connectionString: postgres.url });
  await client.connect();
  try {
    const { rows } = await client.query<{ revision: string; at: string }>(
      'SELECT revision, extract(epoch FROM committed_at) * 1000 AS at FROM revision WHERE revision = ANY($1)',
      [revisions],
    );
    return rows.map(({ revision, at }) => {
      const arrival = byRevision.get(Number(revision));
      if (arrival?.nodes !== count)
        throw new Error(
          `revision ${revision} reached ${arrival?.nodes ?? 0} of ${count} nodes one by one: the machine is too slow for --every ${everyMs}`,
        );
      return arrival.lastAtMs - Number(at);
    });
  } finally {
    await client.end();
  }
}

async function untilReady(): Promise<void> {
  for (let attempt = 0; attempt < 300; attempt++) {
    const ready = await fetch(`${adminUrl}/readyz`, { signal: AbortSignal.timeout(1_000) }).then(
      ({ ok }) => ok,
      () => false,
    );
    if (ready) return;
    await sleep(100);
  }
  throw new Error('the control plane did not become ready within 30 s');
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  await gone;
}

function quantiles(values: readonly number[]): number[] {
  const sorted = values.toSorted((a, b) => a - b);
  return [0.5, 0.99, 1].map((share) => sorted[Math.ceil(share * sorted.length) - 1] ?? Number.NaN);
}

function line({ nodes, waits }: (typeof arms)[number], samples: readonly Sample[]): string {
  const median = (values: readonly (number | undefined)[]): string =>
    (
      values.toSorted((a, b) => (a ?? 0) - (b ?? 0))[Math.floor(values.length / 2)] ?? Number.NaN
    ).toFixed(1);
  const cells = [0, 1, 2].map((at) => median(samples.map(({ lastNode }) => lastNode[at])));
  const answers = [0, 1, 2].map((at) => median(samples.map(({ answer }) => answer[at])));
  return `| ${nodes} | ${waits ? 'PATCH ?wait=applied' : 'PATCH'} | ${[...cells, ...answers].join(' | ')} | ${median(samples.map(({ cpuMs }) => cpuMs))} |`;
}

function record(lines: readonly string[]): void {
  const text = `# Propagation of a change

${new Date().toISOString().slice(0, 10)}, Node ${process.versions.node}, ${cpus()[0]?.model ?? 'unknown processor'}, ${cpus().length} cores. ${rounds} rounds of ${changes} changes, one every ${everyMs} ms; medians of the rounds.
Control plane, Postgres (durable) and all nodes on one machine; the simulated nodes share one process. Load average of the last minutes: ${loadavg()
    .map((load) => load.toFixed(1))
    .join(', ')} (this run alone makes about 0.7).
Run: \`npm run build && node --conditions=sluice-source bench/propagation/run.ts --record\`

Milliseconds: from the commit to the last node, until the client has its answer, and CPU time of the control plane for each change.

| nodes | change | last node, p50 | p99 | max | answer, p50 | p99 | max | CPU |
|---|---|---|---|---|---|---|---|---|
${lines.join('\n')}
`;
  writeFileSync(fileURLToPath(new URL('../results/propagation.md', import.meta.url)), text);
}
