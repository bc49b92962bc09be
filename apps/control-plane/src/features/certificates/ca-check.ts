import type { Spec } from '@sluice/config';
import { errorMessage, type FieldError } from '@sluice/errors';
import { readCrls } from '@sluice/x509';
import { readCertificates, subjectOf, weaknessOf } from './read-certificates.ts';
import type { ReadCertificate } from './read-certificates.ts';

/** Clocks of CAs and control planes may differ. */
const maxClockSkewMs = 600_000;

/** Returns the faults of a bundle of CA certificates. Expiry is checked only for a new bundle. */
export function caFaults(
  { certificates, crls }: Spec<'ca'>,
  before: Spec<'ca'> | undefined,
  nowMs: number,
): FieldError[] {
  const bundle = readCertificates(certificates);
  const at = (detail: string): FieldError => ({ pointer: '/certificates', detail });
  if (typeof bundle === 'string') return [at(bundle)];
  const isNew = before?.certificates !== certificates;
  const ofBundle = bundle.flatMap(({ position, x509 }) => {
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
  return [...ofBundle, ...crlFaults(crls, bundle, nowMs)];
}

function crlFaults(
  crls: string | undefined,
  bundle: readonly ReadCertificate[],
  nowMs: number,
): FieldError[] {
  if (crls === undefined) return [];
  const at = (detail: string): FieldError => ({ pointer: '/crls', detail });
  try {
    return readCrls(crls).flatMap((crl, index) => {
      const name = `block ${index + 1}`;
      return [
        ...(bundle.some(({ x509 }) => crl.isSignedBy(x509))
          ? []
          : [at(`${name} is signed by none of the certificates: list the CA that issued it`)]),
        ...(crl.thisUpdateMs > nowMs + maxClockSkewMs
          ? [at(`${name} is of the future: ${new Date(crl.thisUpdateMs).toISOString()}`)]
          : []),
      ];
    });
  } catch (fault) {
    return [at(errorMessage(fault))];
  }
}
