import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { createServer, type SecureContextOptions, type Server, type TLSSocket } from 'node:tls';
import type { ClientConnection, ConnectionOwner } from './client-connection.ts';
import { guardedBy } from './guarded-events.ts';
import { minTlsVersion, ServerCertificates, type ServerCertificate } from './server-certificates.ts';
import { Timer } from '../net/timer-wheel.ts';

/**
 * Shakes hands with connections that were accepted elsewhere. What is spoken on them is agreed on in the handshake
 * (ALPN, RFC 7301).
 */
export class TlsAcceptor {
  private readonly server: Server;
  /** Handshakes under way, by who is at the other end. */
  private readonly pending = new Map<string, (socket: TLSSocket) => void>();
  private certificates: ServerCertificates;

  /** @throws Error when a certificate is not usable */
  constructor(certificates: readonly ServerCertificate[], handshakeTimeoutMs: number, ticketKeys: Buffer = randomBytes(48)) {
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
    // A failed handshake concerns only the one who failed it, and says nothing about us.
    this.server.on('tlsClientError', (_, socket) => socket.destroy());
  }

  /** Uses other certificates from the next handshake on. @throws Error when one is not usable */
  setCertificates(certificates: readonly ServerCertificate[]): void {
    this.certificates = new ServerCertificates(certificates);
    this.server.setSecureContext(this.contextOptions());
  }

  private contextOptions(): SecureContextOptions {
    const { cert, key } = this.certificates.first;
    return { cert, key, minVersion: minTlsVersion, sessionIdContext: SESSION_ID_CONTEXT };
  }

  /** Begins the handshake. @param agreed called when it is complete */
  accept({ wheel, options }: ConnectionOwner, raw: Socket, agreed: (socket: TLSSocket) => void): ClientConnection {
    const peer = peerOf(raw);
    const timer = new Timer({ expired: () => raw.destroy() });
    // Who ends its side within the handshake is gone; after it, he may still want his answer.
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
    // One that has just been made will have a handshake on its way; what comes of that is told of the drain by itself.
    return { drain: () => wheel.set(timer, options.drainIdleMs), destroyNow: () => raw.destroy() };
  }
}

/** Sessions are of the node, whichever of its processes began them; Node would take the command line for that. */
const SESSION_ID_CONTEXT = 'sluice';

function peerOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress ?? ''} ${remotePort ?? 0}`;
}
