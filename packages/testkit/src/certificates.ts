import 'reflect-metadata';
import { randomBytes, webcrypto } from 'node:crypto';
import {
  BasicConstraintsExtension,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';
import { isIP } from 'node:net';

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const dayMs = 86_400_000;

/** A certificate with its private key, both PEM. */
export interface TestCertificate {
  readonly cert: string;
  readonly key: string;
}

export interface TestCertificateOptions {
  /** Names and IP addresses that the certificate is valid for. */
  readonly names: readonly string[];
  /** Milliseconds since the epoch; one day ago by default. */
  readonly notBefore?: number;
  /** In one day by default. */
  readonly notAfter?: number;
}

/** A certificate authority of a test. */
export interface TestAuthority {
  /** PEM of its own certificate. */
  readonly ca: string;
  /** Issues a certificate. */
  issue(options: TestCertificateOptions): Promise<TestCertificate>;
}

/** Creates a certificate authority with a key of its own. */
export async function createTestAuthority(name = 'test authority'): Promise<TestAuthority> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const issuer = `CN=${name} ${randomBytes(4).toString('hex')}`;
  const own = await X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: issuer,
    notBefore: new Date(Date.now() - dayMs),
    notAfter: new Date(Date.now() + dayMs),
    signingAlgorithm: algorithm,
    keys,
    extensions: [new BasicConstraintsExtension(true, undefined, true)],
  });
  return {
    ca: `${own.toString('pem')}\n`,
    issue: async ({ names, notBefore = Date.now() - dayMs, notAfter = Date.now() + dayMs }) => {
      const pair = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
      const certificate = await X509CertificateGenerator.create({
        serialNumber: serialNumber(),
        subject: `CN=${names[0] ?? 'nameless'}`,
        issuer,
        notBefore: new Date(notBefore),
        notAfter: new Date(notAfter),
        signingAlgorithm: algorithm,
        publicKey: pair.publicKey,
        signingKey: keys.privateKey,
        extensions: [
          new BasicConstraintsExtension(false, undefined, true),
          new SubjectAlternativeNameExtension(
            names.map((value) => ({
              type: isIP(value) === 0 ? ('dns' as const) : ('ip' as const),
              value,
            })),
          ),
        ],
      });
      return {
        cert: `${certificate.toString('pem')}\n`,
        key: await privateKeyPem(pair.privateKey),
      };
    },
  };
}

/** The leading 01 keeps the number positive, RFC 5280 section 4.1.2.2. */
function serialNumber(): string {
  return `01${randomBytes(15).toString('hex')}`;
}

async function privateKeyPem(key: webcrypto.CryptoKey): Promise<string> {
  const bytes = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key));
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN PRIVATE KEY-----\n${lines.join('\n')}\n-----END PRIVATE KEY-----\n`;
}
