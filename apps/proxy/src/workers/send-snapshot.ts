import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Resource } from '@sluice/config';
import { RecordPacker, type PackedRecords } from '@sluice/wire';
import { RecordStore } from '../config/record-store.ts';
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

/**
 * Reads resources to their end and returns them as records for the workers: those of the source, or
 * packed ones, which share equal pieces with the set that they replace.
 */
export async function takeRecords(
  resources: Iterable<Resource>,
  replaced: PackedRecords,
  recordsOf: (() => RecordStore) | undefined,
): Promise<RecordStore> {
  if (recordsOf !== undefined) {
    await inSlices(resources, () => undefined);
    return recordsOf();
  }
  const packer = new RecordPacker(replaced);
  await inSlices(resources, ({ kind, id, spec }) => packer.add(recordOf(kind, id, spec)));
  return new RecordStore(packer.finish());
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
 * Sends a snapshot in pieces, which the worker applies while they arrive. Rejects when the worker ends, reports a
 * fault, or does not answer in time.
 */
export async function sendSnapshot(
  worker: WorkerProcess,
  revision: number,
  store: RecordStore,
): Promise<ApplyOutcome> {
  await worker.ask(
    {
      type: 'snapshotStart',
      revision,
      superseded: store.superseded(),
      records: store.current(),
    },
    applyMs,
  );
  const { pieces } = store.packed;
  for (let start = 0; start < pieces.length; start += piecesAtOnce) {
    const some = pieces.slice(start, start + piecesAtOnce);
    await worker.ask({ type: 'snapshotPieces', pieces: some }, applyMs);
  }
  return worker.ask({ type: 'snapshotEnd' }, applyMs);
}
