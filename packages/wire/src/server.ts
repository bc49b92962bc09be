import { after } from '@sluice/errors';
import { logVerbosity, Server, ServerCredentials, setLogVerbosity } from '@grpc/grpc-js';
import type { ServerDuplexStream } from '@grpc/grpc-js';
import { createServer } from 'node:net';
import type { AddressInfo, Server as NetServer, Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import type { TLSSocket, Server as TlsServer } from 'node:tls';
import type { NodeFrame } from './frames.ts';
import { channelOptions, configStreamService } from './service.ts';
import { formatStreamAddress, requireProtected } from './stream-address.ts';
import type { PlaintextSecurity, StreamAddress } from './stream-address.ts';

/**
 * One node's stream, from the side of the control plane: it receives frames and sends encoded
 * frames.
 */
export type NodeCall = ServerDuplexStream<NodeFrame, Buffer>;

/** The certificate of a control plane, and the nodes that it accepts. */
export interface ServerTls {
  readonly mode: 'tls';
  /** PEM of the certificate with its chain. */
  readonly cert: string;
  /** PEM of the private key. */
  readonly key: string;
  /** PEM of the CAs of client certificates. With it, nodes without a valid certificate are refused. */
  readonly clientCa?: string | undefined;
}

/** How a control plane protects its connections. */
export type ServerSecurity = PlaintextSecurity | ServerTls;

/** The listening side of the config stream. */
export interface ConfigStreamServer {
  /**
   * Starts to listen and returns the port; port 0 picks one. Rejects when the address is in use or
   * not protected.
   */
  listen(address: StreamAddress, security: ServerSecurity): Promise<number>;
  /**
   * Uses another certificate, and other CAs of clients, for connections from now on. Throws when the
   * certificate and the key cannot be used, and then keeps the previous ones.
   */
  renew(tls: ServerTls): void;
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
  /** Called when a TLS handshake fails: with the reason and the address of the client. */
  readonly onHandshakeFault?: (error: Error, clientAddress: string) => void;
}

/** How long a TLS handshake may take, milliseconds. */
const handshakeMs = 10_000;
const serverAdvice = 'turn TLS on (SLUICE_STREAM_TLS=1 or SLUICE_STREAM_CERT_FILE)';

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
  const inject = (socket: Socket): void => {
    injector.injectConnection(socket);
  };
  let acceptor: NetServer | undefined;
  return {
    listen(address, security) {
      return new Promise((resolve, reject) => {
        requireProtected(address, security, serverAdvice);
        const listening = createAcceptor(security, inject, options);
        listening.on('connection', (socket) => {
          sockets.add(socket);
          socket.on('close', () => sockets.delete(socket));
        });
        acceptor = listening;
        const failed = (error: Error): void => {
          reject(
            new Error(
              `the config stream cannot listen on ${formatStreamAddress(address)}: ${error.message}`,
              { cause: error },
            ),
          );
        };
        listening.once('error', failed);
        listening.listen({ host: address.host, port: address.port }, () => {
          listening.off('error', failed);
          listening.on('error', (error) => options.onAcceptFault?.(error));
          resolve((listening.address() as AddressInfo).port);
        });
      });
    },
    renew(tls) {
      if (!isTls(acceptor)) throw new Error('the config stream does not use TLS');
      acceptor.setSecureContext(contextOptions(tls));
    },
    close(graceMs) {
      return new Promise((resolve) => {
        const cut = after('lifecycle', graceMs, () => {
          server.forceShutdown();
          for (const socket of sockets) socket.destroy();
        });
        server.tryShutdown(() => undefined);
        // Once the last connection is closed; at once when it does not listen. That gRPC has shut
        // down says less: it does not wait for connections that it was given.
        const closed = (): void => {
          clearTimeout(cut);
          resolve();
        };
        if (acceptor === undefined) closed();
        else acceptor.close(closed);
      });
    },
  };
}

/** Creates the server that accepts connections, with or without TLS. */
function createAcceptor(
  security: ServerSecurity,
  accepted: (socket: Socket) => void,
  options: ConfigStreamServerOptions,
): NetServer {
  const acceptor =
    security.mode === 'tls'
      ? createTlsAcceptor(security, accepted, options)
      : createServer({ noDelay: true }, accepted);
  acceptor.maxConnections = options.maxConnections ?? 20_000;
  return acceptor;
}

function createTlsAcceptor(
  tls: ServerTls,
  accepted: (socket: Socket) => void,
  { onHandshakeFault }: ConfigStreamServerOptions,
): TlsServer {
  const isMutual = tls.clientCa !== undefined;
  const acceptor = createTlsServer(
    {
      ...contextOptions(tls),
      noDelay: true,
      ALPNProtocols: ['h2'],
      handshakeTimeout: handshakeMs,
      requestCert: isMutual,
      rejectUnauthorized: isMutual,
    },
    accepted,
  );
  acceptor.on('tlsClientError', (error: Error, socket: TLSSocket) => {
    onHandshakeFault?.(error, socket.remoteAddress ?? 'unknown');
    socket.destroy();
  });
  return acceptor;
}

function contextOptions({ cert, key, clientCa }: ServerTls) {
  const minVersion = 'TLSv1.2' as const;
  return { cert, key, minVersion, ...(clientCa === undefined ? {} : { ca: clientCa }) };
}

function isTls(acceptor: NetServer | undefined): acceptor is TlsServer {
  return acceptor !== undefined && 'setSecureContext' in acceptor;
}
