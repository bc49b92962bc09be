import { Injectable } from '@nestjs/common';
import type { Spec } from '@sluice/config';
import { readCrls } from '@sluice/x509';
import { KindRulesRegistry } from '../resources/kind-rules.ts';
import type { Warning } from '../resources/warning.ts';
import { caFaults } from './ca-check.ts';
import { certificateFaults } from './certificate-check.ts';
import { alternativeNames, readCertificates, subjectOf } from './read-certificates.ts';

/** Checks certificates and CAs when they are written, and reads what the Admin API shows of them. */
@Injectable()
export class CertificateRules {
  constructor(rules: KindRulesRegistry) {
    rules.register('certificate', {
      check: (spec, before) => certificateFaults(spec, before, Date.now()),
      compute: certificateFacts,
      warnings: ({ spec }) => Promise.resolve(notValidYet(spec, Date.now())),
    });
    rules.register('ca', {
      check: (spec, before) => caFaults(spec, before, Date.now()),
      compute: caFacts,
    });
  }
}

function certificateFacts({ certificate }: Spec<'certificate'>): object {
  const chain = readCertificates(certificate);
  const [leaf] = typeof chain === 'string' ? [] : chain;
  if (leaf === undefined) return {};
  const { validFromDate, validToDate, fingerprint256 } = leaf.x509;
  const { dns, addresses } = alternativeNames(leaf.x509);
  return {
    notBefore: validFromDate.toISOString(),
    notAfter: validToDate.toISOString(),
    names: [...dns, ...addresses],
    fingerprint: fingerprint256.replaceAll(':', '').toLowerCase(),
  };
}

function caFacts({ certificates, crls }: Spec<'ca'>): object {
  const bundle = readCertificates(certificates);
  if (typeof bundle === 'string') return {};
  const expiries = bundle.map(({ x509 }) => x509.validToDate.getTime());
  return {
    subjects: bundle.map(({ x509 }) => subjectOf(x509)),
    notAfter: new Date(Math.min(...expiries)).toISOString(),
    ...(crls === undefined ? {} : { crlsNextUpdate: nextUpdateOf(crls) }),
  };
}

/** The text was checked when it was written. */
function nextUpdateOf(crls: string): string | undefined {
  const updates = readCrls(crls).flatMap(({ nextUpdateMs }) => nextUpdateMs ?? []);
  return updates.length === 0 ? undefined : new Date(Math.min(...updates)).toISOString();
}

function notValidYet({ certificate }: Spec<'certificate'>, nowMs: number): Warning[] {
  const chain = readCertificates(certificate);
  const [leaf] = typeof chain === 'string' ? [] : chain;
  if (leaf === undefined || leaf.x509.validFromDate.getTime() <= nowMs) return [];
  const from = leaf.x509.validFromDate.toISOString();
  const detail = `the certificate is valid from ${from} on: until then clients refuse it`;
  return [{ code: 'certificate_not_valid_yet', detail }];
}
