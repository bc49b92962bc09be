import { isKind, nameProperty } from '@sluice/config';
import type { Resource, Spec } from '@sluice/config';
import type { ResourceRecord } from '@sluice/wire';
import type { ConfigFault } from './source.ts';

/**
 * Reads a resource off the wire. What this version cannot read, a kind of a newer control plane for instance, is a fault:
 * never silently left out.
 */
export function readRecord(record: ResourceRecord): Resource | ConfigFault {
  const { kind, id, json } = record;
  if (!isKind(kind)) return fault(record, '', 'unknown_kind', `this version knows no resource of the kind "${kind}"`);
  try {
    const spec: unknown = JSON.parse(json);
    if (typeof spec === 'object' && spec !== null) return { kind, id, spec: spec as Spec };
    return fault(record, '', 'malformed_resource', 'not a JSON object');
  } catch (error) {
    return fault(record, '', 'malformed_resource', error instanceof Error ? error.message : String(error));
  }
}

/** True for what {@link readRecord} could not read. */
export function isFault(read: Resource | ConfigFault): read is ConfigFault {
  return 'code' in read;
}

/** Reads resources one by one, putting what cannot be read into `faults`. */
export function* readRecords(records: Iterable<ResourceRecord>, faults: Map<string, ConfigFault>): Generator<Resource> {
  for (const record of records) {
    const read = readRecord(record);
    if (isFault(read)) faults.set(record.id, read);
    else yield read;
  }
}

function fault({ kind, id, json }: ResourceRecord, pointer: string, code: string, reason: string): ConfigFault {
  return { kind, id, name: nameIn(kind, json), pointer, code, reason };
}

/** The name, if it can be had at all. */
function nameIn(kind: string, json: string): string {
  try {
    const name = (JSON.parse(json) as Record<string, unknown> | null)?.[isKind(kind) ? nameProperty(kind) : 'name'];
    return typeof name === 'string' ? name : '';
  } catch {
    return '';
  }
}
