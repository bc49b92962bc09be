import type { RequestLimits } from '@sluice/http1';
import type { TlsPortOptions } from './tls-port-options.ts';

/** The timeouts and limits of one listener. The defaults are safe without further hardening. */
export interface ListenerOptions {
  /**
   * Time from the first byte of a request, or from the start of the connection, to the end of its
   * head.
   */
  readonly headerTimeoutMs: number;
  /** Idle time between two requests of a connection. */
  readonly keepAliveIdleMs: number;
  /** Time without a byte of request content while the gateway reads it. */
  readonly bodyIdleMs: number;
  /** Minimum average rate of request content after `minBodyRateAfterMs`. 0 allows any rate. */
  readonly minBodyBytesPerSecond: number;
  readonly minBodyRateAfterMs: number;
  /** Time without progress while a response waits for the client to read. */
  readonly writeIdleMs: number;
  /** How long a closing connection is still read, so that the client receives the last response. */
  readonly lingerMs: number;
  readonly lingerBytes: number;
  /**
   * Unread request content after the response is discarded up to this many bytes to keep the
   * connection.
   */
  readonly drainContentBytes: number;
  /** During a drain: how long a recently active connection may still send a request. */
  readonly drainIdleMs: number;
  readonly maxConnections: number;
  /** Counted per IPv4 address or IPv6 /64 network. */
  readonly maxConnectionsPerAddress: number;
  /**
   * Concurrent connections that receive a 503 because of the limits; further ones are closed
   * without a response.
   */
  readonly maxTurnedAway: number;
  /** Maximum request content, unless the exchange sets another limit. */
  readonly maxBodyBytes: number;
  /** Limits of request heads. */
  readonly limits: Partial<RequestLimits>;
  /** Lower-case names, besides the built-in ones, whose variants with `_` or `.` are refused. */
  readonly protectedNames: ReadonlySet<string>;
  /**
   * With it the listener uses TLS and ALPN. Without, it accepts plain HTTP/1.1 and HTTP/2 with prior
   * knowledge.
   */
  readonly tls?: TlsPortOptions | undefined;
}

export const defaultListenerOptions: ListenerOptions = Object.freeze({
  headerTimeoutMs: 10_000,
  keepAliveIdleMs: 65_000,
  bodyIdleMs: 30_000,
  minBodyBytesPerSecond: 500,
  minBodyRateAfterMs: 10_000,
  writeIdleMs: 60_000,
  lingerMs: 2_000,
  lingerBytes: 1_048_576,
  drainContentBytes: 65_536,
  drainIdleMs: 1_000,
  maxConnections: 10_000,
  maxConnectionsPerAddress: 256,
  maxTurnedAway: 1_000,
  maxBodyBytes: 10_485_760,
  limits: {},
  protectedNames: new Set<string>(),
});
