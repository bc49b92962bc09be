import type { Socket } from 'node:net';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import type { ClientConnection } from './client-connection.ts';
import { minTlsVersion, ServerCertificates, type ServerCertificate } from './server-certificates.ts';

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
  constructor(certificates: readonly ServerCertificate[], handshakeTimeoutMs: number) {
    this.certificates = new ServerCertificates(certificates);
    this.server = createServer({
      ...this.certificates.first,
      minVersion: minTlsVersion,
      ALPNProtocols: ['h2', 'http/1.1'],
      SNICallback: (name, done) => done(null, this.certificates.contextFor(name)),
      handshakeTimeout: handshakeTimeoutMs,
      allowHalfOpen: true,
    });
    this.server.on('secureConnection', (socket) => this.pending.get(peerOf(socket))?.(socket));
    // A failed handshake concerns only the one who failed it, and says nothing about us.
    this.server.on('tlsClientError', (_, socket) => socket.destroy());
  }

  /** Uses other certificates from the next handshake on. @throws Error when one is not usable */
  setCertificates(certificates: readonly ServerCertificate[]): void {
    this.certificates = new ServerCertificates(certificates);
    this.server.setSecureContext({ ...this.certificates.first, minVersion: minTlsVersion });
  }

  /** Begins the handshake. @param agreed called when it is complete */
  accept(raw: Socket, agreed: (socket: TLSSocket) => void): ClientConnection {
    const peer = peerOf(raw);
    this.pending.set(peer, (socket) => {
      this.pending.delete(peer);
      agreed(socket);
    });
    raw.on('close', () => this.pending.delete(peer));
    raw.on('error', () => undefined);
    this.server.emit('connection', raw);
    // A handshake is a matter of moments and has its own time: what comes of it is told of a drain when it is complete.
    return { drain: () => undefined, destroyNow: () => raw.destroy() };
  }
}

function peerOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress ?? ''} ${remotePort ?? 0}`;
}
