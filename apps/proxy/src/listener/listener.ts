import { after } from '@sluice/errors';
import { RequestParser } from '@sluice/http1';
import { getSystemErrorName } from 'node:util';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { ListenerEvents } from '../exchange/downstream.ts';
import { addressKey } from './address-counter.ts';
import type { ClientConnection } from './client-connection.ts';
import { socketOver, takeHandles, type ConnectionHandle } from './connection-handle.ts';
import { ConnectionLimits } from './connection-limits.ts';
import { guardedBy } from '../net/guarded-events.ts';
import { Http1Connection } from './http1-connection.ts';
import { Http2Connection } from './http2-connection.ts';
import { defaultListenerOptions, type ListenerOptions } from './listener-options.ts';
import { PendingConnection, type PendingConnectionOwner } from './pending-connection.ts';
import { noteRefusal, RefusedClient } from './refused-client.ts';
import { toKeep } from '../net/shared-read-buffer.ts';
import type { TimerWheel } from '../net/timer-wheel.ts';
import { TlsAcceptor } from './tls-acceptor.ts';

/**
 * The write high-water mark of a socket: two reads, so that forwarding one full read does not
 * block. It also bounds the bytes that are read but not consumed.
 */
const HIGH_WATER_MARK_BYTES = 131_072;

export interface ListenOptions {
  /**
   * Allows several processes to listen on the port; the kernel distributes connections between
   * them.
   */
  readonly reusePort?: boolean;
  /** The setting that contains the port, for error messages. */
  readonly setting?: string;
}

/** Accepts client connections on one address and applies the connection limits. */
export class Listener implements PendingConnectionOwner {
  readonly options: ListenerOptions;
  readonly events: ListenerEvents;
  readonly wheel: TimerWheel;
  readonly scout: RequestParser;
  draining = false;
  private readonly server: Server;
  /** All counted connections. The object of a connection is replaced when its protocol is known. */
  private readonly connections = new Set<ClientConnection>();
  private readonly connectionLimits: ConnectionLimits;
  private readonly turnedAway = new Set<ClientConnection>();
  private readonly tls: TlsAcceptor | undefined;
  private whenEmpty: (() => void) | undefined = undefined;

  /**
   * @param connectionLimits shared with other listeners; without it the listener uses the limits of
   *   its own options
   */
  constructor(
    events: ListenerEvents,
    wheel: TimerWheel,
    options: Partial<ListenerOptions> = {},
    connectionLimits?: ConnectionLimits,
  ) {
    this.events = events;
    this.wheel = wheel;
    this.options = { ...defaultListenerOptions, ...options };
    this.connectionLimits =
      connectionLimits ??
      new ConnectionLimits(this.options.maxConnections, this.options.maxConnectionsPerAddress);
    const { tls, headerTimeoutMs, limits, protectedNames } = this.options;
    this.scout = new RequestParser({ limits, protectedNames });
    this.tls = tls === undefined ? undefined : new TlsAcceptor(tls, headerTimeoutMs);
    this.server = createServer({
      allowHalfOpen: true,
      noDelay: true,
      highWaterMark: HIGH_WATER_MARK_BYTES,
    });
    this.server.on('connection', (socket) => {
      guardedBy(socket, (accepted: Socket) => this.acceptSocket(accepted))(socket);
    });
  }

  /** The number of counted connections. */
  get connectionCount(): number {
    return this.connections.size;
  }

  /** The address it listens on; undefined before `listen` and after `close`. */
  address(): AddressInfo | undefined {
    const address = this.server.address();
    return typeof address === 'object' ? (address ?? undefined) : undefined;
  }

  /**
   * Starts to accept connections. Port 0 selects a free port.
   * @throws Error that names the setting to change when the address is not available, or the Node
   *   version to use when this one is not supported
   */
  async listen(port: number, host: string, options: ListenOptions = {}): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const failed = (error: NodeJS.ErrnoException): void =>
        reject(
          new Error(listenFault(error, port, host, options.setting ?? 'SLUICE_PROXY_PORT'), {
            cause: error,
          }),
        );
      this.server.once('error', failed);
      this.server.listen(
        { port, host, backlog: 4096, reusePort: options.reusePort ?? false },
        () => {
          this.server.off('error', failed);
          this.server.on('error', (error: NodeJS.ErrnoException) =>
            this.notAccepted(error.code ?? error.message),
          );
          resolve();
        },
      );
    });
    if (this.tls !== undefined) return;
    try {
      takeHandles(
        this.server,
        (handle) => this.acceptHandle(handle),
        (error) => this.notAccepted(getSystemErrorName(error)),
      );
    } catch (error) {
      this.server.close();
      throw error;
    }
  }

  /**
   * Stops accepting connections and closes idle ones. Exchanges in progress finish with
   * `Connection: close`; those that take longer than `timeoutMs` are aborted. Resolves when all
   * connections are closed.
   */
  async drain(timeoutMs: number): Promise<void> {
    this.draining = true;
    // Connections in the accept queue of the kernel are accepted first, because closing the
    // listener would reset them.
    if (timeoutMs > 0) await new Promise((resolve) => setImmediate(resolve));
    this.stopAccepting();
    for (const connection of this.connections) connection.drain();
    if (this.connections.size === 0) return;
    const cap = after('lifecycle', timeoutMs, () => this.destroyAll());
    await new Promise<void>((resolve) => (this.whenEmpty = resolve));
    clearTimeout(cap);
  }

  /** Closes the listener and every connection at once. */
  async close(): Promise<void> {
    for (const client of this.turnedAway) client.destroyNow();
    await this.drain(0);
  }

  private stopAccepting(): void {
    if (this.server.listening) this.server.close();
  }

  private destroyAll(): void {
    for (const connection of this.connections) connection.destroyNow();
  }

  // PendingConnectionOwner: calls from pending connections.

  arrived(pending: PendingConnection, isHttp2: boolean, seen: Buffer): void {
    const { peerAddress, handle } = pending;
    handle.setNoDelay(true);
    const socket = socketOver(handle, HIGH_WATER_MARK_BYTES);
    if (isHttp2) {
      socket.pause();
      socket.unshift(toKeep(seen));
      this.serve(pending, socket, new Http2Connection(this, socket, peerAddress, false));
    } else {
      const connection = new Http1Connection(this, socket, peerAddress, false);
      this.serve(pending, socket, connection);
      connection.take(seen);
      connection.headBegan(pending.sinceMs);
    }
  }

  tookTooLong(pending: PendingConnection): void {
    const code = 'request_timeout';
    const content = noteRefusal(
      this,
      pending.peerAddress,
      code,
      'the head of the request was not complete in time',
    );
    const client = new RefusedClient(this, pending.handle, (gone) =>
      this.remove(gone, pending.addressKey),
    );
    this.connections.delete(pending);
    this.connections.add(client);
    client.answer(code, content);
  }

  left(pending: PendingConnection): void {
    this.remove(pending, pending.addressKey);
  }

  /** Accepting can fail when file descriptors run out; connected clients are still served. */
  private notAccepted(code: string): void {
    this.connectionLimits.notAccepted(code, this.wheel.nowMs);
  }

  private acceptHandle(handle: ConnectionHandle): void {
    const peer: { address?: string } = {};
    // The client disconnected before it was accepted.
    if (handle.getpeername(peer) !== 0 || peer.address === undefined) return handle.close();
    const peerAddress = withoutMapping(peer.address);
    const key = addressKey(peerAddress);
    const limit = this.connectionLimits.acquire(key);
    if (limit !== undefined) return this.turnAway(handle, peerAddress, key, limit);
    const pending = new PendingConnection(this, handle, peerAddress, key);
    this.connections.add(pending);
    pending.begin();
  }

  private serve(pending: PendingConnection, socket: Socket, connection: ClientConnection): void {
    this.connections.delete(pending);
    this.connections.add(connection);
    socket.on(
      'close',
      guardedBy(socket, () => this.remove(connection, pending.addressKey)),
    );
    if (this.draining) connection.drain();
  }

  /** Accepts a TLS connection. The handshake negotiates the HTTP version. */
  private acceptSocket(socket: Socket): void {
    const { remoteAddress } = socket;
    // The client disconnected before it was accepted.
    if (remoteAddress === undefined || this.tls === undefined) {
      socket.destroy();
      return;
    }
    const peerAddress = withoutMapping(remoteAddress);
    const key = addressKey(peerAddress);
    const limit = this.connectionLimits.acquire(key);
    if (limit !== undefined) {
      this.noteTurnedAway(peerAddress, key, limit);
      socket.destroy();
      return;
    }
    let connection = this.tls.accept(this, socket, (secure) => {
      const Connection = secure.alpnProtocol === 'h2' ? Http2Connection : Http1Connection;
      this.connections.delete(connection);
      connection = new Connection(this, secure, peerAddress, true);
      this.connections.add(connection);
      if (this.draining) connection.drain();
    });
    this.connections.add(connection);
    socket.on(
      'close',
      guardedBy(socket, () => this.remove(connection, key)),
    );
  }

  /** Ends the count of a connection. */
  private remove(connection: ClientConnection, key: string): void {
    this.connectionLimits.release(key);
    this.connections.delete(connection);
    if (this.connections.size === 0) this.whenEmpty?.();
  }

  private turnAway(
    handle: ConnectionHandle,
    peerAddress: string,
    key: string,
    limit: 'total' | 'address',
  ): void {
    const content = this.noteTurnedAway(peerAddress, key, limit);
    if (this.turnedAway.size >= this.options.maxTurnedAway) return handle.close();
    const client = new RefusedClient(this, handle, (gone) => this.turnedAway.delete(gone));
    this.turnedAway.add(client);
    client.answer('too_many_connections', content);
  }

  private noteTurnedAway(peerAddress: string, key: string, limit: 'total' | 'address'): string {
    return noteRefusal(
      this,
      peerAddress,
      'too_many_connections',
      `the limit of connections ${limit === 'total' ? 'in total' : `from ${key}`} is reached`,
    );
  }
}

/** Gives an IPv4-mapped IPv6 address as IPv4. */
function withoutMapping(address: string): string {
  return address.startsWith('::ffff:') ? address.slice(7) : address;
}

function listenFault(
  error: NodeJS.ErrnoException,
  port: number,
  host: string,
  setting: string,
): string {
  switch (error.code) {
    case 'EADDRINUSE':
      return `port ${port} on ${host} is already in use: stop the program that uses it, or set ${setting} to another port`;
    case 'EACCES':
      return `port ${port} requires privileges that this user does not have: set ${setting} to a port above 1023`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return `${host} is not an address of this machine: set SLUICE_PROXY_HOST to one of its addresses, such as 127.0.0.1 or 0.0.0.0`;
    default:
      return `cannot listen on port ${port} of ${host}: ${error.message}`;
  }
}
