import { deny } from '@sluice/policy-sdk';
import type { Verdict } from '@sluice/policy-sdk/run';
import type { Exchange } from './exchange.ts';

/**
 * Refuses a share of the requests while the process is overloaded, before any work is done for
 * them.
 */
export function shed({ proxy: { overload } }: Exchange): Verdict {
  return overload.isShedding && overload.refuses()
    ? deny('overloaded', 'Send the request again later.', retryLater)
    : undefined;
}

const retryLater = [['Retry-After', '2']] as const;
