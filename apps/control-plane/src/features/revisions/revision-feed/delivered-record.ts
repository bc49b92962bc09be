import { canonicalJson } from '@sluice/config';
import type { Kind, Spec } from '@sluice/config';
import type { ResourceRecord } from '@sluice/wire';
import { maySeal } from '../../../platform/secrets/sealed-spec.ts';

/** Decrypts the secrets of a spec. Those that cannot be decrypted are absent from the result. */
export type OpenSecrets = <S extends Spec>(id: string, spec: S, kind: Kind) => S;

/**
 * Makes the record of a stored resource, with its secrets in the clear. `NodeFilter` removes them for
 * nodes that may not receive secrets.
 */
export function deliveredRecord(
  kind: Kind,
  id: string,
  spec: Spec,
  open: OpenSecrets,
): ResourceRecord {
  const stored = canonicalJson(spec);
  const json = maySeal(stored) ? canonicalJson(open(id, spec, kind)) : stored;
  return { kind, id, json };
}
