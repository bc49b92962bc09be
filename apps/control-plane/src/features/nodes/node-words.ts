import type { Fault, TargetHealth } from '@sluice/wire';
import type { NodeFault } from './applied.ts';
import type { NodeTarget } from './node.ts';

/** More faults than that tell nothing new, and would make a large row. */
const maxFaults = 100;
/** So many targets of a node are kept at most, those that are out of service first. */
const maxTargets = 5_000;
const maxReasonLength = 2_000;
const maxNameLength = 256;

/**
 * Text of a node as the database can hold it: at most `maxLength` UTF-16 code units, with U+FFFD in the place of NUL and of
 * halves of surrogate pairs, which Postgres refuses.
 */
export function storableText(text: string, maxLength: number): string {
  const kept = text.length > maxLength ? text.slice(0, maxLength) : text;
  return kept.isWellFormed() && !kept.includes('\u0000') ? kept : kept.toWellFormed().replaceAll('\u0000', '\ufffd');
}

/** The faults of a node as they are kept: bounded in number and length. */
export function storableFaults(faults: readonly Fault[]): NodeFault[] {
  return faults.slice(0, maxFaults).map(({ kind, id, name, pointer, code, reason }) => ({
    kind: storableText(kind, maxNameLength),
    id: storableText(id, maxNameLength),
    name: storableText(name, maxNameLength),
    pointer: storableText(pointer, maxReasonLength),
    code: storableText(code, maxNameLength),
    reason: storableText(reason, maxReasonLength),
  }));
}

/** The targets of a node as they are kept: bounded in number and length. */
export function storableTargets(targets: readonly TargetHealth[]): NodeTarget[] {
  const kept = targets.length <= maxTargets ? targets : [...targets].sort((a, b) => Number(a.healthy) - Number(b.healthy)).slice(0, maxTargets);
  return kept.map(({ service, address, healthy }) => ({
    service: storableText(service, maxNameLength),
    address: storableText(address, maxNameLength),
    healthy,
  }));
}
