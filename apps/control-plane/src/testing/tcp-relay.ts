import { createServer, connect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

/** A TCP relay in front of a real server that simulates outages of the server. Tests only. */
export interface TcpRelay {
  /** The server's URL with the address of the relay. */
  readonly url: string;
  /** Closes all connections and refuses new ones. */
  disconnect(): void;
  /** Forwards no more bytes and keeps the connections open, like a server that hangs. */
  hang(): void;
  /** Accepts connections and forwards bytes again. */
  restore(): void;
  close(): Promise<void>;
}

/** Starts a relay on a free port to the host and port of a URL. */
export async function startTcpRelay(serverUrl: string): Promise<TcpRelay> {
  const target = new URL(serverUrl);
  const sockets = new Set<Socket>();
  let state: 'open' | 'disconnected' | 'hanging' = 'open';
  const track = (socket: Socket, other: () => Socket): void => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => {
      sockets.delete(socket);
      other().destroy();
    });
  };
  const server = createServer((client) => {
    if (state === 'disconnected') {
      client.destroy();
      return;
    }
    const upstream = connect(Number(target.port), target.hostname);
    track(client, () => upstream);
    track(upstream, () => client);
    client.on('data', (bytes) => state === 'open' && upstream.write(bytes));
    upstream.on('data', (bytes) => state === 'open' && client.write(bytes));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = new URL(serverUrl);
  url.port = String((server.address() as AddressInfo).port);
  const closeAll = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: url.href,
    disconnect: () => {
      state = 'disconnected';
      closeAll();
    },
    hang: () => (state = 'hanging'),
    restore: () => {
      state = 'open';
    },
    close: async () => {
      closeAll();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
