/**
 * The origin of uploads: reads every byte of the content it is sent, throws it away, and answers
 * 204 when all is there. Started by run.ts with the port as its argument.
 */
import { createServer, type Socket } from 'node:net';

const [port = ''] = process.argv.slice(2);
const answer = Buffer.from('HTTP/1.1 204 No Content\r\n\r\n');

function serve(socket: Socket): void {
  let head = '';
  /** Bytes of content to come; -1 while the head is read. */
  let left = -1;
  socket.setNoDelay(true);
  socket.on('error', () => undefined);
  socket.on('data', (chunk: Buffer) => {
    let content = chunk.length;
    if (left < 0) {
      const before = head.length;
      head += chunk.toString('latin1', 0, 8192);
      const end = head.indexOf('\r\n\r\n');
      if (end < 0) return;
      left = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? Number.NaN);
      content = chunk.length - (end + 4 - before);
    }
    left -= content;
    if (left > 0) return;
    // Anything but a length in digits, or more bytes than announced, is no upload of ours.
    if (left !== 0) return void socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n');
    head = '';
    left = -1;
    socket.write(answer);
  });
}

createServer(serve).listen({ port: Number(port), host: '127.0.0.1', backlog: 4096 });
