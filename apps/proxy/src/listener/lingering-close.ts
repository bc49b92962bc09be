import type { Socket } from 'node:net';
import type { ListenerOptions } from './listener-options.ts';
import { Timer, type TimerWheel } from '../net/timer-wheel.ts';

/**
 * Closes a connection so that the client receives the last response.
 *
 * A close while the client still sends would reset the connection, and the reset could discard the
 * response. The server therefore ends its side first and discards what arrives for `lingerMs`, up
 * to `lingerBytes` (RFC 9112 section 9.6). A client that does not read the response is disconnected
 * after `writeIdleMs`.
 * @param hasMore whether the client may still be sending, because its request is incomplete or
 *   unread
 */
export function closeLingering(
  socket: Socket,
  wheel: TimerWheel,
  options: ListenerOptions,
  hasMore: boolean,
): void {
  const timer = new Timer({ expired: () => socket.destroy() });
  wheel.set(timer, options.writeIdleMs);
  socket.on('close', () => wheel.clear(timer));
  if (!hasMore) {
    socket.destroySoon();
    return;
  }
  let discarded = 0;
  socket.on('data', (chunk: Buffer) => {
    discarded += chunk.length;
    if (discarded > options.lingerBytes) socket.destroy();
  });
  socket.end(() => wheel.set(timer, options.lingerMs));
  socket.resume();
}

/**
 * Closes the socket so that the client cannot take an incomplete response for a complete one. TLS
 * ends without close_notify.
 * @param mustReset for plain HTTP/1.0: its content ends with the connection, so an orderly close
 *   would make the response look complete (RFC 9112 section 8)
 */
export function closeIncomplete(socket: Socket, mustReset: boolean): void {
  if (mustReset) socket.resetAndDestroy();
  else socket.destroy();
}
