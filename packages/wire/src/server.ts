import { logVerbosity, Server, ServerCredentials, setLogVerbosity } from '@grpc/grpc-js';
import type { ServerDuplexStream } from '@grpc/grpc-js';
import type { NodeFrame } from './frames.ts';
import { channelOptions, configStreamService } from './service.ts';
import { formatStreamAddress, requireProtected } from './stream-address.ts';
import type { StreamAddress, StreamSecurity } from './stream-address.ts';

/** One node's stream as the control plane holds it: frames in, encoded frames out. */
export type NodeCall = ServerDuplexStream<NodeFrame, Buffer>;

/** The listening side of the config stream. */
export interface ConfigStreamServer {
  /** Begins to listen and gives the port; port 0 picks one. Rejects when the address is taken or not protected. */
  listen(address: StreamAddress, security: StreamSecurity): Promise<number>;
  /** Stops accepting, waits at most `graceMs` for streams to end, then cuts them. */
  close(graceMs: number): Promise<void>;
}

/** A server that hands every stream to `connect`. Streams per connection are bounded; a node needs one. */
export function createConfigStreamServer(connect: (call: NodeCall) => void): ConfigStreamServer {
  // It would write to stderr, as plain text, what the caller is told anyway.
  setLogVerbosity(logVerbosity.NONE);
  const server = new Server({ ...channelOptions, 'grpc.max_concurrent_streams': 1_000 });
  server.addService(configStreamService, { connect });
  return {
    listen(address, security) {
      return new Promise((resolve, reject) => {
        requireProtected(address, security);
        server.bindAsync(formatStreamAddress(address), ServerCredentials.createInsecure(), (error, port) => {
          if (error === null) resolve(port);
          else reject(new Error(`the config stream cannot listen on ${formatStreamAddress(address)}: ${error.message}`, { cause: error }));
        });
      });
    },
    close(graceMs) {
      return new Promise((resolve) => {
        const cut = setTimeout(() => server.forceShutdown(), graceMs);
        server.tryShutdown(() => {
          clearTimeout(cut);
          resolve();
        });
      });
    },
  };
}
