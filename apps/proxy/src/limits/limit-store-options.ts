import type { LimitStoreOptions } from '@sluice/ratelimit';
import type { CounterSeries, Logger } from '@sluice/telemetry';
import { LimitNotes } from './limit-notes.ts';

export interface LimitTelling {
  readonly logger: Logger;
  /** Counts the new keys that found no room in memory. */
  readonly tableFull: CounterSeries;
  /** Only one process of a node warns of what is the same for all of them. */
  readonly isFirst: boolean;
}

/** Has the store of a process tell log and metrics what goes wrong with it. */
export function limitStoreOptions({ logger, tableFull, isFirst }: LimitTelling): LimitStoreOptions {
  const notes = new LimitNotes(logger);
  return {
    onFull: (full) => {
      tableFull.add(1);
      notes.full(full);
    },
    onLongWindow: () => notes.longWindowInMemory(),
    onAvailabilityChange: (available, reason) => notes.availability(available, reason),
    onDurability: isFirst ? (durability) => notes.durability(durability) : undefined,
  };
}
