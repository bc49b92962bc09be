import { canonicalJson } from '@sluice/config';
import { isReadOnly } from './presentation.ts';
import type { Representation } from './presentation.ts';
import { isRecord } from './spec-check.ts';

/**
 * Leaves out the read-only members that say what is stored, so that a representation that was read can be written back.
 * Those that say something else stay, and the schema refuses them. `stored` is undefined when nothing is stored yet.
 */
export function withoutStoredMembers(content: unknown, stored: Representation | undefined, isFixed = isReadOnly): unknown {
  if (!isRecord(content) || stored === undefined) return content;
  return Object.fromEntries(Object.entries(content).filter(([name, value]) => !isFixed(name) || !saysTheSame(value, stored[name], name)));
}

/** Instants are compared as instants: clients write the same one in several ways. */
function saysTheSame(given: unknown, stored: unknown, name: string): boolean {
  if (stored === undefined) return false;
  if (canonicalJson(given) === canonicalJson(stored)) return true;
  return name.endsWith('At') && typeof given === 'string' && typeof stored === 'string' && Date.parse(given) === Date.parse(stored);
}
