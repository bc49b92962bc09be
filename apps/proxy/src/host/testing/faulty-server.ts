import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';

/** What one in five requests to `/mix` meets, in turn; the others are answered well. */
const faults = [
  '/hang',
  '/trickle',
  '/redirect',
  '/huge',
  '/huge-head',
  '/half',
  '/half-head',
  '/close',
  '/not-http',
  '/status/500',
  '/status/403',
];

/** Part of the path of a question to a policy server; what follows does not choose the answer. */
const opaPath = /\/v1\/data\/.*$/;

/** A raw HTTP/1.1 server that answers by the path of the request, well or badly. Tests only. */
export class FaultyServer {
  /** Heads of the first thousand requests, oldest first. */
  readonly heads: string[] = [];
  /** Contents of the same requests. */
  readonly bodies: string[] = [];
  /** Contents of answers with status 200, by path. */
  readonly contents = new Map<string, string>();
  /** Requests so far. */
  requests = 0;
  readonly sockets = new Set<Socket>();
  /** Connections accepted so far. */
  accepted = 0;
  readonly #server: Server;
  #mixed = 0;

  private constructor() {
    this.#server = createServer((socket) => this.#serve(socket));
  }

  static async start(host = '127.0.0.1'): Promise<FaultyServer> {
    const server = new FaultyServer();
    server.#server.listen(0, host);
    await once(server.#server, 'listening');
    return server;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  url(path: string): string {
    return `http://127.0.0.1:${this.port}${path}`;
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #serve(socket: Socket): void {
    this.accepted++;
    this.sockets.add(socket);
    socket.on('close', () => this.sockets.delete(socket));
    socket.on('error', () => undefined);
    let text = '';
    socket.on('data', (bytes) => {
      text += bytes.toString('latin1');
      for (;;) {
        const end = text.indexOf('\r\n\r\n');
        if (end < 0) return;
        const head = text.slice(0, end);
        const length = Number(/^content-length: (\d+)$/im.exec(head)?.[1] ?? 0);
        if (text.length < end + 4 + length) return;
        const body = text.slice(end + 4, end + 4 + length);
        text = text.slice(end + 4 + length);
        this.requests++;
        if (this.heads.push(head) > 1_000) this.heads.length = 1_000;
        if (this.bodies.push(body) > 1_000) this.bodies.length = 1_000;
        this.#answer(socket, (head.split(' ')[1] ?? '').replace(opaPath, ''), body);
      }
    });
  }

  #answer(socket: Socket, path: string, body: string): void {
    switch (path) {
      case '/mix': {
        const fault = this.requests % 5 === 0 ? faults[this.#mixed++ % faults.length] : '/ok';
        this.#answer(socket, fault ?? '/ok', body);
        return;
      }
      case '/challenge':
        socket.write(
          'HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Bearer realm="a"\r\nWWW-Authenticate: Basic realm="b"\r\nContent-Length: 0\r\n\r\n',
        );
        return;
      case '/two-consumers':
        socket.write('HTTP/1.1 200 OK\r\nX-Who: a\r\nX-Who: b\r\nContent-Length: 0\r\n\r\n');
        return;
      case '/hang':
        return;
      case '/html':
        this.#send(socket, 'text/html', '<html>s3cret</html>');
        return;
      case '/status/304':
        socket.write('HTTP/1.1 304 Not Modified\r\nETag: "a"\r\n\r\n');
        return;
      case '/redirect':
        socket.write('HTTP/1.1 302 Found\r\nLocation: /ok\r\nContent-Length: 5\r\n\r\nmoved');
        return;
      case '/huge':
        socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
        this.#flood(socket);
        return;
      case '/huge-head':
        socket.write(`HTTP/1.1 200 OK\r\nX-Long: ${'x'.repeat(100_000)}\r\n\r\n`);
        return;
      case '/half':
        socket.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf');
        return;
      case '/half-head':
        socket.end('HTTP/1.1 200 OK\r\nContent-Le');
        return;
      case '/close':
        socket.destroy();
        return;
      case '/not-http':
        socket.write('SSH-2.0-OpenSSH_9.6\r\n\r\n');
        return;
      case '/trickle':
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n');
        this.#trickle(socket);
        return;
      case '/latin1':
        socket.write(
          Buffer.from(
            'HTTP/1.1 200 OK\r\nX-Name: caf\u00e9\r\nContent-Length: 0\r\n\r\n',
            'latin1',
          ),
        );
        return;
      default: {
        const content = this.contents.get(path);
        if (content !== undefined) {
          this.#send(socket, 'application/json', content);
          return;
        }
        const who = /^\/consumer\/(\w+)$/.exec(path)?.[1];
        if (who !== undefined) {
          socket.write(`HTTP/1.1 200 OK\r\nX-Who: ${who}\r\nContent-Length: 0\r\n\r\n`);
          return;
        }
        const status = /^\/status\/(\d+)$/.exec(path)?.[1] ?? '200';
        socket.write(
          `HTTP/1.1 ${status} Status\r\nContent-Length: ${body.length + 2}\r\n\r\nok${body}`,
        );
      }
    }
  }

  #send(socket: Socket, type: string, content: string): void {
    const length = Buffer.byteLength(content);
    socket.write(
      `HTTP/1.1 200 OK\r\nContent-Type: ${type}\r\nContent-Length: ${length}\r\n\r\n${content}`,
    );
  }

  #flood(socket: Socket): void {
    const chunk = `10000\r\n${'x'.repeat(65_536)}\r\n`;
    const more = (): void => {
      while (!socket.destroyed && socket.write(chunk));
      if (!socket.destroyed) socket.once('drain', more);
    };
    more();
  }

  #trickle(socket: Socket): void {
    const timer = setInterval(() => socket.write('x'), 20);
    socket.on('close', () => clearInterval(timer));
  }
}
