import type { ConfigFault } from '@sluice/wire';
import type { ConfigLog } from './source.ts';

/** The most resources that one line names; the line also has their number. */
const maxNamed = 10;

/**
 * Logs which resources a revision has quarantined, and which are no longer quarantined. Logs
 * nothing when the revision changed neither.
 */
export function logQuarantine(
  log: ConfigLog,
  revision: number,
  before: readonly ConfigFault[],
  after: readonly ConfigFault[],
): void {
  if (before.length === 0 && after.length === 0) return;
  const [known, current] = [byResource(before), byResource(after)];
  const added = [...current].filter(([key, { reason }]) => known.get(key)?.reason !== reason);
  const gone = [...known].filter(([key]) => !current.has(key));
  if (added.length > 0)
    log.warn(
      { revision, count: added.length, resources: added.slice(0, maxNamed).map(described) },
      'resources cannot be used and are quarantined: this node serves their last good version, or refuses their requests',
    );
  if (gone.length > 0)
    log.warn(
      { revision, count: gone.length, resources: gone.slice(0, maxNamed).map(named) },
      'resources are no longer quarantined',
    );
}

/** The number of resources that have these faults. */
export function countResources(faults: readonly ConfigFault[]): number {
  return faults.length < 2 ? faults.length : byResource(faults).size;
}

/** The first fault of each resource. */
function byResource(faults: readonly ConfigFault[]): Map<string, ConfigFault> {
  const first = new Map<string, ConfigFault>();
  for (const fault of faults) {
    const key = `${fault.kind}/${fault.id}`;
    if (!first.has(key)) first.set(key, fault);
  }
  return first;
}

function described([, { kind, id, name, pointer, reason }]: [string, ConfigFault]): object {
  return { kind, name: name === '' ? id : name, pointer, reason };
}

function named([, { kind, id, name }]: [string, ConfigFault]): object {
  return { kind, name: name === '' ? id : name };
}
