import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import { errorMessage } from '@sluice/errors';
import type { ClientConnection, ConnectionOwner } from './client-connection.ts';
import { guardedBy } from '../net/guarded-events.ts';
import { minTlsVersion, type KeyPair } from '../net/key-pair.ts';
import { Timer } from '../net/timer-wheel.ts';
import {
  clientFault,
  ticketKeysFor,
  verifyingOptions,
  type ClientVerification,
} from './client-verification.ts';
import type { HandshakeOutcome, TlsPortOptions } from './tls-port-options.ts';
import { TlsContexts } from './tls-contexts.ts';

/** The node:tls server for the current default certificate and client verification. */
interface HandshakeServer {
  readonly server: Server;
  readonly pair: KeyPair | undefined;
  readonly clients: ClientVerification;
}

/**
 * Performs the TLS handshake on accepted connections. The handshake negotiates the HTTP version
 * (ALPN, RFC 7301). Without any certificate it refuses every handshake with an alert.
 */
export class TlsAcceptor {
  readonly #options: TlsPortOptions;
  readonly #handshakeTimeoutMs: number;
  readonly #ticketKeys: Buffer;
  readonly #contexts = new TlsContexts();
  #current: HandshakeServer | undefined = undefined;
  /** Handshakes in progress, by remote address and port. */
  readonly #pending = new Map<string, (socket: TLSSocket) => void>();

  constructor(options: TlsPortOptions, handshakeTimeoutMs: number) {
    this.#options = options;
    this.#handshakeTimeoutMs = handshakeTimeoutMs;
    this.#ticketKeys = options.ticketKeys ?? randomBytes(48);
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
    this.#pending.set(peer, (socket) => {
      this.#pending.delete(peer);
      wheel.clear(timer);
      socket.allowHalfOpen = true;
      agreed(socket);
    });
    raw.on('close', () => {
      this.#pending.delete(peer);
      wheel.clear(timer);
    });
    raw.on('error', () => undefined);
    this.#server().emit('connection', raw);
    // Handshakes in progress may finish: the listener drains the resulting connections itself.
    return { drain: () => wheel.set(timer, options.drainIdleMs), destroyNow: () => raw.destroy() };
  }

  /** The server for the next handshake. It is replaced when what node:tls takes once has changed. */
  #server(): Server {
    const clients = this.#options.clients();
    const pair = this.#options.certificates.select(undefined, Date.now())?.pair;
    const current = this.#current;
    if (current?.pair === pair && current?.clients.digest === clients.digest && current)
      return current.server;
    const server = this.#create(pair, clients);
    this.#current = { server, pair, clients };
    return server;
  }

  #create(pair: KeyPair | undefined, clients: ClientVerification): Server {
    const { certificates } = this.#options;
    const server = createServer({
      ...(pair === undefined ? {} : { cert: pair.cert, key: pair.key }),
      minVersion: minTlsVersion,
      ...verifyingOptions(clients),
      ticketKeys: ticketKeysFor(this.#ticketKeys, clients),
      requestCert: clients.mode !== 'off',
      // OpenSSL then sends an alert when the client has no certificate.
      rejectUnauthorized: clients.mode === 'require',
      ALPNProtocols: ['h2', 'http/1.1'],
      SNICallback: (name, done) => {
        try {
          const chosen = certificates.select(name, Date.now())?.pair;
          done(null, chosen && this.#contexts.get(chosen, clients));
        } catch (fault) {
          done(fault as Error);
        }
      },
      handshakeTimeout: this.#handshakeTimeoutMs,
      allowHalfOpen: true,
    });
    server.on('secureConnection', (socket) => {
      guardedBy(socket, (secure: TLSSocket) => this.#completed(secure, clients))(socket);
    });
    server.on('tlsClientError', (error, socket) => {
      // A failed handshake affects only its client and does not indicate a fault of the gateway.
      this.#report(this.#outcomeOf(error, socket, clients), errorMessage(error));
      socket.destroy();
    });
    return server;
  }

  #completed(socket: TLSSocket, clients: ClientVerification): void {
    // The lists change more often than the CAs, which the server was created with.
    const { trust } = this.#options.clients();
    const fault = clientFault(socket, clients.mode, trust, Date.now());
    if (fault !== undefined) {
      this.#report(
        fault,
        String(socket.authorizationError ?? 'the certificate has expired or is revoked'),
      );
      socket.destroy();
      return;
    }
    this.#report(socket.isSessionReused() ? 'resumed' : 'completed', '');
    this.#pending.get(peerOf(socket))?.(socket);
  }

  #outcomeOf(
    error: NodeJS.ErrnoException,
    socket: TLSSocket,
    { mode }: ClientVerification,
  ): HandshakeOutcome {
    if (error.code === 'ERR_TLS_HANDSHAKE_TIMEOUT') return 'timed_out';
    if (error.code === 'ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE')
      return 'client_certificate_missing';
    // Node closes a connection whose certificate could not be verified with an ordinary error.
    if (mode === 'require' && Boolean(socket.authorizationError))
      return 'client_certificate_refused';
    return this.#options.certificates.select(undefined, Date.now()) === undefined
      ? 'no_server_certificate'
      : 'failed';
  }

  #report(outcome: HandshakeOutcome, reason: string): void {
    this.#options.onHandshake?.(outcome, reason);
  }
}

function peerOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress ?? ''} ${remotePort ?? 0}`;
}
