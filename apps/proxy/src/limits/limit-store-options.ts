import type { LimitStoreOptions } from '@sluice/ratelimit';
import type { CounterSeries, Logger } from '@sluice/telemetry';
import { LimitNotes } from './limit-notes.ts';

/** Where the store of a process reports its failures. */
export interface LimitReporting {
  readonly logger: Logger;
  /** Counts the new keys that did not fit into memory. */
  readonly tableFull: CounterSeries;
  /** Whether this process logs warnings that apply to all processes of the node. */
  readonly isFirst: boolean;
}

/** Creates options with which the store of a process reports its failures to log and metrics. */
export function limitStoreOptions({
  logger,
  tableFull,
  isFirst,
}: LimitReporting): LimitStoreOptions {
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
