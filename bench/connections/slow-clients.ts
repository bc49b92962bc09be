/**
 * Clients that never complete the head of their request: each sends the beginning of it, and then a
 * byte a second until the server closes. Started by slow-headers.ts, which controls it with
 * messages.
 */
import { connect, type Socket } from 'node:net';
import { percentile } from '../measure/statistics.ts';

/**
 * A number of connections, opened evenly over a period. A client that is still connected at the
 * time limit counts as left.
 */
export interface SlowOrder {
  readonly port: number;
  readonly count: number;
  readonly openSeconds: number;
  readonly limitSeconds: number;
}

/** The outcome. Times are from the connection's start to its end, in milliseconds. */
export interface SlowReport {
  readonly answered408: number;
  /** Closed by the server without 408. */
  readonly closed: number;
  readonly left: number;
  readonly earliestMs: number;
  readonly medianMs: number;
  readonly latestMs: number;
}

const perAddress = 250;
const tickMs = 1;
const begin = 'GET /orders/17 HTTP/1.1\r\nHost: bench\r\nX-Slow: ';
const readBuffer = Buffer.alloc(4096);

/** One slow client; `over` gets how long it lasted, and whether it was answered with 408. */
function slowClient(
  port: number,
  index: number,
  over: (milliseconds: number, answered: boolean) => void,
): Socket {
  let text = '';
  let start = 0;
  const onread = {
    buffer: readBuffer,
    callback: (bytes: number): boolean => {
      text += readBuffer.toString('latin1', 0, bytes);
      return true;
    },
  };
  const socket = connect({
    port,
    host: '127.0.0.1',
    localAddress: `127.0.2.${1 + Math.floor(index / perAddress)}`,
    noDelay: true,
    onread,
  });
  socket.on('connect', () => {
    start = performance.now();
    socket.write(begin, 'latin1');
  });
  // A server that has sent its last byte may reset the connection on further input.
  socket.on('error', () => undefined);
  socket.on('end', () => socket.destroy());
  socket.on('close', () => over(performance.now() - start, text.startsWith('HTTP/1.1 408 ')));
  return socket;
}

async function carryOut({
  port,
  count,
  openSeconds,
  limitSeconds,
}: SlowOrder): Promise<SlowReport> {
  const sockets: Socket[] = [];
  const lasted: number[] = [];
  let answered408 = 0;
  let isOver = false;
  const over = (milliseconds: number, answered: boolean): void => {
    if (isOver) return;
    lasted.push(milliseconds);
    if (answered) answered408++;
  };
  const start = performance.now();
  let turn = 0;
  // Every tick is the turn of some of them, so that the bytes are spread over the second.
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      const seconds = (performance.now() - start) / 1000;
      const due = Math.min(count, Math.floor((count * seconds) / openSeconds));
      while (sockets.length < due) sockets.push(slowClient(port, sockets.length, over));
      turn = (turn + 1) % (1000 / tickMs);
      for (let at = turn; at < sockets.length; at += 1000 / tickMs) {
        const socket = sockets[at];
        if (socket !== undefined && !socket.connecting && !socket.destroyed && socket.writable)
          socket.write('x', 'latin1');
      }
      if (seconds < limitSeconds && lasted.length < count) return;
      clearInterval(timer);
      resolve();
    }, tickMs);
  });
  isOver = true;
  for (const socket of sockets) socket.destroy();
  return {
    answered408,
    closed: lasted.length - answered408,
    left: count - lasted.length,
    earliestMs: percentile(lasted, 0),
    medianMs: percentile(lasted, 0.5),
    latestMs: percentile(lasted, 1),
  };
}

if (process.send !== undefined) {
  process.on(
    'message',
    (order: SlowOrder) => void carryOut(order).then((report) => process.send?.(report)),
  );
  process.on('disconnect', () => process.exit(0));
  process.send('ready');
}
