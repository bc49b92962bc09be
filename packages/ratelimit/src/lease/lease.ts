import type { LimitRequest } from '../limit-store.ts';

/** What a holder says of its lease of one limit, and what it wants. Counts are requests. */
export interface LeaseReport extends LimitRequest {
  /** Spent of the lease since the last report. */
  readonly spent: number;
  /** Given back. */
  readonly returned: number;
  /** How much more it could use; 0 asks for nothing. */
  readonly wanted: number;
}

/** What a holder may spend from now on, in addition to what it has. */
export interface LeaseGrant {
  /** Nothing, when there is too little left to be shared out. */
  readonly granted: number;
  /** What the limit holds besides all leases. */
  readonly left: number;
  /** Until when the lease is good, in wall clock milliseconds; Infinity for a bucket. */
  readonly endMs: number;
}
