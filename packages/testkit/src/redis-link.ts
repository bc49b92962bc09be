import { createServer, connect, type AddressInfo, type Socket } from 'node:net';
import { testRedisUrl } from './database.ts';

/** A TCP link to the real Redis that a test can silence or cut. */
export class RedisLink {
  private readonly sockets = new Set<Socket>();
  private readonly server = createServer((near) => {
    const { hostname, port } = new URL(testRedisUrl());
    const far = connect(Number(port), hostname);
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.sockets.add(socket);
      socket.on('data', (bytes) => {
        if (this.silent) return;
        if (this.delayMs > 0 && socket === far)
          setTimeout(() => other.writable && other.write(bytes), this.delayMs);
        else other.write(bytes);
      });
      socket.on('error', () => other.destroy());
      socket.on('close', () => other.destroy() && this.sockets.delete(socket));
    }
  });
  silent = false;
  /** Delay of answers, in milliseconds. */
  delayMs = 0;

  async open(port = 0): Promise<void> {
    await new Promise<void>((resolve) => this.server.listen(port, '127.0.0.1', resolve));
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get url(): string {
    const url = new URL(testRedisUrl());
    url.hostname = '127.0.0.1';
    url.port = String(this.port);
    return url.href;
  }

  cut(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.cut();
    await closed;
  }
}
