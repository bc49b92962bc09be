import { catalogue } from '@sluice/errors';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { ListenerEvents } from '../exchange/downstream.ts';
import { readIntoSharedBuffer } from './accepted-socket.ts';
import { addressKey } from './address-counter.ts';
import type { ClientConnection, ConnectionOwner } from './client-connection.ts';
import { ConnectionPlaces } from './connection-places.ts';
import { closeGently } from './gentle-close.ts';
import { Http1Connection } from './http1-connection.ts';
import { Http2Connection } from './http2-connection.ts';
import { defaultListenerOptions, type ListenerOptions } from './listener-options.ts';
import { ProtocolSniffer } from './protocol-sniffer.ts';
import { refusalResponse } from './refusal.ts';
import { toKeep } from './shared-read-buffer.ts';
import type { ServerCertificate } from './server-certificates.ts';
import type { TimerWheel } from './timer-wheel.ts';
import { TlsAcceptor } from './tls-acceptor.ts';

/**
 * What a socket may hold before its writer is told to wait: two reads, so that passing on one full read does not stop the
 * flow. The same bound holds for what is read while nobody takes it.
 */
const HIGH_WATER_MARK_BYTES = 131_072;
/** Connections that are being turned away at the same time; beyond that they are dropped without a word. */
const MAX_TURNED_AWAY = 1_000;

export interface ListenOptions {
  /** Several processes listen on the same port, and the kernel spreads connections over them. */
  readonly reusePort?: boolean;
  /** The setting that names the port, for errors. */
  readonly setting?: string;
}

/** Accepts the connections of clients on one address, and keeps count of them. */
export class Listener implements ConnectionOwner {
  readonly options: ListenerOptions;
  readonly events: ListenerEvents;
  readonly wheel: TimerWheel;
  draining = false;
  private readonly server: Server;
  /** By the socket that was accepted; what serves it changes as it becomes clear what is spoken on it. */
  private readonly connections = new Map<Socket, ClientConnection>();
  private readonly places: ConnectionPlaces;
  private readonly turnedAway = new Set<Socket>();
  private readonly tls: TlsAcceptor | undefined;
  private whenEmpty: (() => void) | undefined = undefined;

  /**
   * @param places shared with other listeners; of its own as the options say when there are none
   * @throws Error when a certificate is not usable
   */
  constructor(events: ListenerEvents, wheel: TimerWheel, options: Partial<ListenerOptions> = {}, places?: ConnectionPlaces) {
    this.events = events;
    this.wheel = wheel;
    this.options = { ...defaultListenerOptions, ...options };
    this.places = places ?? new ConnectionPlaces(this.options.maxConnections, this.options.maxConnectionsPerAddress);
    const { certificates, headerTimeoutMs, ticketKeys } = this.options;
    this.tls = certificates.length === 0 ? undefined : new TlsAcceptor(certificates, headerTimeoutMs, ticketKeys);
    const isPlain = this.tls === undefined;
    const serverOptions = { allowHalfOpen: true, noDelay: true, highWaterMark: HIGH_WATER_MARK_BYTES, pauseOnConnect: isPlain };
    this.server = createServer(serverOptions, (socket) => this.accept(isPlain ? readIntoSharedBuffer(socket, HIGH_WATER_MARK_BYTES) : socket));
  }

  /**
   * Uses other certificates for the handshakes that follow. A listener that speaks TLS goes on doing so.
   * @throws Error when one is not usable; the ones before stay in use
   */
  setCertificates(certificates: readonly ServerCertificate[]): void {
    if (this.tls === undefined) throw new Error('this listener does not speak TLS: give it a certificate when it is made');
    this.tls.setCertificates(certificates);
  }

  /** Connections that are being served. */
  get connectionCount(): number {
    return this.connections.size;
  }

  /** Where it listens; undefined before `listen` and after `close`. */
  address(): AddressInfo | undefined {
    const address = this.server.address();
    return typeof address === 'object' ? (address ?? undefined) : undefined;
  }

  /**
   * Begins to accept. Port 0 takes a free one.
   * @throws Error that says what to set when the address cannot be listened on
   */
  listen(port: number, host: string, options: ListenOptions = {}): Promise<void> {
    return new Promise((resolve, reject) => {
      const failed = (error: NodeJS.ErrnoException): void => reject(new Error(listenFault(error, port, host, options.setting ?? 'SLUICE_PROXY_PORT'), { cause: error }));
      this.server.once('error', failed);
      this.server.listen({ port, host, backlog: 4096, reusePort: options.reusePort ?? false }, () => {
        this.server.off('error', failed);
        // Accepting can fail for want of file descriptors; those who are connected are served on.
        this.server.on('error', () => undefined);
        resolve();
      });
    });
  }

  /**
   * Takes no more connections, lets the exchanges under way finish with `Connection: close`, and closes what is idle.
   * What is not finished after `timeoutMs` is cut off. Resolves when all connections are closed.
   */
  async drain(timeoutMs: number): Promise<void> {
    this.draining = true;
    // Connections that the kernel has made already are taken: closing the listener would reset them.
    if (timeoutMs > 0) await new Promise((resolve) => setImmediate(resolve));
    this.stopAccepting();
    for (const connection of this.connections.values()) connection.drain();
    if (this.connections.size === 0) return;
    const cap = setTimeout(() => this.destroyAll(), timeoutMs);
    await new Promise<void>((resolve) => (this.whenEmpty = resolve));
    clearTimeout(cap);
  }

  /** Closes the listener and every connection at once. */
  async close(): Promise<void> {
    for (const socket of this.turnedAway) socket.destroy();
    await this.drain(0);
  }

  private stopAccepting(): void {
    if (this.server.listening) this.server.close();
  }

  private destroyAll(): void {
    for (const connection of this.connections.values()) connection.destroyNow();
  }

  private accept(socket: Socket): void {
    const { remoteAddress } = socket;
    // The client was gone before it was accepted.
    if (remoteAddress === undefined) {
      socket.destroy();
      return;
    }
    const peerAddress = remoteAddress.startsWith('::ffff:') ? remoteAddress.slice(7) : remoteAddress;
    const key = addressKey(peerAddress);
    const limit = this.places.enter(key);
    if (limit !== undefined) return this.refuse(socket, peerAddress, limit === 'total' ? 'in total' : `from ${key}`);
    socket.on('close', () => {
      this.places.leave(key);
      this.connections.delete(socket);
      if (this.connections.size === 0) this.whenEmpty?.();
    });
    this.connections.set(socket, this.begin(socket, peerAddress));
  }

  /** What is spoken is agreed on in the handshake, or seen from the first bytes. */
  private begin(socket: Socket, peerAddress: string): ClientConnection {
    if (this.tls !== undefined) {
      return this.tls.accept(this, socket, (secure) => {
        const Connection = secure.alpnProtocol === 'h2' ? Http2Connection : Http1Connection;
        this.serve(socket, new Connection(this, secure, peerAddress, true));
      });
    }
    return new ProtocolSniffer(this, socket, (isHttp2, seen) => {
      if (isHttp2) {
        socket.pause();
        socket.unshift(toKeep(seen));
        this.serve(socket, new Http2Connection(this, socket, peerAddress, false));
      } else {
        const connection = new Http1Connection(this, socket, peerAddress, false);
        this.serve(socket, connection);
        connection.take(seen);
      }
    });
  }

  private serve(socket: Socket, connection: ClientConnection): void {
    this.connections.set(socket, connection);
    if (this.draining) connection.drain();
  }

  private refuse(socket: Socket, peerAddress: string, limit: string): void {
    const code = 'too_many_connections';
    const reason = `the limit of connections ${limit} is reached`;
    const content = this.events.refused({ protocol: '1.1', code, status: catalogue[code].status, reason, peerAddress, method: '', host: '', path: '' });
    if (this.tls !== undefined || this.turnedAway.size >= MAX_TURNED_AWAY) {
      socket.destroy();
      return;
    }
    this.turnedAway.add(socket);
    socket.on('close', () => this.turnedAway.delete(socket));
    const response = refusalResponse({ method: '', protocol: '1.1', keepAlive: false }, code, content);
    socket.on('error', () => undefined);
    socket.write(response, 'latin1');
    closeGently(socket, this.wheel, this.options, true);
  }
}

function listenFault(error: NodeJS.ErrnoException, port: number, host: string, setting: string): string {
  switch (error.code) {
    case 'EADDRINUSE':
      return `port ${port} on ${host} is already in use: stop the program that uses it, or set ${setting} to another port`;
    case 'EACCES':
      return `port ${port} may not be listened on by this user: set ${setting} to a port above 1023`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return `${host} is not an address of this machine: set SLUICE_PROXY_HOST to one that is, such as 127.0.0.1 or 0.0.0.0`;
    default:
      return `cannot listen on port ${port} of ${host}: ${error.message}`;
  }
}
