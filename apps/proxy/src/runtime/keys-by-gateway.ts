import { GatewayKeys } from '../keys/gateway-keys.ts';

/** The signing keys in service, by gateway. */
export class KeysByGateway {
  readonly #byGateway = new Map<string, GatewayKeys>();

  /** The keys of the gateway with this id; created empty on the first call. */
  of(gatewayId: string): GatewayKeys {
    let keys = this.#byGateway.get(gatewayId);
    if (keys === undefined) this.#byGateway.set(gatewayId, (keys = new GatewayKeys()));
    return keys;
  }
}
