import { deny, type Reply } from '@sluice/policy-sdk';
import type { Exchange } from './exchange.ts';
import { ownFields } from './own-fields.ts';

/**
 * The pseudonym of every Sluice gateway in Via, RFC 9110 section 7.6.3. It does not reveal the
 * host.
 */
export const viaPseudonym = 'sluice';

/**
 * The number of Sluice gateways that a request may have passed before this one. Chains are
 * legitimate (one at the edge, one inside); this limit bounds the cost of a loop.
 */
const maxPassages = 4;

const tooManyPassages = deny(
  'loop_detected',
  'A service leads back to the gateway: look at the addresses of its targets.',
);

/** Refuses a request for an upstream that has already passed too many Sluice gateways. */
export function refuseLoop({ headers, service }: Exchange): Reply | undefined {
  if (!headers.has(ownFields.via) || service === undefined) return undefined;
  let passages = 0;
  for (const line of headers.getAll(ownFields.via)) {
    for (const entry of line.split(',')) if (receivedBy(entry) === viaPseudonym) passages++;
  }
  return passages > maxPassages ? tooManyPassages : undefined;
}

/** The received-by part of an entry: the second word of `1.1 sluice (comment)`. */
function receivedBy(entry: string): string | undefined {
  return entry
    .trim()
    .split(/[ \t]+/, 2)[1]
    ?.toLowerCase();
}
