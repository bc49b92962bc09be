import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { createServer, type SecureContextOptions, type Server, type TLSSocket } from 'node:tls';
import type { ClientConnection, ConnectionOwner } from './client-connection.ts';
import { guardedBy } from '../net/guarded-events.ts';
import {
  minTlsVersion,
  ServerCertificates,
  type ServerCertificate,
} from './server-certificates.ts';
import { Timer } from '../net/timer-wheel.ts';

/**
 * Performs the TLS handshake on accepted connections. The handshake negotiates the HTTP version
 * (ALPN, RFC 7301).
 */
export class TlsAcceptor {
  private readonly server: Server;
  /** Handshakes in progress, by remote address and port. */
  private readonly pending = new Map<string, (socket: TLSSocket) => void>();
  private certificates: ServerCertificates;

  /** @throws Error when a certificate is not usable */
  constructor(
    certificates: readonly ServerCertificate[],
    handshakeTimeoutMs: number,
    ticketKeys: Buffer = randomBytes(48),
  ) {
    this.certificates = new ServerCertificates(certificates);
    this.server = createServer({
      ...this.contextOptions(),
      ticketKeys,
      ALPNProtocols: ['h2', 'http/1.1'],
      SNICallback: (name, done) => done(null, this.certificates.contextFor(name)),
      handshakeTimeout: handshakeTimeoutMs,
      allowHalfOpen: true,
    });
    this.server.on('secureConnection', (socket) => {
      guardedBy(socket, (secure: TLSSocket) => this.pending.get(peerOf(secure))?.(secure))(socket);
    });
    // A failed handshake affects only its client and does not indicate a fault of the gateway.
    this.server.on('tlsClientError', (_, socket) => socket.destroy());
  }

  /** Replaces the certificates for future handshakes. @throws Error when one is not usable */
  setCertificates(certificates: readonly ServerCertificate[]): void {
    this.certificates = new ServerCertificates(certificates);
    this.server.setSecureContext(this.contextOptions());
  }

  private contextOptions(): SecureContextOptions {
    const { cert, key } = this.certificates.first;
    return { cert, key, minVersion: minTlsVersion, sessionIdContext: SESSION_ID_CONTEXT };
  }

  /** Starts the handshake. @param agreed called when it is complete */
  accept(
    { wheel, options }: ConnectionOwner,
    raw: Socket,
    agreed: (socket: TLSSocket) => void,
  ): ClientConnection {
    const peer = peerOf(raw);
    const timer = new Timer({ expired: () => raw.destroy() });
    // A client that ends its side during the handshake has disconnected; after it, the client may
    // still want its response.
    raw.allowHalfOpen = false;
    this.pending.set(peer, (socket) => {
      this.pending.delete(peer);
      wheel.clear(timer);
      socket.allowHalfOpen = true;
      agreed(socket);
    });
    raw.on('close', () => {
      this.pending.delete(peer);
      wheel.clear(timer);
    });
    raw.on('error', () => undefined);
    this.server.emit('connection', raw);
    // Handshakes in progress may finish: the listener drains the resulting connections itself.
    return { drain: () => wheel.set(timer, options.drainIdleMs), destroyNow: () => raw.destroy() };
  }
}

/**
 * The session id context shared by all processes of a node; Node derives the default from the
 * command line.
 */
const SESSION_ID_CONTEXT = 'sluice';

function peerOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress ?? ''} ${remotePort ?? 0}`;
}
