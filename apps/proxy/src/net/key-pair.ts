import { createHash, createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { errorMessage } from '@sluice/errors';
import { dnsNames } from './alternative-names.ts';

/** The minimum TLS version: RFC 8996 deprecates older ones. */
export const minTlsVersion = 'TLSv1.2';

/** A certificate with its chain and its private key, both PEM, as files contain them. */
export interface CertificateFile {
  readonly cert: string;
  readonly key: string;
  /** The origin of the certificate, such as its file, for error messages. */
  readonly source?: string;
}

/** A certificate with its chain and its private key, checked for use in TLS. */
export interface KeyPair {
  /** PEM: the certificate, then its chain. */
  readonly cert: string;
  /** PEM. */
  readonly key: string;
  /** SHA-256 of both texts; equal texts have equal digests. */
  readonly digest: string;
  /** The DNS names of the certificate, in lower case. */
  readonly dnsNames: readonly string[];
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

/** Thrown for a certificate or a key that TLS cannot use. The message never contains the key. */
export class UnusableKeyPair extends Error {
  /** The property at fault. */
  readonly pointer: '/certificate' | '/key';

  constructor(pointer: '/certificate' | '/key', reason: string, options?: ErrorOptions) {
    super(reason, options);
    this.pointer = pointer;
  }
}

const certificateBlock = /-----BEGIN (?:TRUSTED )?CERTIFICATE-----/;
const eachCertificate = /-----BEGIN ((?:TRUSTED )?CERTIFICATE)-----[\s\S]*?(?:-----END \1-----|$)/g;

/**
 * Parses a certificate and its key and checks that they work together. It takes about 0.7 ms; an
 * expired certificate is not refused.
 * @throws UnusableKeyPair with the property at fault and the remedy
 */
export function readKeyPair({ cert, key }: { cert: string; key: string }): KeyPair {
  const [leaf] = readCertificates(cert, '/certificate');
  if (leaf === undefined)
    throw new UnusableKeyPair(
      '/certificate',
      'it is not a certificate in PEM: it needs a block "-----BEGIN CERTIFICATE-----"',
    );
  if (!leaf.checkPrivateKey(readKey(key)))
    throw new UnusableKeyPair(
      '/key',
      'the key does not belong to the first certificate of the chain (key values mismatch): give the key with which that certificate was requested',
    );
  try {
    createSecureContext({ cert, key, minVersion: minTlsVersion });
  } catch (cause) {
    // For example a key that is too small, or a signature with SHA-1.
    throw new UnusableKeyPair('/certificate', `TLS does not accept it: ${errorMessage(cause)}`, {
      cause,
    });
  }
  return {
    cert,
    key,
    digest: digestOf({ cert, key }),
    dnsNames: dnsNames(leaf.subjectAltName),
    notBeforeMs: leaf.validFromDate.getTime(),
    notAfterMs: leaf.validToDate.getTime(),
  };
}

/** The {@link KeyPair.digest} of a certificate and its key. */
export function digestOf({ cert, key }: { cert: string; key: string }): string {
  return createHash('sha256').update(`${cert.length} `).update(cert).update(key).digest('base64');
}

/** Whether the certificate is valid at this time, milliseconds since the epoch. */
export function isValidAt({ notBeforeMs, notAfterMs }: KeyPair, nowMs: number): boolean {
  return notBeforeMs <= nowMs && nowMs < notAfterMs;
}

/**
 * Parses all certificates of a PEM text; there may be none.
 * @throws UnusableKeyPair that says which of them cannot be read
 */
export function readCertificates(pem: string, pointer: '/certificate'): X509Certificate[] {
  if (!certificateBlock.test(pem)) return [];
  return Array.from(pem.matchAll(eachCertificate), ([block], index) => {
    try {
      return new X509Certificate(block);
    } catch (cause) {
      throw new UnusableKeyPair(
        pointer,
        `certificate ${index + 1} of the text cannot be read: ${errorMessage(cause)}`,
        { cause },
      );
    }
  });
}

function readKey(key: string): KeyObject {
  if (/-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m.test(key))
    throw new UnusableKeyPair('/key', 'it needs a passphrase: store the key without one');
  if (!/-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----/.test(key))
    throw new UnusableKeyPair(
      '/key',
      'it is not a private key in PEM: it needs a block "-----BEGIN PRIVATE KEY-----"',
    );
  try {
    return createPrivateKey(key);
  } catch (cause) {
    throw new UnusableKeyPair('/key', `the key cannot be read: ${errorMessage(cause)}`, { cause });
  }
}
