/**
 * The origin of tunnels: switches protocols, then sends every byte back as it comes. Frames are
 * opaque to a proxy, so they are not parsed. Started by run.ts with the port as its argument.
 */
import { createHash } from 'node:crypto';
import { createServer, type Socket } from 'node:net';

const [port = ''] = process.argv.slice(2);

function serve(socket: Socket): void {
  let head = '';
  socket.setNoDelay(true);
  socket.on('error', () => undefined);
  const greet = (chunk: Buffer): void => {
    head += chunk.toString('latin1');
    if (!head.includes('\r\n\r\n')) return;
    const key = /\r\nsec-websocket-key: *(\S+)/i.exec(head)?.[1];
    if (key === undefined)
      return void socket.end(
        'HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n',
      );
    // RFC 6455, section 4.2.2
    const accept = createHash('sha1')
      .update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
      .digest('base64');
    socket.off('data', greet);
    socket.on('data', (bytes: Buffer) => socket.write(bytes));
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    );
  };
  socket.on('data', greet);
}

createServer(serve).listen({ port: Number(port), host: '127.0.0.1', backlog: 4096 });
