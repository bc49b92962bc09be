import { BlockList, isIP } from 'node:net';
import type { HeaderList } from '@sluice/http1';
import ipaddr from 'ipaddr.js';

/** The peers whose X-Forwarded-For is believed. */
export class TrustedProxies {
  readonly #blocks: BlockList | undefined;

  /** Takes CIDR blocks and addresses that were checked when they were written. */
  constructor(blocks: readonly string[]) {
    if (blocks.length === 0) return;
    this.#blocks = new BlockList();
    for (const block of blocks) {
      const [address, bits] = block.includes('/') ? ipaddr.parseCIDR(block) : [ipaddr.parse(block), undefined];
      const family = address.kind();
      this.#blocks.addSubnet(address.toString(), bits ?? (family === 'ipv6' ? 128 : 32), family);
    }
  }

  /** True when the address is one of them. */
  includes(address: string): boolean {
    if (this.#blocks === undefined) return false;
    const family = isIP(address);
    return family !== 0 && this.#blocks.check(address, family === 6 ? 'ipv6' : 'ipv4');
  }

  /**
   * The client's address: the peer, unless the peer is trusted; then the right-most entry of X-Forwarded-For that is
   * not. An entry that is no address ends the search: what stands left of it could have been written by anybody.
   */
  clientAddress(peerAddress: string, headers: HeaderList): string {
    if (!this.includes(peerAddress)) return peerAddress;
    let client = peerAddress;
    const hops = headers.getAll('x-forwarded-for').join(',').split(',');
    for (let index = hops.length - 1; index >= 0; index--) {
      const hop = withoutPort((hops[index] ?? '').trim());
      if (isIP(hop) === 0) break;
      client = hop;
      if (!this.includes(hop)) break;
    }
    return client;
  }
}

/** `1.2.3.4:5678` and `[::1]:5678` are written by some proxies; IPv4-mapped IPv6 addresses become IPv4. */
function withoutPort(text: string): string {
  const bracketed = /^\[([^\]]+)\](?::\d+)?$/.exec(text);
  const address = bracketed?.[1] ?? (/^[\d.]+:\d+$/.test(text) ? text.slice(0, text.indexOf(':')) : text);
  return address.toLowerCase().startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address;
}
