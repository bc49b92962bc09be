import 'reflect-metadata';
import { randomBytes, webcrypto } from 'node:crypto';
import {
  BasicConstraintsExtension,
  ExtendedKeyUsageExtension,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';

const dayMs = 86_400_000;

/** A certificate with what is needed to issue others with it. */
export interface IssuedCertificate {
  readonly pem: string;
  /** PKCS #8, PEM. */
  readonly key: string;
  readonly subject: string;
  readonly keys: webcrypto.CryptoKeyPair;
}

export interface IssueOptions {
  readonly issuer?: IssuedCertificate;
  readonly isCa?: boolean;
  readonly names?: readonly string[];
  readonly usages?: readonly string[];
  readonly notBeforeMs?: number;
  readonly notAfterMs?: number;
  /** Bits of an RSA key; without it an EC key on the curve. */
  readonly rsaBits?: number;
  readonly curve?: string;
}

/** Issues a certificate, self-signed without an issuer. */
export async function issue(name: string, options: IssueOptions = {}): Promise<IssuedCertificate> {
  const { issuer, isCa = false, names = [], usages, rsaBits, curve = 'P-256' } = options;
  const algorithm =
    rsaBits === undefined
      ? { name: 'ECDSA', namedCurve: curve, hash: 'SHA-256' }
      : {
          name: 'RSASSA-PKCS1-v1_5',
          modulusLength: rsaBits,
          publicExponent: new Uint8Array([1, 0, 1]),
          hash: 'SHA-256',
        };
  const keys = (await webcrypto.subtle.generateKey(algorithm, true, [
    'sign',
    'verify',
  ])) as webcrypto.CryptoKeyPair;
  const subject = `CN=${name}`;
  const certificate = await X509CertificateGenerator.create({
    serialNumber: `01${randomBytes(8).toString('hex')}`,
    subject,
    issuer: issuer?.subject ?? subject,
    notBefore: new Date(options.notBeforeMs ?? Date.now() - dayMs),
    notAfter: new Date(options.notAfterMs ?? Date.now() + 90 * dayMs),
    signingAlgorithm: {
      name: 'ECDSA',
      hash: 'SHA-256',
      ...(issuer === undefined ? algorithm : {}),
    },
    publicKey: keys.publicKey,
    signingKey: (issuer?.keys ?? keys).privateKey,
    extensions: [
      new BasicConstraintsExtension(isCa, undefined, true),
      ...(names.length === 0
        ? []
        : [
            new SubjectAlternativeNameExtension(
              names.map((value) => ({ type: 'dns' as const, value })),
            ),
          ]),
      ...(usages === undefined ? [] : [new ExtendedKeyUsageExtension([...usages])]),
    ],
  });
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey));
  const lines = pkcs8.toString('base64').match(/.{1,64}/g) ?? [];
  return {
    pem: `${certificate.toString('pem')}\n`,
    key: `-----BEGIN PRIVATE KEY-----\n${lines.join('\n')}\n-----END PRIVATE KEY-----\n`,
    subject,
    keys,
  };
}
