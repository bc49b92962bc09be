import { setTimeout as sleep } from 'node:timers/promises';
import type { Resource } from '@sluice/config';
import type { ConfigFault } from '@sluice/wire';
import type { ApplyOutcome, ConfigTarget, ResourceChange } from '../source.ts';

/** Refuses resources that are marked as broken. Tests only. */
export class FakeTarget implements ConfigTarget {
  readonly resources = new Map<string, string>();

  applySnapshot(_: number, resources: Iterable<Resource>): ApplyOutcome {
    const list = [...resources];
    this.resources.clear();
    for (const { id, spec } of list) this.resources.set(id, JSON.stringify(spec));
    return { applied: true, faults: [], quarantined: list.flatMap(faultsOf) };
  }

  async applyDelta(_: number, changes: readonly ResourceChange[]): Promise<ApplyOutcome> {
    await sleep(1);
    const faults = changes.flatMap(faultsOf);
    if (faults.length > 0) return { applied: false, faults, quarantined: [] };
    for (const { id, spec } of changes) {
      if (spec === undefined) this.resources.delete(id);
      else this.resources.set(id, JSON.stringify(spec));
    }
    return { applied: true, faults: [], quarantined: [] };
  }
}

function faultsOf({ kind, id, spec }: ResourceChange): ConfigFault[] {
  return JSON.stringify(spec)?.includes('broken')
    ? [
        {
          kind,
          id,
          name: id,
          pointer: '/policies/0/name',
          code: 'unknown_policy',
          reason: 'says so',
        },
      ]
    : [];
}
