import { UnusableKeyPair } from '../../net/key-pair.ts';
import type { ServedKind } from './served-kind.ts';
import type { ServedCertificate } from '../served.ts';

/** Services keep the certificate that they were compiled with, see `needs`. */
export const certificate: ServedKind<'certificate', ServedCertificate> = {
  invalidates: 'nothing',
  compile({ kind, id, name, spec }, { context }) {
    const pair = context.keyPairs.read({ cert: spec.certificate, key: spec.key });
    if (pair.notAfterMs <= Date.now())
      throw new UnusableKeyPair(
        '/certificate',
        `the certificate expired on ${new Date(pair.notAfterMs).toISOString()}: replace it`,
      );
    const names = spec.serverNames?.map((text) => text.toLowerCase()) ?? pair.dnsNames;
    return { kind, id, name, spec, pair, names, label: name };
  },
  installed(served, { certificates }) {
    for (const gateway of served.spec.gateways) certificates.of(gateway).add(served);
  },
  removed(served, { certificates }) {
    for (const gateway of served.spec.gateways) certificates.of(gateway).remove(served);
  },
};
