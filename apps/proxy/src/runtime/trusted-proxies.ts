import { listItems, type HeaderList } from '@sluice/http1';
import { formatIpAddress, IpNetworkList, parseIpAddress } from '@sluice/schema';

/** The peers whose X-Forwarded-For is believed. */
export class TrustedProxies {
  readonly #networks: IpNetworkList;

  /** Takes CIDR blocks and addresses that were checked when they were written. */
  constructor(networks: readonly string[]) {
    this.#networks = new IpNetworkList(networks);
  }

  /** True when the address is one of them. */
  includes(address: string): boolean {
    return this.#networks.includes(address);
  }

  /**
   * The client's address: the peer, unless the peer is trusted; then the right-most entry of X-Forwarded-For that is
   * not. An entry that is no address ends the search: what stands left of it could have been written by the client. Empty
   * entries are ignored, IPv4 addresses in IPv6 form become IPv4, and zones are left away.
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

/** `1.2.3.4:5678` and `[::1]:5678` are written by some proxies. */
function withoutPort(text: string): string {
  return (bracketed.exec(text) ?? ipv4WithPort.exec(text))?.[1] ?? text;
}
