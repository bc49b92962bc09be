import 'reflect-metadata';
import { randomBytes, webcrypto } from 'node:crypto';
import { BasicConstraintsExtension, X509CertificateGenerator } from '@peculiar/x509';

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const dayMs = 86_400_000;
/** Nodes recognise the certificate by its fingerprint, so nothing is gained by a short validity. */
const validDays = 3_650;

/**
 * Generates a private key (P-256) and a certificate that is signed with it. Returns both as one PEM
 * text, the key first. The certificate is valid from one day ago, because clocks differ, for ten years.
 */
export async function generateSelfSigned(commonName: string, now = Date.now()): Promise<string> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    // RFC 5280 section 4.1.2.2: a positive number; the leading 01 keeps it so.
    serialNumber: `01${randomBytes(15).toString('hex')}`,
    name: `CN=${commonName}`,
    notBefore: new Date(now - dayMs),
    notAfter: new Date(now + validDays * dayMs),
    signingAlgorithm: algorithm,
    keys,
    extensions: [new BasicConstraintsExtension(false, undefined, true)],
  });
  const key = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey));
  const lines = key.toString('base64').match(/.{1,64}/g) ?? [];
  const keyPem = `-----BEGIN PRIVATE KEY-----\n${lines.join('\n')}\n-----END PRIVATE KEY-----\n`;
  return `${keyPem}${certificate.toString('pem')}\n`;
}
