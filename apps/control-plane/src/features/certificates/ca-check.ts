import type { Spec } from '@sluice/config';
import type { FieldError } from '@sluice/errors';
import { readCertificates, subjectOf, weaknessOf } from './read-certificates.ts';

/** Returns the faults of a bundle of CA certificates. Expiry is checked only for a new bundle. */
export function caFaults(
  { certificates }: Spec<'ca'>,
  before: Spec<'ca'> | undefined,
  nowMs: number,
): FieldError[] {
  const bundle = readCertificates(certificates);
  const at = (detail: string): FieldError => ({ pointer: '/certificates', detail });
  if (typeof bundle === 'string') return [at(bundle)];
  const isNew = before?.certificates !== certificates;
  return bundle.flatMap(({ position, x509 }) => {
    const name = `certificate ${position} (${subjectOf(x509)})`;
    const weakness = weaknessOf(x509);
    return [
      ...(x509.ca ? [] : [at(`${name} is not a CA certificate`)]),
      ...(weakness === undefined ? [] : [at(`${name} ${weakness}`)]),
      ...(isNew && x509.validToDate.getTime() <= nowMs
        ? [at(`${name} expired at ${x509.validToDate.toISOString()}`)]
        : []),
    ];
  });
}
