import { AddressCounter } from './address-counter.ts';

/**
 * The log reports that the limit no longer applies once the count is below this fraction of it. One
 * client that reconnects at the limit therefore produces one log line instead of many.
 */
const BELOW_LIMIT_FRACTION = 0.9;
/** Accept errors are logged again only after this time without one. */
const ACCEPT_ERROR_QUIET_MS = 60_000;

/** Receives the events that an operator should know about. Each is reported once when it begins. */
export interface ConnectionLimitsLog {
  /** The total limit was reached (true), or the count fell clearly below it (false). */
  limitReached(isReached: boolean, max: number): void;
  /**
   * The system could not accept a connection.
   * @param code the system's error code, such as EMFILE
   */
  notAccepted(code: string): void;
}

const noLog: ConnectionLimitsLog = { limitReached: () => undefined, notAccepted: () => undefined };

/**
 * Limits the number of client connections, in total and per client address. Listeners that share
 * one instance count their connections together.
 */
export class ConnectionLimits {
  private readonly max: number;
  private readonly perAddress: AddressCounter;
  private readonly log: ConnectionLimitsLog;
  private count = 0;
  private isLimitReached = false;
  private quietUntilMs = 0;

  constructor(max: number, maxPerAddress: number, log: ConnectionLimitsLog = noLog) {
    this.max = max;
    this.perAddress = new AddressCounter(maxPerAddress);
    this.log = log;
  }

  /**
   * Counts one connection from the key (see `addressKey`).
   * @returns undefined when the connection is within the limits, otherwise the limit that is
   *   reached
   */
  acquire(key: string): 'total' | 'address' | undefined {
    if (this.count >= this.max) {
      this.setLimitReached(true);
      return 'total';
    }
    if (!this.perAddress.acquire(key)) return 'address';
    this.count++;
    return undefined;
  }

  /** Ends the count of one connection that `acquire` counted. */
  release(key: string): void {
    this.perAddress.release(key);
    this.count--;
    if (this.isLimitReached && this.count < this.max * BELOW_LIMIT_FRACTION)
      this.setLimitReached(false);
  }

  /** Logs that the system could not accept a connection. @param code such as EMFILE */
  notAccepted(code: string, nowMs: number): void {
    if (nowMs >= this.quietUntilMs) this.log.notAccepted(code);
    this.quietUntilMs = nowMs + ACCEPT_ERROR_QUIET_MS;
  }

  private setLimitReached(isReached: boolean): void {
    if (isReached === this.isLimitReached) return;
    this.isLimitReached = isReached;
    this.log.limitReached(isReached, this.max);
  }
}
