import type { X509Certificate } from 'node:crypto';
import type { PeerCertificate, PeerFault, PeerVerification } from '@sluice/policy-sdk';
import type { Crl } from '@sluice/x509';
import { chainOf } from '../net/peer-certificate.ts';
import { intermediates } from './known-intermediates.ts';

/** A CA that a gateway trusts for the certificates of clients. */
export interface TrustedCa {
  readonly id: string;
  readonly certificates: readonly X509Certificate[];
  /** Each is signed by one of the certificates. */
  readonly crls: readonly Crl[];
}

interface Trusted {
  readonly ca: string;
  readonly x509: X509Certificate;
}

interface SignedCrl {
  readonly crl: Crl;
  readonly signers: readonly X509Certificate[];
}

/** More certificates between a client and its CA are not followed. */
const maxDepth = 8;

/**
 * The CAs and revocation lists that apply to the certificates of clients.
 *
 * Revocation is decided here and not by OpenSSL, which would refuse every client as soon as one of
 * the lists has expired. An expired list still applies to the certificates that it contains.
 */
export class ClientTrust {
  readonly #trusted: readonly Trusted[];
  readonly #lists: readonly SignedCrl[];
  readonly #results = new WeakMap<PeerCertificate, PeerVerification>();

  constructor(cas: readonly TrustedCa[]) {
    this.#trusted = cas.flatMap(({ id, certificates }) =>
      certificates.map((x509) => ({ ca: id, x509 })),
    );
    this.#lists = cas.flatMap(({ certificates, crls }) =>
      crls.map((crl) => ({ crl, signers: certificates.filter((x509) => crl.isSignedBy(x509)) })),
    );
  }

  /** {@inheritDoc ClientCertificates.verify} @param nowMs milliseconds since the epoch */
  verify(certificate: PeerCertificate, nowMs: number): PeerVerification {
    const known = this.#results.get(certificate);
    if (known !== undefined && (known.expiresAtMs === undefined || nowMs < known.expiresAtMs))
      return known;
    const result = this.#verify(certificate, nowMs);
    // A certificate whose time has not come is verified again.
    if (result.fault === 'not_yet_valid') this.#results.delete(certificate);
    else this.#results.set(certificate, result);
    return result;
  }

  #verify(certificate: PeerCertificate, nowMs: number): PeerVerification {
    const chain = chainOf(certificate);
    if (chain === undefined) return refusal('untrusted');
    const search = new Search(this.#trusted, this.#lists, chain.intermediates, nowMs);
    search.follow(chain.leaf, 0);
    return search.result();
  }
}

/** One search for the CAs to which a certificate leads. */
class Search {
  readonly #trusted: readonly Trusted[];
  readonly #lists: readonly SignedCrl[];
  readonly #candidates: readonly X509Certificate[];
  readonly #nowMs: number;
  readonly #seen = new Set<string>();
  readonly #cas = new Set<string>();
  #fault: PeerFault = 'untrusted';
  #expiresAtMs = Number.POSITIVE_INFINITY;

  constructor(
    trusted: readonly Trusted[],
    lists: readonly SignedCrl[],
    presented: readonly X509Certificate[],
    nowMs: number,
  ) {
    this.#trusted = trusted;
    this.#lists = lists;
    this.#candidates = [...presented, ...intermediates.all()];
    this.#nowMs = nowMs;
  }

  /** Returns whether the certificate is valid and leads to a trusted CA. */
  follow(x509: X509Certificate, depth: number): boolean {
    if (depth > maxDepth || this.#seen.has(x509.fingerprint256)) return false;
    this.#seen.add(x509.fingerprint256);
    const fault = this.#faultOf(x509);
    if (fault !== undefined) {
      this.#fault = fault;
      return false;
    }
    let isTrusted = false;
    for (const { ca, x509: issuer } of this.#trusted) {
      const isSame = issuer.fingerprint256 === x509.fingerprint256;
      if (!isSame && !isIssuedBy(x509, issuer)) continue;
      const ofIssuer = isSame ? undefined : this.#faultOf(issuer);
      if (ofIssuer !== undefined) {
        this.#fault = ofIssuer;
        continue;
      }
      this.#cas.add(ca);
      this.#bound(issuer);
      isTrusted = true;
      if (!isSame) this.follow(issuer, depth + 1);
    }
    for (const issuer of this.#candidates)
      if (issuer.ca && isIssuedBy(x509, issuer) && this.follow(issuer, depth + 1)) {
        intermediates.add(issuer);
        isTrusted = true;
      }
    if (isTrusted) this.#bound(x509);
    return isTrusted;
  }

  result(): PeerVerification {
    return this.#cas.size === 0
      ? refusal(this.#fault)
      : { cas: [...this.#cas], fault: undefined, expiresAtMs: this.#expiresAtMs };
  }

  #bound({ validToDate }: X509Certificate): void {
    this.#expiresAtMs = Math.min(this.#expiresAtMs, validToDate.getTime());
  }

  #faultOf(x509: X509Certificate): PeerFault | undefined {
    if (this.#nowMs >= x509.validToDate.getTime()) return 'expired';
    if (this.#nowMs < x509.validFromDate.getTime()) return 'not_yet_valid';
    const isRevoked = this.#lists.some(
      ({ crl, signers }) =>
        crl.lists(x509.serialNumber) && signers.some((signer) => isIssuedBy(x509, signer)),
    );
    return isRevoked ? 'revoked' : undefined;
  }
}

function refusal(fault: PeerFault): PeerVerification {
  return { cas: [], fault, expiresAtMs: undefined };
}

function isIssuedBy(subject: X509Certificate, issuer: X509Certificate): boolean {
  try {
    return subject.checkIssued(issuer) && subject.verify(issuer.publicKey);
  } catch {
    return false;
  }
}
