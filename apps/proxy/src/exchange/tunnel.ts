import type { Duplex } from 'node:stream';

/** Why a tunnel was aborted before both sides had ended it. */
export interface TunnelFault {
  /** `error.type` of the spans. */
  readonly errorType: string;
  /** For the log. */
  readonly reason: string;
}

/** An upstream connection that has switched protocols: raw bytes in both directions. */
export interface Tunnel {
  readonly stream: Duplex;
  /** Bytes that arrived after the 101 head. */
  readonly head: Buffer;
  /** Idle timeout for both directions together, milliseconds. */
  readonly idleMs: number;
}
