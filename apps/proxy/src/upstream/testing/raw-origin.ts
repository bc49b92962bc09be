import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';

/** One connection that an origin has accepted. */
export interface OriginConnection {
  readonly socket: Socket;
  /** Everything received on it, as text of one byte per character. */
  received: string;
  closed: boolean;
}

/**
 * A server that sends exactly the bytes that a test gives it, and records every byte it receives.
 * Tests only.
 */
export class RawOrigin {
  readonly connections: OriginConnection[] = [];
  private readonly server: Server;

  private constructor(behave: (connection: OriginConnection, origin: RawOrigin) => void) {
    this.server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      const connection: OriginConnection = { socket, received: '', closed: false };
      this.connections.push(connection);
      socket.on('data', (chunk: Buffer) => (connection.received += chunk.toString('latin1')));
      socket.on('end', () => socket.end());
      socket.on('error', () => undefined);
      socket.on('close', () => (connection.closed = true));
      behave(connection, this);
    });
  }

  static async start(
    behave: (connection: OriginConnection, origin: RawOrigin) => void,
  ): Promise<RawOrigin> {
    const origin = new RawOrigin(behave);
    origin.server.listen(0, '127.0.0.1');
    await once(origin.server, 'listening');
    return origin;
  }

  /** Answers each request head with the next of these texts, and all further ones with the last. */
  static answering(...responses: string[]): Promise<RawOrigin> {
    let next = 0;
    return RawOrigin.start(({ socket }) => {
      let seen = '';
      socket.on('data', (chunk: Buffer) => {
        seen += chunk.toString('latin1');
        for (let end = seen.indexOf('\r\n\r\n'); end >= 0; end = seen.indexOf('\r\n\r\n')) {
          seen = seen.slice(end + 4);
          socket.write(
            Buffer.from(responses[Math.min(next++, responses.length - 1)] ?? '', 'latin1'),
          );
        }
      });
    });
  }

  get port(): number {
    const address = this.server.address();
    return typeof address === 'object' ? (address?.port ?? 0) : 0;
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  stop(): void {
    this.server.close();
    for (const { socket } of this.connections) socket.destroy();
  }
}
