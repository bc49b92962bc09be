import { Socket, type SocketConstructorOpts } from 'node:net';
import { sharedReadBuffer, viewOfRead } from './shared-read-buffer.ts';

/** What a socket of node:net stands on. Node passes it from one socket to another in the same way. */
interface WithHandle {
  _handle: object | null | undefined;
}

/**
 * Lets an accepted connection read into the shared buffer: its 'data' events carry views that are valid only until the
 * listener returns (see shared-read-buffer.ts).
 *
 * A server has no option for that, a socket has (`onread` of node:net); so the connection's handle moves to a socket that
 * was made with it. Without it every read costs an allocation of 64 KiB and a pass through the stream machinery, a tenth
 * of the cost of a request (docs/adr/0008-reads-into-one-buffer.md).
 * @param accepted a socket of a server with `pauseOnConnect`, so that nothing was read from it yet
 */
export function readIntoSharedBuffer(accepted: Socket, highWaterMark: number): Socket {
  const holder = accepted as unknown as WithHandle;
  const handle = holder._handle;
  // Closed already, or a Node that keeps its handles elsewhere: then it is an ordinary stream, and its chunks are its own.
  if (handle === null || handle === undefined) return accepted;
  holder._handle = null;
  const options = {
    handle,
    allowHalfOpen: true,
    highWaterMark,
    onread: {
      buffer: sharedReadBuffer,
      callback: (length: number): boolean => {
        socket.emit('data', viewOfRead(length));
        return true;
      },
    },
  };
  const socket: Socket = new Socket(options as unknown as SocketConstructorOpts);
  return socket;
}
