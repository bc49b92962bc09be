import { errorMessage } from '@sluice/errors';
import { readCrls, type Crl } from '@sluice/x509';
import type { X509Certificate } from 'node:crypto';
import { readCertificates } from '../../net/key-pair.ts';
import { CompileFault } from '../compile-fault.ts';
import type { ServedKind } from './served-kind.ts';
import type { ServedCa } from '../served.ts';

/** Gateways and services keep the CA that they were compiled with, see `needs`. */
export const ca: ServedKind<'ca', ServedCa> = {
  invalidates: 'nothing',
  compile({ kind, id, name, spec }) {
    const certificates = readCertificates(spec.certificates, '/certificates');
    if (certificates.length === 0)
      throw new CompileFault(
        '/certificates',
        'it contains no certificate in PEM: it needs at least one block "-----BEGIN CERTIFICATE-----"',
      );
    const crls = spec.crls === undefined ? [] : listsIn(spec.crls, certificates);
    return { kind, id, name, spec, trusted: { id, certificates, crls } };
  },
};

function listsIn(text: string, certificates: readonly X509Certificate[]): readonly Crl[] {
  let crls: readonly Crl[];
  try {
    crls = readCrls(text);
  } catch (fault) {
    throw new CompileFault('/crls', errorMessage(fault));
  }
  const foreign = crls.findIndex((crl) => !certificates.some((x509) => crl.isSignedBy(x509)));
  if (foreign >= 0)
    throw new CompileFault('/crls', `block ${foreign + 1} is signed by none of the certificates`);
  return crls;
}
