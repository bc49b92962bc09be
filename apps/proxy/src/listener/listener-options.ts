import type { RequestLimits } from '@sluice/http1';
import type { ServerCertificate } from './server-certificates.ts';

/** What the edge accepts of one listener. The defaults are the safe values: nobody needs a hardening guide. */
export interface ListenerOptions {
  /** From the first byte of a request (or the connection's start) to the end of its head. */
  readonly headerTimeoutMs: number;
  /** Between two requests of a connection. */
  readonly keepAliveIdleMs: number;
  /** Without a byte of content that somebody waits for. */
  readonly bodyIdleMs: number;
  /** Content may not come slower than this on average, once `minBodyRateAfterMs` have passed. 0 allows any rate. */
  readonly minBodyBytesPerSecond: number;
  readonly minBodyRateAfterMs: number;
  /** Without the client taking a byte of a response that waits for it. */
  readonly writeIdleMs: number;
  /** How long a closing connection is still read, so that the client gets to see the last response. */
  readonly lingerMs: number;
  readonly lingerBytes: number;
  /** Request content left over after the response is read up to this many bytes, to keep the connection. */
  readonly drainContentBytes: number;
  /** When the listener drains: how long a connection that was busy just now may still send a request. */
  readonly drainIdleMs: number;
  readonly maxConnections: number;
  /** Per IPv4 address, per /64 of IPv6. */
  readonly maxConnectionsPerAddress: number;
  /** Connections that are being told that there are too many, at the same time; further ones are closed without a word. */
  readonly maxTurnedAway: number;
  /** Largest request content, unless the exchange says otherwise. */
  readonly maxBodyBytes: number;
  /** Sizes of heads. */
  readonly limits: Partial<RequestLimits>;
  /** Lower-case names whose spellings with `_` or `.` are refused, besides the built-in ones. */
  readonly protectedNames: ReadonlySet<string>;
  /** With any, TLS is spoken, and HTTP/2 agreed on in the handshake. Without, plain HTTP/1.1, and HTTP/2 to those who begin with it. */
  readonly certificates: readonly ServerCertificate[];
  /** 48 bytes that sessions of TLS are sealed with: processes that share a port share them, so that a client can resume with any. */
  readonly ticketKeys?: Buffer | undefined;
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
  certificates: [],
});
