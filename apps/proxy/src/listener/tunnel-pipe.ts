import type { Duplex } from 'node:stream';
import { clientGone } from '@sluice/telemetry';
import type { Tunnel, TunnelFault } from '../exchange/tunnel.ts';
import { guardedBy } from './guarded-events.ts';
import { toKeep } from '../net/shared-read-buffer.ts';
import { Timer, type TimerWheel } from '../net/timer-wheel.ts';

/** Counts what passes, from the client's point of view. */
export interface TunnelCounts {
  bytesReceived: number;
  bytesSent: number;
}

export interface TunnelEnds {
  readonly client: Duplex;
  /** Bytes the client sent behind its request: they were held until now. */
  readonly clientHead: Buffer;
  readonly tunnel: Tunnel;
}

const clientBroke: TunnelFault = { errorType: clientGone, reason: 'the connection of the client broke' };
const upstreamBroke: TunnelFault = { errorType: 'upstream_reset', reason: 'the connection of the upstream broke' };

/**
 * Joins two connections: bytes both ways, each side read no faster than the other one takes them. When one side ends,
 * the other one is ended behind what is still on its way; when one breaks, or the times run out, both are destroyed.
 * Every byte counts as activity, those of pings as well; whose direction it is does not matter.
 * @param closingMs once one side has ended: how long the other one may take to follow
 * @param onOver called once, when both sides are closed; with the fault when no byte passed for too long, or when a side
 *   broke before the other one had ended
 */
export function joinTunnel(
  ends: TunnelEnds,
  counts: TunnelCounts,
  wheel: TimerWheel,
  closingMs: number,
  onOver: (fault: TunnelFault | undefined) => void,
): void {
  const { client, tunnel } = ends;
  const { stream: upstream, idleMs } = tunnel;
  let open = 2;
  let closing = false;
  let fault: TunnelFault | undefined;
  const timer = new Timer({
    expired: () => {
      if (!closing) fault = { errorType: 'tunnel_idle', reason: `no byte passed for ${idleMs} ms` };
      client.destroy();
      upstream.destroy();
    },
  });
  const moved = (): void => wheel.set(timer, closing ? closingMs : idleMs);
  const close = (other: Duplex): void => {
    closing = true;
    moved();
    other.end();
  };
  const pass = (from: Duplex, to: Duplex, count: (bytes: number) => void): void => {
    const passOn = (chunk: Buffer): void => {
      moved();
      count(chunk.length);
      if (!to.write(toKeep(chunk))) from.pause();
    };
    const drained = (): void => {
      moved();
      from.resume();
    };
    from.on('data', guardedBy(from, passOn));
    to.on('drain', guardedBy(to, drained));
    from.on('end', guardedBy(from, () => close(to)));
    from.on('error', () => undefined);
    from.on('close', guardedBy(from, () => gone(from, to)));
  };
  const gone = (side: Duplex, other: Duplex): void => {
    open--;
    if (open === 0) {
      wheel.clear(timer);
      onOver(fault);
    } else if (side.readableEnded) close(other);
    else {
      if (!closing) fault ??= side === client ? clientBroke : upstreamBroke;
      other.destroy();
    }
  };
  pass(client, upstream, (bytes) => (counts.bytesReceived += bytes));
  pass(upstream, client, (bytes) => (counts.bytesSent += bytes));
  moved();
  if (tunnel.head.length > 0) {
    counts.bytesSent += tunnel.head.length;
    client.write(tunnel.head);
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
