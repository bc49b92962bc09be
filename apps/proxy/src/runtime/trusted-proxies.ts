import { listItems, type HeaderList } from '@sluice/http1';
import { formatIpAddress, IpNetworkList, parseIpAddress } from '@sluice/schema';

/** The peers whose X-Forwarded-For is used. */
export class TrustedProxies {
  readonly #networks: IpNetworkList;

  /** @param networks valid CIDR blocks and addresses */
  constructor(networks: readonly string[]) {
    this.#networks = new IpNetworkList(networks);
  }

  /** True when the address is one of them. */
  includes(address: string): boolean {
    return this.#networks.includes(address);
  }

  /**
   * Returns the client's address: the peer, or when the peer is trusted, the right-most untrusted
   * entry of X-Forwarded-For. An entry that is not an address ends the search, because the client
   * could have written the entries left of it. Empty entries are ignored, IPv4-mapped IPv6
   * addresses become IPv4, and zones are removed.
   */
  clientAddress(peerAddress: string, headers: HeaderList): string {
    if (!this.includes(peerAddress)) return peerAddress;
    let client = peerAddress;
    const hops = listItems(headers.getAll('x-forwarded-for'));
    for (let index = hops.length - 1; index >= 0; index--) {
      const hop = parseIpAddress(withoutPort(hops[index] as string));
      if (hop === undefined) break;
      client = formatIpAddress(hop);
      if (!this.#networks.includesAddress(hop)) break;
    }
    return client;
  }
}

const bracketed = /^\[([^\]]+)\](?::\d+)?$/;
const ipv4WithPort = /^([\d.]+):\d+$/;

/** Removes the port: some proxies write `1.2.3.4:5678` and `[::1]:5678`. */
function withoutPort(text: string): string {
  return (bracketed.exec(text) ?? ipv4WithPort.exec(text))?.[1] ?? text;
}
