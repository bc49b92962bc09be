import type { Duplex } from 'node:stream';

/** Why a tunnel was cut off before both sides had ended it. */
export interface TunnelFault {
  /** `error.type` of the spans. */
  readonly errorType: string;
  /** For the log. */
  readonly reason: string;
}

/** An upstream connection that has switched protocols: bytes both ways, no more messages. */
export interface Tunnel {
  readonly stream: Duplex;
  /** Bytes that arrived behind the 101 head. */
  readonly head: Buffer;
  /** How long no byte may pass in either direction before both sides are closed, milliseconds. */
  readonly idleMs: number;
}
