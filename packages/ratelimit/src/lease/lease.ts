import type { LimitRequest } from '../limit-store.ts';

/** A holder's report on its lease of one limit, and its demand. Counts are requests. */
export interface LeaseReport extends LimitRequest {
  /** Spent of the lease since the last report. */
  readonly spent: number;
  /** Returned unused. */
  readonly returned: number;
  /** The additional demand; 0 for none. */
  readonly wanted: number;
}

/** A grant: what a holder may spend in addition to its lease. */
export interface LeaseGrant {
  /** 0 when too little is left to share. */
  readonly granted: number;
  /** What the limit has left apart from all leases. */
  readonly left: number;
  /** When the lease expires, in wall clock milliseconds; Infinity for a bucket. */
  readonly endMs: number;
}
