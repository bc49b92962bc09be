/**
 * Moves 10 MiB bodies over a few keep-alive connections, one after the other on each, with large
 * reads and writes, so that it costs less than what it measures. Started by run.ts, which says what
 * to do by messages.
 */
import { connect } from 'node:net';

/**
 * What to do: to an address, in one direction, for a time. What is under way at its end is
 * finished.
 */
export interface TransferOrder {
  readonly port: number;
  readonly direction: 'download' | 'upload';
  readonly connections: number;
  readonly seconds: number;
}

/** The result. */
export interface Transferred {
  readonly transfers: number;
  readonly failed: number;
  readonly seconds: number;
}

export const bodyBytes = 10 * 1024 * 1024;

const body = Buffer.alloc(bodyBytes, 'x');
const download = Buffer.from('GET /files/10mb.bin HTTP/1.1\r\nHost: bench\r\n\r\n');
const upload = Buffer.from(
  `POST /sink HTTP/1.1\r\nHost: bench\r\nContent-Type: application/octet-stream\r\nContent-Length: ${bodyBytes}\r\n\r\n`,
);
/** All connections read into it: only the number of bytes matters, not the content. */
const readBuffer = Buffer.alloc(1024 * 1024);

/** One connection: gives how many transfers went well; throws when one did not. */
function transfer(order: TransferOrder, until: number): Promise<number> {
  return new Promise((resolve, reject) => {
    let done = 0;
    let head = '';
    let left = 0;
    const socket = connect({
      port: order.port,
      host: '127.0.0.1',
      noDelay: true,
      onread: {
        buffer: readBuffer,
        callback: (bytes) => {
          take(bytes);
          return true;
        },
      },
    });
    const begin = (): void => {
      if (performance.now() >= until) {
        socket.destroy();
        resolve(done);
        return;
      }
      head = '';
      left = -1;
      if (order.direction === 'download') socket.write(download);
      else {
        socket.cork();
        socket.write(upload);
        socket.write(body);
        socket.uncork();
      }
    };
    const take = (bytes: number): void => {
      let content = bytes;
      if (left < 0) {
        head += readBuffer.toString('latin1', 0, Math.min(bytes, 4096));
        const end = head.indexOf('\r\n\r\n');
        if (end < 0) return;
        const length = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0);
        const isGood =
          order.direction === 'download'
            ? head.startsWith('HTTP/1.1 200 ') && length === bodyBytes
            : head.startsWith('HTTP/1.1 204 ');
        if (!isGood) return void socket.destroy(new Error(head.slice(0, end)));
        left = length;
        content = bytes - end - 4;
      }
      left -= content;
      if (left < 0) return void socket.destroy(new Error('more bytes than announced'));
      if (left > 0) return;
      done++;
      begin();
    };
    socket.on('connect', begin);
    socket.on('error', reject);
    socket.on('end', () =>
      reject(new Error(`closed during a transfer, after ${done} complete ones`)),
    );
  });
}

async function carryOut(order: TransferOrder): Promise<Transferred> {
  const start = performance.now();
  const results = await Promise.allSettled(
    Array.from({ length: order.connections }, () => transfer(order, start + order.seconds * 1000)),
  );
  const failures = results.filter((result) => result.status === 'rejected');
  for (const { reason } of failures) console.error(reason);
  const transfers = results.reduce(
    (sum, result) => sum + (result.status === 'fulfilled' ? result.value : 0),
    0,
  );
  return { transfers, failed: failures.length, seconds: (performance.now() - start) / 1000 };
}

if (process.send !== undefined) {
  process.on(
    'message',
    (order: TransferOrder) => void carryOut(order).then((result) => process.send?.(result)),
  );
  process.on('disconnect', () => process.exit(0));
  process.send('ready');
}
