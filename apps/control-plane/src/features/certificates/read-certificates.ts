import { X509Certificate } from 'node:crypto';
import { pemBlocks } from './pem.ts';

/** The most certificates in one PEM text. */
const maxCertificates = 64;

/** A certificate and its position in the PEM text, from 1. */
export interface ReadCertificate {
  readonly position: number;
  readonly x509: X509Certificate;
}

/** Reads all certificates of a PEM text. Returns a message for a text that has anything else. */
export function readCertificates(pem: string): ReadCertificate[] | string {
  const blocks = pemBlocks(pem);
  if (typeof blocks === 'string') return blocks;
  if (blocks.length > maxCertificates)
    return `has ${blocks.length} blocks; at most ${maxCertificates} are allowed`;
  const read: ReadCertificate[] = [];
  for (const [index, { label, text }] of blocks.entries()) {
    const position = index + 1;
    if (label.includes('PRIVATE KEY'))
      return 'has a private key in it, which would be stored without encryption: remove it here';
    if (label !== 'CERTIFICATE')
      return `block ${position} is a "${label}"; only blocks "CERTIFICATE" are allowed`;
    try {
      read.push({ position, x509: new X509Certificate(text) });
    } catch {
      return `block ${position} is not an X.509 certificate: it is damaged or not complete`;
    }
  }
  return read;
}

/** The subject on one line, shortened. */
export function subjectOf({ subject }: X509Certificate): string {
  return subject.replaceAll('\n', ', ').slice(0, 200);
}

/**
 * Returns what is wrong with a certificate's algorithms for TLS; undefined when nothing is.
 * The signature of a self-signed certificate does not count, because no client verifies it.
 */
export function weaknessOf(x509: X509Certificate): string | undefined {
  const weakness = keyWeakness(x509.publicKey);
  if (weakness !== undefined) return weakness;
  const { signatureAlgorithm = '' } = x509 as { readonly signatureAlgorithm?: string };
  const isSelfSigned = x509.subject === x509.issuer;
  return !isSelfSigned && /md5|sha1(?!\d)/i.test(signatureAlgorithm)
    ? `is signed with ${signatureAlgorithm}, which clients do not accept`
    : undefined;
}

const curves = ['prime256v1', 'secp384r1', 'secp521r1'];

function keyWeakness(key: X509Certificate['publicKey']): string | undefined {
  const { asymmetricKeyType: type = 'unknown', asymmetricKeyDetails: details = {} } = key;
  if (type === 'rsa' || type === 'rsa-pss') {
    const bits = details.modulusLength ?? 0;
    if (bits < 2_048) return `has an RSA key of ${bits} bits; at least 2048 are needed`;
    return bits > 8_192 ? `has an RSA key of ${bits} bits; at most 8192 are allowed` : undefined;
  }
  if (type === 'ec') {
    const curve = details.namedCurve ?? 'unknown';
    return curves.includes(curve)
      ? undefined
      : `has a key on the curve ${curve}; P-256, P-384 and P-521 are supported`;
  }
  return type === 'ed25519'
    ? undefined
    : `has a key of the type ${type}; RSA, EC (P-256, P-384, P-521) and Ed25519 are supported`;
}

/** The subject alternative names of a certificate, in order. */
export interface AlternativeNames {
  /** In lower case. */
  readonly dns: readonly string[];
  readonly addresses: readonly string[];
}

/**
 * Reads the DNS names and the IP addresses of a certificate. Node writes them as
 * `DNS:a.example, IP Address:10.0.0.1`, and a name with unusual characters as a JSON string.
 */
export function alternativeNames({ subjectAltName = '' }: X509Certificate): AlternativeNames {
  const dns: string[] = [];
  const addresses: string[] = [];
  for (const entry of subjectAltName.match(/[A-Za-z ]+:(?:"(?:[^"\\]|\\.)*"|[^,]*)/g) ?? []) {
    const colon = entry.indexOf(':');
    const type = entry.slice(0, colon).trim();
    const value = entry.slice(colon + 1);
    if (type === 'DNS') dns.push(value.toLowerCase());
    if (type === 'IP Address') addresses.push(value);
  }
  return { dns, addresses };
}

/** True when a certificate with the names is valid for a DNS name, or for a wildcard. */
export function coversName(names: readonly string[], wanted: string): boolean {
  if (names.includes(wanted)) return true;
  const dot = wanted.indexOf('.');
  return dot > 0 && !wanted.startsWith('*') && names.includes(`*${wanted.slice(dot)}`);
}
