/**
 * Which objects an idle keep-alive connection consists of: two snapshots of the heap, before the
 * connections and with them, after all garbage is collected.
 *
 *   npm run build && node bench/connections/heap.ts [--connections 2000] [--rows 40] [--record]
 *
 * Needs nginx (Debian: nginx-light). `--record` writes bench/results/connection-heap.md.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { originProgram, sluiceArm } from '../measure/arm.ts';
import { freePorts } from '../measure/free-ports.ts';
import { Inspected } from '../measure/inspected.ts';
import { readOptions } from '../measure/options.ts';
import { PinnedScript } from '../measure/pinned-script.ts';
import { RunningProgram } from '../measure/running-program.ts';
import { figure, machine, publish, requirePrograms, table, today } from '../measure/environment.ts';
import type { IdleOrder, IdleReport } from './idle-clients.ts';

interface Kind {
  objects: number;
  bytes: number;
}

interface Snapshot {
  readonly snapshot: {
    readonly meta: {
      readonly node_fields: readonly string[];
      readonly node_types: readonly [readonly string[]];
    };
  };
  readonly nodes: readonly number[];
  readonly strings: readonly string[];
}

const options = readOptions({
  connections: { type: 'string', default: '2000' },
  rows: { type: 'string', default: '40' },
  record: { type: 'boolean', default: false },
});
const connections = Number(options.connections);

requirePrograms(['taskset', 'nginx']);
const folder = mkdtempSync(join(tmpdir(), 'sluice-heap-'));
const [originPort = 0, port = 0, inspectorPort = 0] = await freePorts(3);
const arm = sluiceArm(
  { folder, port, originPort },
  { name: 'sluice', does: '', nodeArgs: [`--inspect=127.0.0.1:${inspectorPort}`] },
);
const origin = await RunningProgram.start(originProgram(folder, originPort), '1', folder);
const clients = await PinnedScript.start(new URL('idle-clients.ts', import.meta.url), [], '1');
const proxy = await RunningProgram.start(arm, '0', folder);
let text: string;
try {
  const inspected = await Inspected.connect(inspectorPort);
  // Excludes objects that the first connections create once, and arrays that grow by doubling.
  await order({ what: 'open', port, count: connections });
  await order({ what: 'close' });
  await sleep(3000);
  console.log('before the connections');
  const memoryBefore = await inspected.memory();
  const before = kindsIn(await inspected.heapSnapshot());
  await order({ what: 'open', port, count: connections });
  await sleep(3000);
  console.log('with the connections');
  const memoryWith = await inspected.memory();
  const after = kindsIn(await inspected.heapSnapshot());
  inspected.close();
  text = report(before, after, memoryBefore, memoryWith);
} finally {
  await clients.stop();
  await proxy.stop();
  await origin.stop();
}
publish('connection-heap', text, options.record);
rmSync(folder, { recursive: true, force: true });

async function order(idleOrder: IdleOrder): Promise<void> {
  const { good, failed } = await clients.ask<IdleReport>(idleOrder, 60_000);
  if (failed > 0 || good !== connections)
    throw new Error(`${idleOrder.what}: ${failed} connections failed`);
}

/**
 * Objects by the kind of object and its constructor, or what a closure or a hidden object is
 * called.
 */
function kindsIn(snapshotText: string): Map<string, Kind> {
  const { snapshot, nodes, strings } = JSON.parse(snapshotText) as Snapshot;
  const fields = snapshot.meta.node_fields;
  const [types] = snapshot.meta.node_types;
  const [typeAt, nameAt, sizeAt] = ['type', 'name', 'self_size'].map((field) =>
    fields.indexOf(field),
  ) as [number, number, number];
  const kinds = new Map<string, Kind>();
  for (let node = 0; node < nodes.length; node += fields.length) {
    const type = types[nodes[node + typeAt] ?? 0] ?? '';
    const isText = type.includes('string');
    const name = isText ? type : `${type} ${strings[nodes[node + nameAt] ?? 0] ?? ''}`;
    const kind = kinds.get(name) ?? { objects: 0, bytes: 0 };
    kind.objects++;
    kind.bytes += nodes[node + sizeAt] ?? 0;
    kinds.set(name, kind);
  }
  return kinds;
}

function report(
  before: ReadonlyMap<string, Kind>,
  after: ReadonlyMap<string, Kind>,
  memoryBefore: NodeJS.MemoryUsage,
  memoryWith: NodeJS.MemoryUsage,
): string {
  const grown = [...after]
    .map(([name, { objects, bytes }]) => ({
      name: name.slice(0, 80),
      objects: objects - (before.get(name)?.objects ?? 0),
      bytes: bytes - (before.get(name)?.bytes ?? 0),
    }))
    .sort((one, other) => other.bytes - one.bytes);
  const total = grown.reduce((sum, { bytes }) => sum + bytes, 0);
  const each = (field: keyof NodeJS.MemoryUsage): string =>
    figure((memoryWith[field] - memoryBefore[field]) / connections);
  return [
    '# What an idle connection consists of',
    '',
    `Measured ${today()} by \`node bench/connections/heap.ts --connections ${connections}\`, Node ${process.version}, ${machine()}.`,
    `The difference between no connection and ${connections} idle keep-alive connections after one request each, divided by the number of connections. Garbage is collected before each measurement.`,
    '',
    table(
      ['heap in use, bytes', 'of which in heap snapshots', 'external', 'array buffers'],
      [[each('heapUsed'), figure(total / connections), each('external'), each('arrayBuffers')]],
    ),
    '',
    table(
      ['objects', 'of them', 'bytes'],
      grown
        .slice(0, Number(options.rows))
        .map(({ name, objects, bytes }) => [
          `\`${name.replaceAll('|', '\\|').replaceAll('`', '')}\``,
          figure(objects / connections, 1),
          figure(bytes / connections),
        ]),
    ),
    '',
  ].join('\n');
}
