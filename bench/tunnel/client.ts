/**
 * WebSocket clients that play ping-pong: each sends a message, waits for it to come back, and sends
 * the next. Frames are opaque to a proxy, so they are made once and counted by their bytes. Started
 * by run.ts, which controls it with messages.
 */
import { connect, type Socket } from 'node:net';

/** Keep this many connections to a port busy for a time; 0 seconds closes all there are. */
export interface PingPongOrder {
  readonly port: number;
  readonly connections: number;
  readonly seconds: number;
}

/** Messages that went to the origin and came back, in this time. */
export interface PingPong {
  readonly messages: number;
  readonly seconds: number;
  /** Connections that did not get 101, or broke. */
  readonly failed: number;
}

/** A masked binary frame of 100 bytes: two of head, four of mask, 94 of content. */
const message = Buffer.concat([
  Buffer.from([0x82, 0x80 | 94, 0x21, 0x43, 0x65, 0x87]),
  Buffer.alloc(94, 'x'),
]);
const handshake =
  'GET /socket HTTP/1.1\r\nHost: bench\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';
const readBuffer = Buffer.alloc(65_536);

let messages = 0;
let failed = 0;
let playing = false;

/** Opens one connection; resolves once the protocol is switched. */
function open(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    let head: string | undefined = '';
    let received = 0;
    const take = (bytes: number): void => {
      if (head !== undefined) {
        head += readBuffer.toString('latin1', 0, bytes);
        if (!head.includes('\r\n\r\n')) return;
        if (!head.startsWith('HTTP/1.1 101 ')) return void socket.destroy(new Error(head));
        head = undefined;
        return resolve(socket);
      }
      received += bytes;
      if (received < message.length) return;
      received -= message.length;
      messages++;
      if (playing) socket.write(message);
    };
    const onread = {
      buffer: readBuffer,
      callback: (bytes: number): boolean => {
        take(bytes);
        return true;
      },
    };
    const socket = connect({ port, host: '127.0.0.1', noDelay: true, onread });
    socket.on('connect', () => socket.write(handshake, 'latin1'));
    socket.on('error', reject);
    socket.on('end', () => failed++);
  });
}

async function play({ port, connections, seconds }: PingPongOrder): Promise<PingPong> {
  failed = 0;
  const opened = await Promise.all(Array.from({ length: connections }, () => open(port)));
  messages = 0;
  playing = true;
  const start = performance.now();
  for (const socket of opened) socket.write(message);
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  const result = { messages, seconds: (performance.now() - start) / 1000, failed };
  playing = false;
  for (const socket of opened) socket.destroy();
  return result;
}

if (process.send !== undefined) {
  process.on('message', (order: PingPongOrder) => {
    void play(order).then(
      (result) => process.send?.(result),
      (error: unknown) => {
        console.error(error);
        process.exit(1);
      },
    );
  });
  process.on('disconnect', () => process.exit(0));
  process.send('ready');
}
