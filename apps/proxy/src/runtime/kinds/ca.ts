import { readCertificates } from '../../net/key-pair.ts';
import { CompileFault } from '../compile-fault.ts';
import type { ServedKind } from './served-kind.ts';
import type { ServedResource } from '../served.ts';

/** Gateways and services keep the CA that they were compiled with, see `needs`. */
export const ca: ServedKind<'ca', ServedResource<'ca'>> = {
  invalidates: 'nothing',
  compile({ kind, id, name, spec }) {
    const certificates = readCertificates(spec.certificates, '/certificates');
    if (certificates.length === 0)
      throw new CompileFault(
        '/certificates',
        'it contains no certificate in PEM: it needs at least one block "-----BEGIN CERTIFICATE-----"',
      );
    return { kind, id, name, spec };
  },
};
