import { residentBytes } from '@sluice/telemetry';
import { totalmem } from 'node:os';
import { getHeapStatistics } from 'node:v8';

/** Memory use of the process relative to its limit. */
export interface MemoryUse {
  /** Share of the limit that is in use, 0 to 1 and above. */
  readonly share: number;
  readonly usedBytes: number;
  readonly limitBytes: number;
  /** The limit that is closer: that of the machine or container, or that of the JavaScript heap. */
  readonly of: 'resident' | 'heap';
}

/**
 * Returns memory use relative to the closer limit: the resident set against the container's limit
 * (or the machine's memory without one), or the heap against V8's heap limit.
 * @param processes number of processes that share the container's memory, this one included
 */
export function memoryUse(processes = 1): MemoryUse {
  const resident = useOf('resident', residentBytes(), memoryLimitBytes() / processes);
  const { used_heap_size: used, heap_size_limit: limit } = getHeapStatistics();
  const heap = useOf('heap', used, limit);
  return heap.share > resident.share ? heap : resident;
}

function useOf(of: MemoryUse['of'], usedBytes: number, limitBytes: number): MemoryUse {
  return { of, usedBytes, limitBytes, share: usedBytes / limitBytes };
}

/** Without a limit, `constrainedMemory` returns 0 or a number above the machine's memory. */
function memoryLimitBytes(): number {
  const limit = process.constrainedMemory();
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}
