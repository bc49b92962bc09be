import { canonicalJson } from '@sluice/config';
import type { Kind, Spec } from '@sluice/config';
import type { ResourceRecord } from '@sluice/wire';
import { mapSealed, maySeal } from '../../../platform/secrets/sealed-spec.ts';

/** Decrypts the secrets of a spec. Those that cannot be decrypted are absent from the result. */
export type OpenSecrets = <S extends Spec>(id: string, spec: S, kind: Kind) => S;

/** A resource as it is sent, with the positions of the secrets in it. */
export interface DeliveredRecord extends ResourceRecord {
  /** Absent when it has none, as almost all resources. */
  readonly secrets?: readonly (readonly string[])[];
}

/**
 * Makes the record of a stored resource, with its secrets in the clear. `NodeFilter` removes them for
 * nodes that may not receive secrets: what was encrypted is a secret, whether or not a schema of
 * this process says so.
 */
export function deliveredRecord(
  kind: Kind,
  id: string,
  spec: Spec,
  open: OpenSecrets,
): DeliveredRecord {
  const stored = canonicalJson(spec);
  if (!maySeal(stored)) return { kind, id, json: stored };
  const secrets: string[][] = [];
  mapSealed(spec, (sealed, pointer) => {
    secrets.push(pointer.split('/').slice(1).map(unescaped));
    return sealed;
  });
  return { kind, id, json: canonicalJson(open(id, spec, kind)), secrets };
}

/** A step of a JSON Pointer as a name (RFC 6901 section 4). */
function unescaped(step: string): string {
  return step.replaceAll('~1', '/').replaceAll('~0', '~');
}
