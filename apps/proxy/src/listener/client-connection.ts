import type { ListenerEvents } from '../exchange/downstream.ts';
import type { ListenerOptions } from './listener-options.ts';
import type { TimerWheel } from '../net/timer-wheel.ts';

/** A connection of a client, whatever is spoken on it. */
export interface ClientConnection {
  /** No more requests: closes the connection when it is idle, else after what is under way. */
  drain(): void;
  /** Closes the connection whatever is under way; the exchanges on it hear of it. */
  destroyNow(): void;
}

/** What a connection needs of the listener that accepted it. */
export interface ConnectionOwner {
  readonly options: ListenerOptions;
  readonly events: ListenerEvents;
  readonly wheel: TimerWheel;
  /** True once no more requests are taken than those under way. */
  readonly draining: boolean;
}
