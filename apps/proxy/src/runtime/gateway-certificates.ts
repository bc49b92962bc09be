import { CertificateIndex } from '../listener/certificate-index.ts';

/**
 * The certificates in service by the gateway that presents them. A node has the certificates of its
 * gateway, and those of other gateways that its services refer to, which clients never get.
 */
export class GatewayCertificates {
  readonly #byGateway = new Map<string, CertificateIndex>();

  /** The certificates of the gateway with this id; created empty on the first call. */
  of(gatewayId: string): CertificateIndex {
    let index = this.#byGateway.get(gatewayId);
    if (index === undefined) this.#byGateway.set(gatewayId, (index = new CertificateIndex()));
    return index;
  }
}
