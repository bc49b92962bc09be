import type { Duplex } from 'node:stream';
import { toKeep } from './shared-read-buffer.ts';
import { Timer, type TimerWheel } from './timer-wheel.ts';

/** Counts what passes, from the client's point of view. */
export interface TunnelCounts {
  bytesReceived: number;
  bytesSent: number;
}

export interface TunnelEnds {
  readonly client: Duplex;
  readonly upstream: Duplex;
  /** Bytes the client sent behind its request: they were held until now. */
  readonly clientHead: Buffer;
  /** Bytes the upstream sent behind its 101. */
  readonly upstreamHead: Buffer;
}

export interface TunnelTimes {
  /** Without a byte in either direction. */
  readonly idleMs: number;
  /** Once one side has ended: how long the other one may take to follow. */
  readonly closingMs: number;
}

/**
 * Joins two connections: bytes both ways, each side read no faster than the other one takes them. When one side ends,
 * the other one is ended behind what is still on its way; when one breaks, or the times run out, both are destroyed.
 * @param onOver called once, when both sides are closed
 */
export function joinTunnel(ends: TunnelEnds, counts: TunnelCounts, wheel: TimerWheel, times: TunnelTimes, onOver: () => void): void {
  const { client, upstream } = ends;
  let open = 2;
  let closing = false;
  const timer = new Timer({
    expired: () => {
      client.destroy();
      upstream.destroy();
    },
  });
  const moved = (): void => wheel.set(timer, closing ? times.closingMs : times.idleMs);
  const close = (other: Duplex): void => {
    closing = true;
    moved();
    other.end();
  };
  const pass = (from: Duplex, to: Duplex, count: (bytes: number) => void): void => {
    from.on('data', (chunk: Buffer) => {
      moved();
      count(chunk.length);
      if (!to.write(toKeep(chunk))) from.pause();
    });
    to.on('drain', () => {
      moved();
      from.resume();
    });
    from.on('end', () => close(to));
    from.on('error', () => undefined);
    from.on('close', () => gone(from, to));
  };
  const gone = (side: Duplex, other: Duplex): void => {
    open--;
    if (open === 0) {
      wheel.clear(timer);
      onOver();
    } else if (side.readableEnded) close(other);
    else other.destroy();
  };
  pass(client, upstream, (bytes) => (counts.bytesReceived += bytes));
  pass(upstream, client, (bytes) => (counts.bytesSent += bytes));
  moved();
  if (ends.upstreamHead.length > 0) {
    counts.bytesSent += ends.upstreamHead.length;
    client.write(ends.upstreamHead);
  }
  if (ends.clientHead.length > 0) {
    counts.bytesReceived += ends.clientHead.length;
    upstream.write(ends.clientHead);
  }
  // A side that closed before it was joined will not say so again.
  if (client.closed) gone(client, upstream);
  if (upstream.closed) gone(upstream, client);
  client.resume();
  upstream.resume();
}
