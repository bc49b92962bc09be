import type { ConfigFault, TargetHealth } from '@sluice/wire';

/** The most faults that are stored per node, to bound the size of its row. */
const maxFaults = 100;
/** The most targets that are stored per node. Unhealthy targets are stored first. */
const maxTargets = 5_000;
const maxReasonLength = 2_000;
const maxNameLength = 256;

/**
 * Makes a node's text storable: truncates it to `maxLength` UTF-16 code units, and replaces NUL and
 * lone surrogates, which Postgres refuses, by U+FFFD.
 */
export function storableText(text: string, maxLength: number): string {
  const kept = text.length > maxLength ? text.slice(0, maxLength) : text;
  return kept.isWellFormed() && !kept.includes('\u0000')
    ? kept
    : kept.toWellFormed().replaceAll('\u0000', '\ufffd');
}

/** The faults of a node in storable form, bounded in number and length. */
export function storableFaults(faults: readonly ConfigFault[]): ConfigFault[] {
  return faults.slice(0, maxFaults).map(({ kind, id, name, pointer, code, reason }) => ({
    kind: storableText(kind, maxNameLength),
    id: storableText(id, maxNameLength),
    name: storableText(name, maxNameLength),
    pointer: storableText(pointer, maxReasonLength),
    code: storableText(code, maxNameLength),
    reason: storableText(reason, maxReasonLength),
  }));
}

/** The targets of a node in storable form, bounded in number and length. */
export function storableTargets(targets: readonly TargetHealth[]): TargetHealth[] {
  const kept =
    targets.length <= maxTargets
      ? targets
      : [...targets].sort((a, b) => Number(a.healthy) - Number(b.healthy)).slice(0, maxTargets);
  return kept.map(({ service, address, healthy }) => ({
    service: storableText(service, maxNameLength),
    address: storableText(address, maxNameLength),
    healthy,
  }));
}
