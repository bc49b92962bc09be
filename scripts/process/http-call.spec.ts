import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { freePort } from './ports.ts';
import { httpGet } from './http-call.ts';

const sockets = new Set<Socket>();
let server: Server | undefined;

/** Starts a server that treats each connection, once its request has arrived, as the test says. */
async function serve(answer: (socket: Socket, head: string) => void): Promise<string> {
  server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    socket.once('data', (head: Buffer) => answer(socket, head.toString('latin1')));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/readyz`;
}

afterEach(() => {
  for (const socket of sockets) socket.destroy();
  server?.close();
  server = undefined;
});

const ok = (body: string): string =>
  `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

describe('httpGet', () => {
  it('gives status and content, and closes its connection', async () => {
    const url = await serve((socket) => socket.write(ok('ready')));
    expect(await httpGet(url)).toEqual({ status: 200, body: 'ready' });
    for (const socket of sockets) await once(socket, 'close');
    expect(sockets.size).toBe(0);
  });

  it('gives an error status like any other', async () => {
    const url = await serve((socket) =>
      socket.write('HTTP/1.1 503 Service Unavailable\r\nContent-Length: 2\r\n\r\nno'),
    );
    expect(await httpGet(url)).toEqual({ status: 503, body: 'no' });
  });

  it('does not follow a redirect', async () => {
    let requests = 0;
    const url = await serve((socket, head) => {
      requests += 1;
      const port = /^host: .*:(\d+)/im.exec(head)?.[1] ?? '';
      socket.write(
        `HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:${port}/elsewhere\r\nContent-Length: 0\r\n\r\n`,
      );
    });
    expect((await httpGet(url)).status).toBe(302);
    expect(requests).toBe(1);
  });

  const drip = (socket: Socket): void => {
    const timer = setInterval(() => socket.write('x'), 20);
    socket.on('close', () => clearInterval(timer));
  };
  it.each<[string, (socket: Socket) => void]>([
    ['nothing', () => undefined],
    ['half a head', (socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Le')],
    ['a head alone', (socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n')],
    [
      'content without end, byte by byte',
      (socket) => {
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n');
        drip(socket);
      },
    ],
    [
      'interim responses without end',
      (socket) => {
        const timer = setInterval(() => socket.write('HTTP/1.1 102 Processing\r\n\r\n'), 20);
        socket.on('close', () => clearInterval(timer));
      },
    ],
  ])('rejects in time when the server sends %s', async (_, answer) => {
    const url = await serve(answer);
    await expect(httpGet(url, { timeoutMs: 300 })).rejects.toThrow(/timeout|aborted/i);
    for (const socket of sockets) if (!socket.destroyed) await once(socket, 'close');
  });

  it.each<[string, string]>([
    ['announced', 'HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n'],
    ['until the connection ends', 'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n'],
  ])('rejects content that is too large, its length %s', async (_, head) => {
    const url = await serve((socket) => {
      socket.write(head);
      socket.write('x'.repeat(100_000));
    });
    await expect(httpGet(url)).rejects.toThrow(/size/i);
  });

  it('rejects a head that is too large', async () => {
    const url = await serve((socket) =>
      socket.write(`HTTP/1.1 200 OK\r\nX-Large: ${'x'.repeat(100_000)}\r\n\r\n`),
    );
    await expect(httpGet(url)).rejects.toThrow(/header/i);
  });

  it('rejects what is not HTTP, and a connection that ends early', async () => {
    await expect(httpGet(await serve((socket) => socket.write('SSH-2.0-x\r\n')))).rejects.toThrow();
    server?.close();
    await expect(httpGet(await serve((socket) => socket.end('HTTP/1.1 200')))).rejects.toThrow();
  });

  it('rejects when no server listens', async () => {
    await expect(httpGet(`http://127.0.0.1:${await freePort()}/`)).rejects.toThrow(/ECONNREFUSED/);
  });
});
