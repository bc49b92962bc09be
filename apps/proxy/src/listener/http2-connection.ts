import { constants, performServerHandshake, type ServerHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';
import type { ClientConnection, ConnectionOwner } from './client-connection.ts';
import { connectionFailed, guardedBy } from '../net/guarded-events.ts';
import { Http2Exchange, type StreamConnection } from './http2-exchange.ts';
import { StreamErrorGuard } from '../net/http2-stream-errors.ts';
import type { PeerCertificate } from '@sluice/policy-sdk';
import { peerCertificateOf } from '../net/peer-certificate.ts';
import { Timer, type TimerOwner } from '../net/timer-wheel.ts';

/** Concurrent requests on one connection. */
const MAX_STREAMS = 100;
/** Uncompressed size of a head, counted as RFC 9113 section 6.5.2 says. */
const MAX_HEADER_LIST_BYTES = 65_536;
/**
 * Burst and rate per second of streams that a client may reset: a reset costs the server more than
 * the client.
 */
const RESET_BURST = 100;
const RESETS_PER_SECOND = 10;
/**
 * The highest stream identifier. A GOAWAY that names it does not refuse any stream yet (RFC 9113
 * section 6.8).
 */
const MAX_STREAM_ID = 0x7fff_ffff;
/** Above the limit at which a head is refused with 431, so that the client receives the 431. */
const MAX_HEADER_PAIRS = 1_000;

/**
 * One HTTP/2 connection of a client, over TLS or with prior knowledge. Each stream is one exchange.
 */
export class Http2Connection implements ClientConnection, StreamConnection, TimerOwner {
  readonly owner: ConnectionOwner;
  readonly encrypted: boolean;
  readonly peerAddress: string;
  readonly peerPort: number;
  readonly localPort: number;
  private readonly socket: Socket;
  private readonly session: ServerHttp2Session;
  private readonly timer = new Timer(this);
  private streams = 0;

  /** Takes ownership of the socket. The caller returns bytes it has read with `unshift` first. */
  constructor(owner: ConnectionOwner, socket: Socket, peerAddress: string, encrypted: boolean) {
    this.owner = owner;
    this.socket = socket;
    this.encrypted = encrypted;
    this.peerAddress = peerAddress;
    this.peerPort = socket.remotePort ?? 0;
    this.localPort = socket.localPort ?? 0;
    // After the client has ended its side, none of its streams can complete.
    socket.allowHalfOpen = false;
    this.session = performServerHandshake(socket, {
      settings: { maxConcurrentStreams: MAX_STREAMS, maxHeaderListSize: MAX_HEADER_LIST_BYTES },
      maxHeaderListPairs: MAX_HEADER_PAIRS,
      streamResetBurst: RESET_BURST,
      streamResetRate: RESETS_PER_SECOND,
      strictSingleValueFields: false,
      // Without this option Node drops values with surrounding white space silently; http2-head.ts
      // refuses them.
      strictFieldWhitespaceValidation: false,
    });
    const guard = new StreamErrorGuard(this.session, owner.wheel);
    this.session.on('stream', (stream, _, flags, raw) => {
      try {
        this.streams++;
        this.owner.wheel.clear(this.timer);
        const closed = (): void => {
          guard.streamClosed(stream.rstCode);
          this.streamClosed();
        };
        stream.on('close', guardedBy(this.session, closed));
        new Http2Exchange(this, stream).open(
          raw,
          (flags & constants.NGHTTP2_FLAG_END_STREAM) === 0,
        );
      } catch (fault) {
        connectionFailed(stream, fault);
      }
    });
    // The session itself sends GOAWAY to a client that violates the protocol; 'close' follows.
    this.session.on('error', () => undefined);
    this.session.on('close', () => owner.wheel.clear(this.timer));
    owner.wheel.set(this.timer, owner.options.headerTimeoutMs);
  }

  get peerCertificate(): PeerCertificate | undefined {
    return peerCertificateOf(this.socket);
  }

  /**
   * Sends GOAWAY, still accepts requests that the client has already sent, and closes after the
   * last stream.
   */
  drain(): void {
    const { session, owner } = this;
    if (session.closed || session.destroyed) return;
    session.goaway(constants.NGHTTP2_NO_ERROR, MAX_STREAM_ID);
    const closing = new Timer({ expired: () => session.close() });
    owner.wheel.set(closing, owner.options.drainIdleMs);
    session.on('close', () => owner.wheel.clear(closing));
  }

  destroyNow(): void {
    this.session.destroy();
  }

  private streamClosed(): void {
    this.streams--;
    if (this.streams === 0 && !this.session.closed)
      this.owner.wheel.set(this.timer, this.owner.options.keepAliveIdleMs);
  }

  /** {@inheritDoc TimerOwner.expired} */
  expired(): void {
    if (this.session.closed) return this.session.destroy();
    this.session.close();
    // The listener does not wait for a client that ignores GOAWAY.
    this.owner.wheel.set(this.timer, this.owner.options.lingerMs);
  }
}
