import { after } from '@sluice/errors';
import { logVerbosity, Server, ServerCredentials, setLogVerbosity } from '@grpc/grpc-js';
import type { ServerDuplexStream } from '@grpc/grpc-js';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import type { NodeFrame } from './frames.ts';
import { channelOptions, configStreamService } from './service.ts';
import { formatStreamAddress, requireProtected } from './stream-address.ts';
import type { StreamAddress, StreamSecurity } from './stream-address.ts';

/**
 * One node's stream, from the side of the control plane: it receives frames and sends encoded
 * frames.
 */
export type NodeCall = ServerDuplexStream<NodeFrame, Buffer>;

/** The listening side of the config stream. */
export interface ConfigStreamServer {
  /**
   * Starts to listen and returns the port; port 0 picks one. Rejects when the address is in use or
   * not protected.
   */
  listen(address: StreamAddress, security: StreamSecurity): Promise<number>;
  /** Stops accepting, waits at most `graceMs` for streams to end, then closes them. */
  close(graceMs: number): Promise<void>;
}

/**
 * How long a connection may be without a stream, milliseconds: a node opens its one stream at once.
 */
const idleConnectionMs = 30_000;

export interface ConfigStreamServerOptions {
  /** The largest number of connections; further ones are closed at once. Default 20,000. */
  readonly maxConnections?: number;
  /** Called when a connection cannot be accepted, for instance without a free file descriptor. */
  readonly onAcceptFault?: (error: Error) => void;
}

/**
 * Creates a server that passes every stream to `connect`. Connections, and streams per connection,
 * are bounded; a node needs one of each.
 */
export function createConfigStreamServer(
  connect: (call: NodeCall) => void,
  options: ConfigStreamServerOptions = {},
): ConfigStreamServer {
  // gRPC would write the error to stderr as plain text; the caller receives it anyway.
  setLogVerbosity(logVerbosity.NONE);
  const server = new Server({
    ...channelOptions,
    'grpc.max_concurrent_streams': 1_000,
    'grpc.max_connection_idle_ms': idleConnectionMs,
  });
  server.addService(configStreamService, { connect });
  // When gRPC listens on a port itself, it does not limit the number of connections.
  const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
  const sockets = new Set<Socket>();
  const acceptor = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    injector.injectConnection(socket);
  });
  acceptor.maxConnections = options.maxConnections ?? 20_000;
  return {
    listen(address, security) {
      return new Promise((resolve, reject) => {
        requireProtected(address, security);
        const failed = (error: Error): void => {
          reject(
            new Error(
              `the config stream cannot listen on ${formatStreamAddress(address)}: ${error.message}`,
              { cause: error },
            ),
          );
        };
        acceptor.once('error', failed);
        acceptor.listen({ host: address.host, port: address.port }, () => {
          acceptor.off('error', failed);
          acceptor.on('error', (error) => options.onAcceptFault?.(error));
          resolve((acceptor.address() as AddressInfo).port);
        });
      });
    },
    close(graceMs) {
      return new Promise((resolve) => {
        const cut = after('lifecycle', graceMs, () => {
          server.forceShutdown();
          for (const socket of sockets) socket.destroy();
        });
        server.tryShutdown(() => undefined);
        // Resolves after the last connection is closed, at once when it does not listen. The
        // shutdown of gRPC itself does not wait for connections that were passed to it.
        acceptor.close(() => {
          clearTimeout(cut);
          resolve();
        });
      });
    },
  };
}
