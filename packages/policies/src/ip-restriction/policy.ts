import { definePolicy, deny } from '@sluice/policy-sdk';
import { IpNetworkList, parseIpAddress } from '@sluice/schema';
import { ipRestrictionSchema } from './schema.ts';

export const ipRestriction = definePolicy({
  schema: ipRestrictionSchema,
  compile(config) {
    const allowed = config.allow.length === 0 ? undefined : new IpNetworkList(config.allow);
    const denied = new IpNetworkList(config.deny);
    const refusal = deny('address_denied', 'This address may not call here.', [], 'denied');

    return {
      receive({ clientAddress }) {
        const address = parseIpAddress(clientAddress);
        // An address that cannot be parsed matches no list: it passes only when every address may
        // call.
        if (address === undefined)
          return allowed === undefined && denied.isEmpty ? undefined : refusal;
        if (denied.includesAddress(address)) return refusal;
        return allowed === undefined || allowed.includesAddress(address) ? undefined : refusal;
      },
    };
  },
});
