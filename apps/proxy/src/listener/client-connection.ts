import type { ListenerEvents } from '../exchange/downstream.ts';
import type { ListenerOptions } from './listener-options.ts';
import type { TimerWheel } from '../net/timer-wheel.ts';

/** A client connection of any protocol. */
export interface ClientConnection {
  /**
   * Accepts no more requests; closes the connection when it is idle, otherwise after the exchanges
   * in progress.
   */
  drain(): void;
  /** Closes the connection at once; its exchanges are aborted. */
  destroyNow(): void;
}

/** The listener, as a connection uses it. */
export interface ConnectionOwner {
  readonly options: ListenerOptions;
  readonly events: ListenerEvents;
  readonly wheel: TimerWheel;
  /** Whether the listener accepts no new requests. */
  readonly draining: boolean;
}
