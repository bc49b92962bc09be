import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Resource } from '@sluice/config';
import { RecordPacker, type PackedRecords } from '@sluice/wire';
import type { RecordStore } from '../config/record-store.ts';
import type { ApplyOutcome } from '../config/source.ts';
import { recordOf } from './in-service.ts';
import type { WorkerProcess } from './worker-process.ts';

/**
 * A snapshot of a hundred thousand routes takes seconds; one of a million consumers takes tens of
 * seconds.
 */
export const applyMs = 120_000;
/** Pieces of some 10 KiB each in one message. */
const piecesAtOnce = 32;
/** Longest time that reading and packing block the event loop. */
const sliceMs = 4;

/** Packs resources for the workers; equal pieces are shared with the set that this one replaces. */
export async function packResources(
  resources: Iterable<Resource>,
  replaced: PackedRecords,
): Promise<PackedRecords> {
  const packer = new RecordPacker(replaced);
  await inSlices(resources, ({ kind, id, spec }) => packer.add(recordOf(kind, id, spec)));
  return packer.finish();
}

/** Reads resources to their end, which finds the unreadable ones, and then asks for the records. */
export async function afterReading(
  resources: Iterable<Resource>,
  recordsOf: () => RecordStore,
): Promise<RecordStore> {
  await inSlices(resources, () => undefined);
  return recordsOf();
}

async function inSlices(
  resources: Iterable<Resource>,
  act: (resource: Resource) => void,
): Promise<void> {
  let sliceEndsAtMs = performance.now() + sliceMs;
  for (const resource of resources) {
    act(resource);
    if (performance.now() < sliceEndsAtMs) continue;
    await nextTurn();
    sliceEndsAtMs = performance.now() + sliceMs;
  }
}

/**
 * Sends a snapshot in pieces, and lets the worker apply it. Rejects when the worker ends, reports a
 * fault, or does not answer in time.
 */
export async function sendSnapshot(
  worker: WorkerProcess,
  revision: number,
  store: RecordStore,
): Promise<ApplyOutcome> {
  const { pieces } = store.packed;
  for (let start = 0; start === 0 || start < pieces.length; start += piecesAtOnce) {
    await worker.ask(
      {
        type: 'snapshotPieces',
        isFirst: start === 0,
        pieces: pieces.slice(start, start + piecesAtOnce),
      },
      applyMs,
    );
  }
  return worker.ask(
    { type: 'snapshot', revision, superseded: store.superseded(), records: store.current() },
    applyMs,
  );
}
