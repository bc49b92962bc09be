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
  readonly pointer: string;

  constructor(pointer: string, reason: string, options?: ErrorOptions) {
    super(reason, options);
    this.pointer = pointer;
  }
}

const certificateBlock = /-----BEGIN (?:TRUSTED )?CERTIFICATE-----/;
const eachCertificate = /-----BEGIN ((?:TRUSTED )?CERTIFICATE)-----[\s\S]*?(?:-----END \1-----|$)/g;

/**
 * Parses a certificate and its key and checks that they work together. It takes about 0.3 ms; an
 * expired certificate is not refused.
 * @throws UnusableKeyPair with the property at fault and the remedy
 */
export function readKeyPair({ cert, key }: { cert: string; key: string }): KeyPair {
  const chain = readCertificates(cert, '/certificate');
  const [leaf] = chain;
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
  if (!chain.every(isCommon)) tryContext(cert, key);
  return {
    cert,
    key,
    digest: digestOf({ cert, key }),
    dnsNames: dnsNames(leaf.subjectAltName),
    notBeforeMs: leaf.validFromDate.getTime(),
    notAfterMs: leaf.validToDate.getTime(),
  };
}

const commonSignature =
  /^(?:sha(?:256|384|512)WithRSAEncryption|ecdsa-with-SHA(?:256|384|512)|ED25519)$/;

/** Whether OpenSSL certainly accepts the key and the signature of a certificate. */
function isCommon({ publicKey, signatureAlgorithm }: X509Certificate): boolean {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = publicKey;
  if (!commonSignature.test(signatureAlgorithm ?? '')) return false;
  if (type === 'rsa') return (details?.modulusLength ?? 0) >= 2_048;
  if (type === 'ec') return /^(?:prime256v1|secp384r1|secp521r1)$/.test(details?.namedCurve ?? '');
  return type === 'ed25519';
}

/**
 * Leaves the decision to OpenSSL, which refuses small keys and signatures with SHA-1. Only for
 * uncommon certificates: thousands of discarded contexts would make a garbage collection take
 * 100 ms.
 * @throws UnusableKeyPair
 */
function tryContext(cert: string, key: string): void {
  try {
    createSecureContext({ cert, key, minVersion: minTlsVersion });
  } catch (cause) {
    throw new UnusableKeyPair('/certificate', `TLS does not accept it: ${errorMessage(cause)}`, {
      cause,
    });
  }
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
export function readCertificates(pem: string, pointer: string): X509Certificate[] {
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
