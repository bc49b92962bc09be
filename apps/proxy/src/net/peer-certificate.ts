import type { X509Certificate } from 'node:crypto';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { PeerCertificate } from '@sluice/policy-sdk';
import { alternativeNames } from './alternative-names.ts';

const known = new WeakMap<Socket, PeerCertificate | undefined>();

/**
 * The certificate that the client of a TLS connection has proved to hold, read on the first call.
 * Undefined without TLS, and when the client sent none. The listener closes a connection whose
 * certificate it could not verify before any request is served.
 */
export function peerCertificateOf(socket: Socket): PeerCertificate | undefined {
  if (!(socket instanceof TLSSocket)) return undefined;
  let certificate = known.get(socket);
  if (certificate === undefined && !known.has(socket)) {
    const x509 = socket.getPeerX509Certificate();
    certificate = x509 === undefined ? undefined : describe(x509);
    known.set(socket, certificate);
  }
  return certificate;
}

function describe(x509: X509Certificate): PeerCertificate {
  return Object.freeze({
    subject: distinguishedName(x509.subject),
    issuer: distinguishedName(x509.issuer),
    sans: Object.freeze(
      alternativeNames(x509.subjectAltName).map(({ type, value }) => `${type}:${value}`),
    ),
    fingerprint256: x509.fingerprint256,
    serialNumber: x509.serialNumber,
    pem: x509.toString(),
    raw: x509.raw,
  });
}

/** Node gives one part a line, the least specific first, each escaped as RFC 4514 says. */
function distinguishedName(lines: string | undefined): string {
  return (lines ?? '')
    .split('\n')
    .filter((line) => line !== '')
    .reverse()
    .join(',');
}
