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
  /**
   * Set by the exchange before the tunnel is joined, when it may have to end the tunnel itself: the
   * frames to the client are followed then.
   */
  mayClose?: boolean;
  /**
   * Set when the tunnel is joined, if `mayClose`: sends the client a Close frame with the status
   * code 1008 (policy violation) between two frames, and ends both sides.
   */
  close?: (fault: TunnelFault) => void;
}
