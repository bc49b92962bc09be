import type { UpstreamTarget } from '../exchange/upstream-call.ts';
import type { ConnectionOutcome } from './try-connection.ts';

/** A target with connections of its own, as the registry keeps it. */
export interface PooledTarget extends UpstreamTarget {
  /** Connections, tunnels aside. */
  readonly openCount: number;
  readonly idleCount: number;
  /** Calls that wait for a connection. */
  readonly waitingCount: number;
  /** Opens a connection and closes it, as the trial of an ejected target. Calls `onOutcome` once, within `connectMs`. */
  tryConnection(connectMs: number, onOutcome: (outcome: ConnectionOutcome) => void): void;
  /** Gives up one connection that nothing is on. False when there is none. */
  giveUpIdle(): boolean;
  /** Keeps no connection longer than the calls on it take. Calls that still come are served. */
  drain(): void;
  /** Ends all connections; calls under way fail. */
  close(): void;
}
