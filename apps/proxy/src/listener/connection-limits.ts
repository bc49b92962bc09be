import { AddressCounter } from './address-counter.ts';

/** Below this part of the limit there is room again: one client that comes and goes at the limit is one event, not many. */
const ROOM_AGAIN = 0.9;
/** How long it is quiet before another lack of file descriptors is told again. */
const QUIET_MS = 60_000;

/** Hears of what an operator should know, once each time that it begins. */
export interface PlacesLog {
  /** The limit in total is reached (true), or there is room again (false). */
  full(isFull: boolean, max: number): void;
  /** A connection could not be accepted. @param code of the system, such as EMFILE */
  notAccepted(code: string): void;
}

const noLog: PlacesLog = { full: () => undefined, notAccepted: () => undefined };

/** How many connections there may be, in total and per client address. Listeners that share them count together. */
export class ConnectionLimits {
  private readonly max: number;
  private readonly perAddress: AddressCounter;
  private readonly log: PlacesLog;
  private taken = 0;
  private isFull = false;
  private quietUntilMs = 0;

  constructor(max: number, maxPerAddress: number, log: PlacesLog = noLog) {
    this.max = max;
    this.perAddress = new AddressCounter(maxPerAddress);
    this.log = log;
  }

  /**
   * Takes one place for the key, see `addressKey`.
   * @returns undefined when there is one, otherwise the limit that is reached
   */
  enter(key: string): 'total' | 'address' | undefined {
    if (this.taken >= this.max) {
      this.setFull(true);
      return 'total';
    }
    if (!this.perAddress.enter(key)) return 'address';
    this.taken++;
    return undefined;
  }

  /** Gives a place back that `enter` gave. */
  leave(key: string): void {
    this.perAddress.leave(key);
    this.taken--;
    if (this.isFull && this.taken < this.max * ROOM_AGAIN) this.setFull(false);
  }

  /** The system could not accept a connection. @param code such as EMFILE */
  notAccepted(code: string, nowMs: number): void {
    if (nowMs >= this.quietUntilMs) this.log.notAccepted(code);
    this.quietUntilMs = nowMs + QUIET_MS;
  }

  private setFull(isFull: boolean): void {
    if (isFull === this.isFull) return;
    this.isFull = isFull;
    this.log.full(isFull, this.max);
  }
}
