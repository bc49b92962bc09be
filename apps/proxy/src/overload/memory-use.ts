import { residentBytes } from '@sluice/telemetry';
import { totalmem } from 'node:os';
import { getHeapStatistics } from 'node:v8';

/** How near the process is to the end of its memory. */
export interface MemoryUse {
  /** Share of the limit that is in use, 0 to 1 and above. */
  readonly share: number;
  readonly usedBytes: number;
  readonly limitBytes: number;
  /** Which limit is the nearer one: that of the machine or container, or that of the JavaScript heap. */
  readonly of: 'resident' | 'heap';
}

/**
 * Memory in use, against whichever limit is nearer: the resident set against the container's limit (the machine's memory
 * where there is none), or the heap against the most V8 lets it grow.
 * @param processes that share the container's memory with this one, this one included
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

/** Without a limit `constrainedMemory` says 0, or a number beyond all memory there is. */
function memoryLimitBytes(): number {
  const limit = process.constrainedMemory();
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}
