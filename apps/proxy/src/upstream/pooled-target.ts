import type { UpstreamTarget } from '../exchange/upstream-call.ts';
import type { ConnectionOutcome } from './try-connection.ts';

/** A target and its connections, as the registry uses it. */
export interface PooledTarget extends UpstreamTarget {
  /** Open connections, not including tunnels. */
  readonly openCount: number;
  readonly idleCount: number;
  /** Calls that wait for a connection. */
  readonly waitingCount: number;
  /**
   * Opens and closes a connection as the trial of an ejected target. Calls `onOutcome` once, within
   * `connectMs`.
   */
  tryConnection(connectMs: number, onOutcome: (outcome: ConnectionOutcome) => void): void;
  /** Closes one idle connection. Returns false when there is none. */
  closeIdle(): boolean;
  /** Closes each connection after the calls on it. New calls are still served. */
  drain(): void;
  /** Closes all connections; calls in progress fail. */
  close(): void;
}
