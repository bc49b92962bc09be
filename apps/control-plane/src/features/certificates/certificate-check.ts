import { createPrivateKey } from 'node:crypto';
import type { KeyObject, X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import type { Spec } from '@sluice/config';
import { errorMessage } from '@sluice/errors';
import type { FieldError } from '@sluice/errors';
import { ServerName } from '@sluice/schema';
import { pemBlocks } from './pem.ts';
import { alternativeNames, coversName, readCertificates } from './read-certificates.ts';
import { subjectOf, weaknessOf } from './read-certificates.ts';
import type { ReadCertificate } from './read-certificates.ts';

const serverUsages = ['1.3.6.1.5.5.7.3.1', '2.5.29.37.0'];

/**
 * Returns the faults of a certificate with its key. Expiry is checked only for a chain that is new,
 * so that other properties of an expired certificate can still be changed.
 */
export function certificateFaults(
  spec: Spec<'certificate'>,
  before: Spec<'certificate'> | undefined,
  nowMs: number,
): FieldError[] {
  const chain = readCertificates(spec.certificate);
  const key = readKey(spec.key);
  const keyFaults = typeof key === 'string' ? [{ pointer: '/key', detail: key }] : [];
  if (typeof chain === 'string') return [{ pointer: '/certificate', detail: chain }, ...keyFaults];
  const isNew = before?.certificate !== spec.certificate;
  const faults = [
    ...chainFaults(chain, isNew ? nowMs : undefined).map((detail) => ({
      pointer: '/certificate',
      detail,
    })),
    ...keyFaults,
    ...(typeof key === 'string' ? [] : pairFaults(chain, key)),
    ...nameFaults(spec, chain),
  ];
  return faults.length > 0 ? faults : contextFaults(spec);
}

function chainFaults(chain: readonly ReadCertificate[], nowMs: number | undefined): string[] {
  const [leaf, ...issuers] = chain;
  if (leaf === undefined) return [];
  const faults = chain.flatMap(({ position, x509 }) => {
    const weakness = weaknessOf(x509);
    const at = position === 1 ? 'the certificate' : `certificate ${position} of the chain`;
    return [
      ...(weakness === undefined ? [] : [`${at} ${weakness}`]),
      ...(nowMs !== undefined && x509.validToDate.getTime() <= nowMs
        ? [`${at} expired at ${x509.validToDate.toISOString()}: renew it`]
        : []),
    ];
  });
  let previous = leaf.x509;
  for (const { position, x509 } of issuers) {
    if (!isIssuedBy(previous, x509)) {
      const order =
        'write the certificate of the server first, and after each certificate the one that issued it';
      faults.push(
        `certificate ${position} (${subjectOf(x509)}) did not issue the one before it (${subjectOf(previous)}): ${order}`,
      );
      break;
    }
    previous = x509;
  }
  return faults;
}

function isIssuedBy(subject: X509Certificate, issuer: X509Certificate): boolean {
  try {
    return issuer.ca && subject.checkIssued(issuer) && subject.verify(issuer.publicKey);
  } catch {
    return false;
  }
}

/** Returns the private key, or a message that says what is wrong and has no part of the key. */
function readKey(pem: string): KeyObject | string {
  const blocks = pemBlocks(pem);
  if (typeof blocks === 'string') return blocks;
  if (blocks.some(({ label }) => label === 'CERTIFICATE'))
    return 'has a certificate in it: write certificates to `certificate`';
  // OpenSSL writes the parameters of a curve in a block before the key.
  const keys = blocks.filter(({ label }) => label !== 'EC PARAMETERS');
  const [key] = keys;
  if (key === undefined || !key.label.endsWith('PRIVATE KEY'))
    return 'has no private key: it needs a block "-----BEGIN PRIVATE KEY-----"';
  if (keys.length > 1) return `has ${keys.length} blocks; write the one key of the certificate`;
  if (key.label === 'ENCRYPTED PRIVATE KEY' || key.text.includes('Proc-Type: 4,ENCRYPTED'))
    return 'is encrypted with a passphrase: write it without one, "openssl pkey -in <file>" converts it';
  try {
    return createPrivateKey(key.text);
  } catch {
    return 'is not a private key that can be read: it is damaged, not complete or of an unknown type';
  }
}

function pairFaults([leaf, ...issuers]: readonly ReadCertificate[], key: KeyObject): FieldError[] {
  if (leaf === undefined || leaf.x509.checkPrivateKey(key)) return [];
  const other = issuers.find(({ x509 }) => x509.checkPrivateKey(key));
  const detail =
    other === undefined
      ? `does not belong to the certificate (${subjectOf(leaf.x509)})`
      : `belongs to certificate ${other.position} of the chain: the certificate of the key must be the first`;
  return [{ pointer: '/key', detail }];
}

function nameFaults(
  { gateways, serverNames }: Spec<'certificate'>,
  [leaf]: readonly ReadCertificate[],
): FieldError[] {
  if (leaf === undefined) return [];
  const { dns } = alternativeNames(leaf.x509);
  const faults = (serverNames ?? []).flatMap((name, index) =>
    coversName(dns, name)
      ? []
      : [
          {
            pointer: `/serverNames/${index}`,
            detail: `the certificate is not valid for "${name}"; its DNS names are ${listed(dns)}`,
          },
        ],
  );
  if (gateways.length === 0) return faults;
  const at = (detail: string): FieldError => ({ pointer: '/certificate', detail });
  const usages = leaf.x509.keyUsage as readonly string[] | undefined;
  if (usages !== undefined && !usages.some((usage) => serverUsages.includes(usage)))
    faults.push(at('may not be used by servers: its extended key usage lacks serverAuth'));
  if (serverNames !== undefined) return faults;
  if (dns.length === 0)
    faults.push(
      at('has no DNS name in its subject alternative names, so that no client would accept it'),
    );
  for (const name of dns) {
    const [issue] = ServerName.safeParse(name).error?.issues ?? [];
    if (issue !== undefined)
      faults.push(at(`has the name "${name}": ${issue.message}; set serverNames to those to use`));
  }
  return faults;
}

function listed(names: readonly string[]): string {
  if (names.length === 0) return 'none';
  const more = names.length > 10 ? ` and ${names.length - 10} more` : '';
  return `${names.slice(0, 10).join(', ')}${more}`;
}

/** What OpenSSL itself refuses. */
function contextFaults({ certificate, key }: Spec<'certificate'>): FieldError[] {
  try {
    createSecureContext({ cert: certificate, key });
    return [];
  } catch (error) {
    const detail = `cannot be used for TLS: ${errorMessage(error)}`;
    return [{ pointer: '/certificate', detail }];
  }
}
