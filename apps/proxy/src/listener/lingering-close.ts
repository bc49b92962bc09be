import type { Socket } from 'node:net';
import type { ListenerOptions } from './listener-options.ts';
import { Timer, type TimerWheel } from '../net/timer-wheel.ts';

/**
 * Closes a connection so that the client gets to see what was written last.
 *
 * Closing while the client still sends would reset the connection, and a reset takes the response back: so our side is
 * ended first, and what arrives is thrown away for `lingerMs` or until `lingerBytes` have come (RFC 9112 section 9.6).
 * A client that does not even take the response is cut off after `writeIdleMs`.
 * @param hasMore whether the client may be sending: its request is not complete, or was not read
 */
export function closeLingering(socket: Socket, wheel: TimerWheel, options: ListenerOptions, hasMore: boolean): void {
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
