import { deny, type Reply } from '@sluice/policy-sdk';
import type { Exchange } from './exchange.ts';
import { ownFields } from './own-fields.ts';

/** How all gateways of this kind name themselves in Via, RFC 9110 section 7.6.3. It tells nothing of the machine. */
export const viaPseudonym = 'sluice';

/**
 * How many gateways of this kind a request may have passed before this one. Chains are legitimate (one at the edge, one
 * inside); a loop passes any number. What a loop costs is bounded by this.
 */
const maxPassages = 4;

const tooManyPassages = deny('loop_detected', 'A service leads back to the gateway: look at the addresses of its targets.');

/** Refuses what would be sent upstream and has already passed too many gateways of this kind. Without Via it costs nothing. */
export function refuseLoop({ headers, service }: Exchange): Reply | undefined {
  if (!headers.has(ownFields.via) || service === undefined) return undefined;
  let passages = 0;
  for (const line of headers.getAll(ownFields.via)) {
    for (const entry of line.split(',')) if (receivedBy(entry) === viaPseudonym) passages++;
  }
  return passages > maxPassages ? tooManyPassages : undefined;
}

/** The second word of an entry, `1.1 sluice (comment)`. */
function receivedBy(entry: string): string | undefined {
  return entry.trim().split(/[ \t]+/, 2)[1]?.toLowerCase();
}
