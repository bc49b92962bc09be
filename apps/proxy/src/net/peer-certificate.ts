import type { X509Certificate } from 'node:crypto';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { PeerCertificate } from '@sluice/policy-sdk';
import { alternativeNames } from './alternative-names.ts';

/** The certificates of a client: its own, and the intermediate ones that it has presented. */
export interface PeerChain {
  readonly leaf: X509Certificate;
  readonly intermediates: readonly X509Certificate[];
}

/** More certificates of a client are not used. */
const maxIntermediates = 8;
const chains = new WeakMap<PeerCertificate, PeerChain>();
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

/** The chain of a certificate that came from {@link peerCertificateOf}. */
export function chainOf(certificate: PeerCertificate): PeerChain | undefined {
  return chains.get(certificate);
}

function describe(x509: X509Certificate): PeerCertificate {
  const certificate: PeerCertificate = Object.freeze({
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
  const intermediates: X509Certificate[] = [];
  let issuer = x509.issuerCertificate;
  while (issuer !== undefined && intermediates.length < maxIntermediates) {
    intermediates.push(issuer);
    issuer = issuer.issuerCertificate;
  }
  chains.set(certificate, { leaf: x509, intermediates });
  return certificate;
}

/** Node gives one part a line, the least specific first, each escaped as RFC 4514 says. */
function distinguishedName(lines: string | undefined): string {
  return (lines ?? '')
    .split('\n')
    .filter((line) => line !== '')
    .reverse()
    .join(',');
}
