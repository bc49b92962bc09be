import { errorMessage } from '@sluice/errors';
import { isKind, nameProperty } from '@sluice/config';
import type { Resource, Spec } from '@sluice/config';
import type { ConfigFault, ResourceRecord } from '@sluice/wire';

/**
 * Parses a resource from the wire. A resource that this version cannot read, for example a kind of
 * a newer control plane, becomes a fault and is never silently dropped.
 */
export function readRecord(record: ResourceRecord): Resource | ConfigFault {
  const { kind, id, json } = record;
  if (kind === formerKeyKind) return readFormerKey(record);
  if (!isKind(kind))
    return fault(
      record,
      '',
      'unknown_kind',
      `this version does not know the resource kind "${kind}"`,
    );
  try {
    const spec: unknown = JSON.parse(json);
    if (typeof spec === 'object' && spec !== null) return { kind, id, spec: spec as Spec };
    return fault(record, '', 'malformed_resource', 'not a JSON object');
  } catch (error) {
    return fault(record, '', 'malformed_resource', errorMessage(error));
  }
}

/** Keys were a kind of their own before credentials had types; stored snapshots may hold them. */
const formerKeyKind = 'key';

function readFormerKey({ id, json }: ResourceRecord): Resource | ConfigFault {
  const read = readRecord({ kind: 'credential', id, json });
  if (isFault(read)) return read;
  return { ...read, spec: { type: 'key', ...read.spec } as Spec };
}

/** True when {@link readRecord} returned a fault. */
export function isFault(read: Resource | ConfigFault): read is ConfigFault {
  return 'code' in read;
}

/** Parses resources one by one and adds the unreadable ones to `faults`. */
export function* readRecords(
  records: Iterable<ResourceRecord>,
  faults: Map<string, ConfigFault>,
): Generator<Resource> {
  for (const record of records) {
    const read = readRecord(record);
    if (isFault(read)) faults.set(record.id, read);
    else yield read;
  }
}

function fault(
  { kind, id, json }: ResourceRecord,
  pointer: string,
  code: string,
  reason: string,
): ConfigFault {
  return { kind, id, name: nameIn(kind, json), pointer, code, reason };
}

/** The name, or empty when it cannot be read. */
function nameIn(kind: string, json: string): string {
  try {
    const name = (JSON.parse(json) as Record<string, unknown> | null)?.[
      isKind(kind) ? nameProperty(kind) : 'name'
    ];
    return typeof name === 'string' ? name : '';
  } catch {
    return '';
  }
}
