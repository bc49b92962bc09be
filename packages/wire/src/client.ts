import { Client, credentials } from '@grpc/grpc-js';
import type { ClientDuplexStream } from '@grpc/grpc-js';
import { isIP } from 'node:net';
import { bearerMetadata } from './bearer.ts';
import type { ControlFrame, NodeFrame } from './frames.ts';
import { VerifyingCredentials } from './client-tls.ts';
import type { ClientTls } from './client-tls.ts';
import { channelOptions, clientMethod } from './service.ts';
import { formatStreamAddress, requireProtected } from './stream-address.ts';
import type { PlaintextSecurity, StreamAddress } from './stream-address.ts';

/** The config stream, from the side of a node. */
export type ControlCall = ClientDuplexStream<NodeFrame, ControlFrame>;

/** How a node protects its connection. */
export type ClientSecurity = PlaintextSecurity | ClientTls;

export interface ConfigStreamClientOptions {
  readonly address: StreamAddress;
  readonly security: ClientSecurity;
  readonly token: string;
  /**
   * The IP address to connect to, one of those of the name in `address`. Without it, gRPC resolves
   * the name on the thread pool.
   */
  readonly ip?: string;
}

const clientAdvice =
  'turn TLS on (SLUICE_STREAM_CA_FILE, SLUICE_STREAM_FINGERPRINT or SLUICE_STREAM_TLS=1)';

/** One connection to one control plane. */
export interface ConfigStreamClient {
  /**
   * Opens the stream. Faults, including refused connections, are reported by its 'error' event; the
   * caller decides how long to wait for the first frame.
   */
  connect(): ControlCall;
  /** Closes the connection and its streams. */
  close(): void;
}

/**
 * Creates a client, which connects when a stream is opened. Throws when the address is not
 * protected.
 */
export function createConfigStreamClient({
  address,
  security,
  token,
  ip,
}: ConfigStreamClientOptions): ConfigStreamClient {
  requireProtected(address, security, clientAdvice);
  const target =
    ip === undefined
      ? formatStreamAddress(address)
      : `ipv${isIP(ip)}:${formatStreamAddress({ host: ip, port: address.port })}`;
  const channelCredentials =
    security.mode === 'tls'
      ? new VerifyingCredentials(address.host, security)
      : credentials.createInsecure();
  const client = new Client(target, channelCredentials, {
    ...channelOptions,
    'grpc.default_authority': formatStreamAddress(address),
    // The caller reconnects, with jitter and over several addresses, so every attempt uses a new
    // client.
    'grpc.use_local_subchannel_pool': 1,
    'grpc.enable_retries': 0,
    'grpc.enable_http_proxy': 0,
    'grpc.service_config_disable_resolution': 1,
  });
  return {
    connect: () =>
      client.makeBidiStreamRequest(
        clientMethod.path,
        clientMethod.serialize,
        clientMethod.deserialize,
        bearerMetadata(token),
      ),
    close: () => client.close(),
  };
}
