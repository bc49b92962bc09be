/**
 * A thread of http1-differential.ts: runs slices of cases and reports the result of each slice.
 */
import { parentPort } from 'node:worker_threads';
import { runDifferential } from '../../packages/http1/testing/differential.ts';
import type { DifferentialReport } from '../../packages/http1/testing/differential.ts';

/** Cases with the seeds `firstSeed`, `firstSeed + 1`, and so on. */
export interface Slice {
  readonly cases: number;
  readonly firstSeed: number;
}

/** The result of a slice, and the heap of this thread after it, in bytes. */
export interface SliceReport {
  readonly report: DifferentialReport;
  readonly heapUsed: number;
}

parentPort?.on('message', ({ cases, firstSeed }: Slice) => {
  const report = runDifferential(cases, firstSeed);
  parentPort?.postMessage({
    report,
    heapUsed: process.memoryUsage().heapUsed,
  } satisfies SliceReport);
});
