/**
 * The memory of a node that holds consumers with a key each, when a snapshot arrives, when it
 * arrives again, and at rest: a node without workers, and the primary and a worker of one with them.
 *
 *   node --expose-gc --conditions=sluice-source bench/memory/consumers.ts [--consumers 1000000] [--record]
 *
 * Each role runs in a process of its own, with the real assembler, store and runtime; the records are
 * generated while they are sent. Times of look-ups are times of the processor.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { MemoryStore } from '@sluice/ratelimit';
import { GatewayMetrics, MetricsRegistry } from '@sluice/telemetry';
import { encodeResourceList, maxChunkBytes, SetHash, SnapshotAssembler } from '@sluice/wire';
import type { ReceivedSnapshot, ResourceRecord } from '@sluice/wire';
import { ConfigApplier } from '../../apps/proxy/src/config/config-applier.ts';
import { ConfigState } from '../../apps/proxy/src/config/config-state.ts';
import { readRecords } from '../../apps/proxy/src/config/read-records.ts';
import type { ConfigTarget } from '../../apps/proxy/src/config/source.ts';
import { createHosts } from '../../apps/proxy/src/host/node-hosts.ts';
import { TimerWheel } from '../../apps/proxy/src/net/timer-wheel.ts';
import { RuntimeTarget } from '../../apps/proxy/src/runtime/apply.ts';
import { nodePolicies, policyRegistry } from '../../apps/proxy/src/runtime/node-policies.ts';
import { KeyPairCache } from '../../apps/proxy/src/net/key-pair-cache.ts';
import { UpstreamRegistry } from '../../apps/proxy/src/upstream/upstream-registry.ts';
import { InService } from '../../apps/proxy/src/workers/in-service.ts';
import { packResources } from '../../apps/proxy/src/workers/send-snapshot.ts';
import { machine, publish, today } from '../measure/environment.ts';
import { readOptions, wholeNumber } from '../measure/options.ts';

const values = readOptions({
  consumers: { type: 'string', default: '1000000' },
  role: { type: 'string' },
  record: { type: 'boolean', default: false },
});
const count = wholeNumber('--consumers', values.consumers, 1, 5_000_000);
const roles = ['node without workers', 'primary', 'worker'] as const;

interface Figures {
  readonly role: string;
  readonly firstPeakMB: number;
  readonly againPeakMB: number;
  readonly restMB: number;
  readonly heapMB: number;
  readonly coldNs: number;
  readonly hotNs: number;
  readonly longestMs: number;
}

const idOf = (kind: string, index: number): string => {
  const hex = createHash('sha256').update(`${kind}${index}`).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
};
const hashOf = (index: number): string => createHash('sha256').update(`key ${index}`).digest('hex');

function* records(): Generator<ResourceRecord> {
  const gateway = {
    name: 'default',
    policies: [{ name: 'key-auth', config: {}, mode: 'enforce' }],
  };
  yield { kind: 'gateway', id: idOf('gateway', 0), json: JSON.stringify(gateway) };
  for (let index = 0; index < count; index++) {
    const spec = { groups: [], policies: [], quotas: [], tags: [], username: `user-${index}` };
    yield { kind: 'consumer', id: idOf('consumer', index), json: JSON.stringify(spec) };
  }
  for (let index = 0; index < count; index++) {
    const spec = {
      consumer: idOf('consumer', index),
      hash: hashOf(index),
      name: 'default',
      prefix: `slk_${String(index).padStart(8, '0')}`,
      tags: [],
      type: 'key',
    };
    yield { kind: 'credential', id: idOf('credential', index), json: JSON.stringify(spec) };
  }
}

/** Receives the snapshot in the pieces in which a control plane sends it. */
async function receive(applier: ConfigApplier): Promise<ReceivedSnapshot> {
  const setHash = new SetHash();
  const checksum = createHash('sha256');
  let chunks = 0;
  const counted = function* (): Generator<ResourceRecord> {
    for (const record of records()) {
      setHash.add(record);
      yield record;
    }
  };
  for (const piece of encodeResourceList(counted(), maxChunkBytes)) {
    checksum.update(piece);
    chunks++;
    await nextTurn();
  }
  const last = checksum.digest();
  const assembler = new SnapshotAssembler(undefined, () => applier.held.packed);
  let chunk = 0;
  for (const data of encodeResourceList(records(), maxChunkBytes)) {
    const facts = { epoch: 'e', revision: applier.held.revision + 1, chunk, chunks, data };
    const end = { checksum: last, setHash: setHash.bytes() };
    const snapshot = assembler.accept({ type: 'snapshot', ...facts, ...end });
    if (snapshot !== undefined) return snapshot;
    chunk++;
    await nextTurn();
  }
  throw new Error('the snapshot has no end');
}

async function newRuntime(): Promise<RuntimeTarget> {
  const registry = new MetricsRegistry();
  const metrics = new GatewayMetrics(registry);
  const hosts = createHosts({
    stores: { limits: new MemoryStore(), credentials: { findKey: () => undefined } },
    clock: { now: Date.now },
    loggerFor: () => ({ info: () => undefined, warn: () => undefined }),
    metrics,
    registry,
  });
  return new RuntimeTarget('default', {
    ...policyRegistry(await nodePolicies(undefined), hosts),
    upstreams: new UpstreamRegistry(new TimerWheel()),
    metrics,
    keyPairs: new KeyPairCache(),
  });
}

async function measure(role: string): Promise<Figures> {
  const runtime = await newRuntime();
  const inService = new InService();
  const fleet: ConfigTarget = {
    applySnapshot: async (_revision, resources) => {
      inService.replace(await packResources(resources, inService.packed), []);
      return { applied: true, faults: [], quarantined: [] };
    },
    applyDelta: () => ({ applied: true, faults: [], quarantined: [] }),
  };
  const log = { info: () => undefined, warn: console.error, error: console.error };
  const applier = new ConfigApplier({
    target: role === 'primary' ? fleet : runtime,
    state: new ConfigState(),
    log,
    onApplied: () => undefined,
  });
  const take = async (): Promise<void> => {
    if (role === 'worker') {
      const outcome = await runtime.applySnapshot(1, readRecords(records(), new Map()));
      if (!outcome.applied) throw new Error(JSON.stringify(outcome));
    } else {
      const verdict = await applier.takeSnapshot(await receive(applier), 'stream', Date.now());
      if (!verdict.applied) throw new Error(JSON.stringify(verdict.faults.slice(0, 3)));
    }
  };
  let peak = 0;
  const sampler = setInterval(() => (peak = Math.max(peak, process.memoryUsage.rss())), 10);
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const peaks: number[] = [];
  for (let turn = 0; turn < 2; turn++) {
    peak = 0;
    await take();
    peaks.push(peak / 1e6);
  }
  delay.disable();
  clearInterval(sampler);
  globalThis.gc?.();
  const { rss, heapUsed } = process.memoryUsage();
  const lookups = Math.min(count, 100_000);
  const wanted = Array.from({ length: lookups }, (_, index) => hashOf((index * 7_919) % count));
  const timed = (hashes: readonly string[], rounds: number): number => {
    if (role === 'primary') return 0;
    const start = process.cpuUsage();
    for (let round = 0; round < rounds; round++)
      for (const hash of hashes)
        if (runtime.runtime.findKey(hash) === undefined) throw new Error('a key was not found');
    return (process.cpuUsage(start).user * 1_000) / hashes.length / rounds;
  };
  return {
    role,
    firstPeakMB: peaks[0] ?? 0,
    againPeakMB: peaks[1] ?? 0,
    restMB: rss / 1e6,
    heapMB: heapUsed / 1e6,
    coldNs: timed(wanted, 1),
    hotNs: timed(wanted.slice(0, 1_000), 200),
    longestMs: delay.max / 1e6,
  };
}

if (values.role !== undefined) {
  console.log(JSON.stringify(await measure(values.role)));
  process.exit(0);
}

/** The Node arguments of every proxy. */
const nodeArguments = JSON.parse(
  readFileSync(new URL('../../apps/proxy/node-arguments.json', import.meta.url), 'utf8'),
) as string[];
const rows = roles.map((role) => {
  const args = [...nodeArguments, ...process.execArgv, ...process.argv.slice(1, 2)];
  const options = ['--consumers', String(count), '--role', role];
  const output = execFileSync(process.execPath, [...args, ...options], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return JSON.parse(output) as Figures;
});
const lines = [
  `# ${count.toLocaleString('en')} consumers with a key each`,
  '',
  `${today()}, Node ${process.version}, ${machine()}.`,
  '',
  '| process | peak of the first snapshot, MB | of the same again, MB | at rest, MB | heap, MB | look-up of a cold key, ns | of a hot one, ns | longest stall, ms |',
  '|---|---|---|---|---|---|---|---|',
  ...rows.map((row) => {
    const figures = [
      row.firstPeakMB,
      row.againPeakMB,
      row.restMB,
      row.heapMB,
      row.coldNs,
      row.hotNs,
    ];
    return `| ${row.role} | ${[...figures, row.longestMs].map((figure) => Math.round(figure)).join(' | ')} |`;
  }),
  '',
];
publish('memory', lines.join('\n'), values.record);
