/**
 * Small values that all nodes share, such as nonces, sessions and revocations: in Redis when the
 * node has one, otherwise in the memory of the process. Every policy has keys and channels of its
 * own, which all its attachments share. Every operation has a time limit, and rejects when the
 * store fails; the policy then fails with it.
 */
export interface SharedStore {
  /**
   * Whether other processes and nodes see the values. False without Redis: the values are then
   * bounded in number and size, and end with the process.
   */
  readonly isShared: boolean;
  /** Returns the value; undefined when there is none or its time is over. */
  get(key: string): Promise<string | undefined>;
  /**
   * Stores a value. Resolves to whether it was stored: with `ifAbsent` only when the key had none,
   * so that of several callers exactly one gets `true`.
   */
  set(key: string, value: string, options: SharedSetOptions): Promise<boolean>;
  /** Returns the value and removes it, so that of several callers at most one gets it. */
  take(key: string): Promise<string | undefined>;
  delete(key: string): Promise<void>;
  /** Sends a message to all subscribers of the channel, on all nodes. */
  publish(channel: string, text: string): Promise<void>;
  /**
   * Calls `act` with every message of the channel that is published from now on, usually within
   * half a second, also with those of this process, in order. A short loss of the connection loses
   * no message. Call it in `compile`; the host ends it with the policy. What `act` throws is logged.
   */
  subscribe(channel: string, act: (text: string) => unknown): SharedSubscription;
}

export interface SharedSetOptions {
  /** Time to live, milliseconds, from 1 to 400 days. */
  readonly ttlMs: number;
  /** Stores the value only when the key has none. */
  readonly ifAbsent?: boolean;
}

/** A subscription to a channel. */
export interface SharedSubscription {
  /**
   * Milliseconds since all messages were last known to be read: small as long as the store answers,
   * infinite until it has answered once. A policy whose decisions depend on messages does not rely
   * on them when it is large.
   */
  readonly staleMs: number;
  /**
   * Counts the times that messages may have been lost, because the store did not answer for
   * minutes. When it changes, forget what was concluded from messages.
   */
  readonly gaps: number;
  stop(): void;
}
