import { BlockList, isIPv4 } from 'node:net';
import { definePolicy, deny } from '@sluice/policy-sdk';
import ipaddr from 'ipaddr.js';
import { parseAddress } from '../client-address.ts';
import { ipRestrictionSchema } from './schema.ts';

const ipv4MappedBits = 96;

export const ipRestriction = definePolicy({
  schema: ipRestrictionSchema,
  compile(config) {
    const allowed = config.allow.length === 0 ? undefined : blockList(config.allow);
    const denied = blockList(config.deny);
    const refusal = deny('address_denied', 'This address may not call here.');

    function decide(address: string, family: 'ipv4' | 'ipv6') {
      if (denied.check(address, family)) return refusal;
      return allowed === undefined || allowed.check(address, family) ? undefined : refusal;
    }

    return {
      receive({ clientAddress }) {
        if (isIPv4(clientAddress)) return decide(clientAddress, 'ipv4');
        const address = parseAddress(clientAddress);
        // An address that cannot be read is on no list: it passes only where everybody does.
        if (address === undefined) return allowed === undefined && config.deny.length === 0 ? undefined : refusal;
        return decide(address.toString(), address.kind());
      },
    };
  },
});

function blockList(blocks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const block of blocks) {
    const [text = '', bitsText] = block.split('/');
    const address = ipaddr.parse(text);
    const bits = bitsText === undefined ? (address.kind() === 'ipv6' ? 128 : 32) : Number(bitsText);
    // Clients are compared as IPv4 when they are; so must be the blocks written in the IPv6 form.
    if (address instanceof ipaddr.IPv6 && address.isIPv4MappedAddress() && bits >= ipv4MappedBits) {
      list.addSubnet(address.toIPv4Address().toString(), bits - ipv4MappedBits, 'ipv4');
    } else {
      list.addSubnet(address.toString(), bits, address.kind());
    }
  }
  return list;
}
