/**
 * The memory of a proxy that holds consumers with a key each: when their snapshot arrives, when it
 * arrives again, and at rest. Measured are the processes of the built proxy as it is started in
 * production; the records come over the config stream from this process.
 *
 *   npm run build && node --conditions=sluice-source bench/memory/consumers.ts [--consumers 1000000] [--record]
 *
 * Figures are resident memory as the kernel counts it (VmHWM and VmRSS of /proc/<pid>/status).
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { nodeArguments } from '../measure/arm.ts';
import { machine, publish, table, today } from '../measure/environment.ts';
import { freePorts } from '../measure/free-ports.ts';
import { readOptions, wholeNumber } from '../measure/options.ts';
import { RunningProgram } from '../measure/running-program.ts';
import { consumerRecords } from './consumer-records.ts';
import { RecordList, SnapshotSender } from './stream.ts';

const values = readOptions({
  consumers: { type: 'string', default: '1000000' },
  workers: { type: 'string', default: '1,2' },
  rest: { type: 'string', default: '30' },
  record: { type: 'boolean', default: false },
});
const count = wholeNumber('--consumers', values.consumers, 1, 5_000_000);
const main = fileURLToPath(new URL('../../apps/proxy/dist/main.js', import.meta.url));
/** Until timers have run, and what a snapshot has left is collected. */
const restMs = 1_000 * wholeNumber('--rest', values.rest, 1, 600);

/** Peaks and rest of one process, MB. */
interface Figures {
  readonly role: string;
  readonly empty: number;
  readonly firstPeak: number;
  readonly againPeak: number;
  readonly rest: number;
}

function megabytes(pid: number, name: 'VmHWM' | 'VmRSS'): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return (Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1]) * 1_024) / 1e6;
}

/** Lets the kernel count the peak from now on. */
function resetPeak(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
}

function childrenOf(pid: number): number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  return text === '' ? [] : text.split(' ').map(Number);
}

async function measure(workers: number): Promise<Figures[]> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-memory-'));
  const sender = new SnapshotSender(list);
  const [port = 0, statusPort = 0] = await freePorts(2);
  const program = {
    name: `proxy-${workers}`,
    command: process.execPath,
    args: [...nodeArguments, main, ...(workers > 1 ? ['--workers', String(workers)] : [])],
    env: {
      SLUICE_CONTROL_PLANE: `127.0.0.1:${await sender.listen()}`,
      SLUICE_NODE_TOKEN: 'bench-node-token-0123456789abcdef',
      SLUICE_DATA_DIR: join(folder, 'data'),
      SLUICE_PROXY_PORT: String(port),
      SLUICE_STATUS_PORT: String(statusPort),
      NODE_ENV: 'production',
    },
    port: statusPort,
  };
  const running = await RunningProgram.start(program, '0,1', folder);
  try {
    await sender.connection();
    await sleep(2_000);
    const processes = (): { role: string; pid: number }[] => [
      { role: workers > 1 ? 'primary' : 'node without workers', pid: running.pid },
      ...childrenOf(running.pid).map((pid) => ({ role: 'worker', pid })),
    ];
    const empty = processes().map(({ pid }) => megabytes(pid, 'VmRSS'));
    const peaks: number[][] = [];
    for (const revision of [1, 2]) {
      for (const { pid } of processes()) resetPeak(pid);
      await sender.send(revision);
      // The snapshot is written to the disk after it was applied.
      await sleep(restMs);
      peaks.push(processes().map(({ pid }) => megabytes(pid, 'VmHWM')));
    }
    return processes().map(({ role, pid }, index) => ({
      role,
      empty: empty[index] ?? 0,
      firstPeak: peaks[0]?.[index] ?? 0,
      againPeak: peaks[1]?.[index] ?? 0,
      rest: megabytes(pid, 'VmRSS'),
    }));
  } finally {
    await running.stop();
    await sender.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

const list = new RecordList(() => consumerRecords(count));
const rows: Figures[] = [];
for (const workers of values.workers.split(','))
  rows.push(...(await measure(wholeNumber('--workers', workers, 1, 64))));
publish(
  'memory',
  [
    `# ${count.toLocaleString('en')} consumers with a key each`,
    '',
    `${today()}, Node ${process.version}, ${machine()}. Resident memory, MB.`,
    '',
    table(
      [
        'process',
        'without consumers',
        'peak of the first snapshot',
        'of the same again',
        'at rest',
      ],
      rows.map(({ role, empty, firstPeak, againPeak, rest }) => [
        role,
        ...[empty, firstPeak, againPeak, rest].map(Math.round),
      ]),
    ),
    '',
  ].join('\n'),
  values.record,
);
process.exit(0);
