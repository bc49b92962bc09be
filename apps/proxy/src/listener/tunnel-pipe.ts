import type { Duplex } from 'node:stream';
import { clientGone } from '@sluice/telemetry';
import type { Tunnel, TunnelFault } from '../exchange/tunnel.ts';
import { guardedBy } from '../net/guarded-events.ts';
import { toKeep } from '../net/shared-read-buffer.ts';
import { Timer, type TimerWheel } from '../net/timer-wheel.ts';
import { closeFrame, WebSocketFrames } from './websocket-frames.ts';

/** Counts transferred bytes from the client's point of view. */
export interface TunnelCounts {
  bytesReceived: number;
  bytesSent: number;
}

/** The credential of the caller has ended. */
const policyViolation = closeFrame(1008, 'The credential has expired or was revoked.');

export interface TunnelEnds {
  readonly client: Duplex;
  /** Bytes that the client sent after its request, held until the tunnel opens. */
  readonly clientHead: Buffer;
  readonly tunnel: Tunnel;
}

const clientBroke: TunnelFault = { errorType: clientGone, reason: 'the client connection failed' };
const upstreamBroke: TunnelFault = {
  errorType: 'upstream_reset',
  reason: 'the upstream connection failed',
};

/**
 * Copies bytes between two connections in both directions, with backpressure. When one side ends,
 * the other side is ended after all pending bytes. When one side fails or a timeout expires, both
 * are destroyed. Every byte in either direction counts as activity, including pings.
 * @param closingMs the time that the second side may take to end after the first
 * @param onOver called once when both sides are closed; with a fault when the idle timeout expired,
 *   or when a side failed before the other one had ended
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
  const frames = tunnel.mayClose === true ? new WebSocketFrames() : undefined;
  let isEnding = false;
  const sendClose = (): void => {
    counts.bytesSent += policyViolation.length;
    client.end(policyViolation);
    upstream.destroy();
  };
  const pass = (from: Duplex, to: Duplex, count: (bytes: number) => void): void => {
    const passOn = (chunk: Buffer): void => {
      if (isEnding) return from === upstream ? passRest(chunk) : undefined;
      if (from === upstream) frames?.pass(chunk);
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
    from.on(
      'end',
      guardedBy(from, () => close(to)),
    );
    from.on('error', () => undefined);
    from.on(
      'close',
      guardedBy(from, () => gone(from, to)),
    );
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
  /** Passes the rest of the frame that the client is receiving. */
  const passRest = (chunk: Buffer): void => {
    const length = frames?.passToEnd(chunk) ?? 0;
    counts.bytesSent += length;
    client.write(toKeep(chunk.subarray(0, length)));
    if (frames?.isBetween === true) sendClose();
  };
  if (frames !== undefined)
    tunnel.close = (given) => {
      if (isEnding || open < 2 || closing) return;
      fault = given;
      isEnding = true;
      closing = true;
      moved();
      if (frames.isBetween) sendClose();
      else upstream.resume();
    };
  pass(client, upstream, (bytes) => (counts.bytesReceived += bytes));
  pass(upstream, client, (bytes) => (counts.bytesSent += bytes));
  moved();
  if (tunnel.head.length > 0) {
    counts.bytesSent += tunnel.head.length;
    frames?.pass(tunnel.head);
    client.write(tunnel.head);
  }
  if (ends.clientHead.length > 0) {
    counts.bytesReceived += ends.clientHead.length;
    upstream.write(ends.clientHead);
  }
  // A side that closed earlier does not emit 'close' again.
  if (client.closed) gone(client, upstream);
  if (upstream.closed) gone(upstream, client);
  client.resume();
  upstream.resume();
}
