import { canonicalJson } from '@sluice/config';
import type { Kind } from '@sluice/config';
import { isReadOnly } from './presentation.ts';
import type { Representation } from './presentation.ts';
import { isRecord } from './is-record.ts';

/**
 * Omits read-only members that equal the stored ones, so that a representation can be written back
 * as it was read. Members that differ stay, and the schema refuses them. `stored` is undefined when
 * the resource does not exist yet.
 */
export function withoutStoredMembers(
  kind: Kind,
  content: unknown,
  stored: Representation | undefined,
  isFixed = (name: string): boolean => isReadOnly(kind, name),
): unknown {
  if (!isRecord(content) || stored === undefined) return content;
  return Object.fromEntries(
    Object.entries(content).filter(
      ([name, value]) => !isFixed(name) || !isSame(value, stored[name], name),
    ),
  );
}

/** Compares instants by their time, because the same instant can be written in several ways. */
function isSame(given: unknown, stored: unknown, name: string): boolean {
  if (stored === undefined) return false;
  if (canonicalJson(given) === canonicalJson(stored)) return true;
  return (
    name.endsWith('At') &&
    typeof given === 'string' &&
    typeof stored === 'string' &&
    Date.parse(given) === Date.parse(stored)
  );
}
