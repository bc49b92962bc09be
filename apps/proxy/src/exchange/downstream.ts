import type { ErrorCode } from '@sluice/errors';
import type { HeaderList } from '@sluice/http1';
import type { ContentSource } from '../net/content.ts';
import type { PeerCertificate } from '@sluice/policy-sdk';
import type { Tunnel, TunnelFault } from './tunnel.ts';

/**
 * Is notified when the client disconnects. It is an object and not a function: one closure per
 * request, held by a long-lived connection, would keep the request alive until the next full
 * garbage collection.
 */
export interface AbortListener {
  onAborted(): void;
}

/**
 * The client's side of an exchange: the listener's interface to the rest of the proxy. There is one
 * object per connection (per stream in HTTP/2), reused for each request on it. Request fields are
 * valid from the call of the request handler until the response has been sent.
 */
export interface Downstream {
  readonly protocol: '1.0' | '1.1' | '2';
  readonly encrypted: boolean;
  readonly peerAddress: string;
  readonly peerPort: number;
  readonly localPort: number;
  /**
   * The verified certificate of the client; undefined when it sent none or was not asked. Read from
   * the connection on the first use.
   */
  readonly peerCertificate: PeerCertificate | undefined;

  readonly method: string;
  /** Normalised; see `normalizeTarget` in packages/http1. */
  readonly path: string;
  /** The query after the first `?`, unchanged. */
  readonly query: string;
  /** Whether the target has a `?`: the query may be present and empty. */
  readonly hasQuery: boolean;
  /** The request target as received; in HTTP/2 the value of `:path`. */
  readonly rawTarget: string;
  /** The path contains `%2F` or `%5C`: only a route with `encodedSlashes: keep` accepts it. */
  readonly hasEncodedSlash: boolean;
  /** Host without port, normalised. Empty when a request of HTTP/1.0 names none. */
  readonly host: string;
  /** Host with the port that the client sent, if any. Empty when the host is empty. */
  readonly authority: string;
  /** All request fields as received, framing and hop-by-hop fields included. */
  readonly headers: HeaderList;
  readonly content: ContentSource;
  /** The client asks for an upgrade to WebSocket, and the request meets all conditions for it. */
  readonly wantsUpgrade: boolean;
  /**
   * The client waits for 100 (Continue) before it sends its content. The listener sends it when the
   * content is started.
   */
  readonly expectsContinue: boolean;
  /** The request is a gRPC call (HTTP/2 only): errors are reported in `grpc-status`. */
  readonly isGrpc: boolean;

  /**
   * Content beyond this many bytes fails its source with 413. Set by the exchange, reset with each
   * request.
   */
  maxBodyBytes: number;
  /**
   * Whether a client that has closed its side of the connection still gets its response; otherwise
   * it counts as disconnected. Set by the exchange, reset with each request. Has no effect in
   * HTTP/2, where the end of a request does not end the connection.
   */
  servesHalfClosed: boolean;
  /**
   * Is notified when the client disconnects before the response is complete. Set by the exchange,
   * reset with each request.
   */
  abortListener: AbortListener | undefined;

  /** Closes the connection after the current response. Has no effect in HTTP/2. */
  closeAfterResponse(): void;
  /** Sends an interim response other than 101. */
  sendInterim(status: number, headers: HeaderList): void;
  /** Sends the head and the whole content in one write. Adds the framing fields to `headers`. */
  respond(status: number, headers: HeaderList, content: Buffer | string | undefined): void;
  /**
   * Sends the head and streams the content with backpressure. Calls `onDone` once: with undefined
   * when the last byte was written to the socket, with the fault when the content could not be
   * completed. After a fault the connection is aborted, unless nothing was sent: then
   * `responseBegun` is false, and another response can be sent.
   */
  stream(
    status: number,
    headers: HeaderList,
    content: ContentSource,
    onDone: (fault: Error | undefined) => void,
  ): void;
  /**
   * Sends 101 with these fields and joins the two connections until one of them ends.
   * @param onDone called once, when both are closed; with the fault when the tunnel was aborted
   */
  upgrade(
    headers: HeaderList,
    tunnel: Tunnel,
    onDone: (fault: TunnelFault | undefined) => void,
  ): void;
  /** The head of a final response has been sent. */
  readonly responseBegun: boolean;
  /** Aborts the connection (the stream in HTTP/2): for a response that cannot be completed. */
  abort(): void;

  /** The `grpc-status` sent so far, from the head or the trailers; -1 while there is none. */
  readonly grpcStatus: number;
  /** Bytes of the request received and of the response sent, heads included, for this exchange. */
  readonly bytesReceived: number;
  readonly bytesSent: number;
}

/**
 * A request that the listener answers itself: OPTIONS for the server (`*`), or one that must not be
 * forwarded (Max-Forwards: 0).
 */
export interface OwnAnswer {
  /** The protocol of the connection; 1.1 when unknown. */
  readonly protocol: Downstream['protocol'];
  readonly encrypted: boolean;
  readonly status: number;
  readonly peerAddress: string;
  /** 0 when there is no connection. */
  readonly localPort: number;
  /** Empty when it could not be parsed; so are host and path. */
  readonly method: string;
  readonly host: string;
  readonly path: string;
  /** Undefined when the head was incomplete or malformed. */
  readonly headers: HeaderList | undefined;
}

/** A message that the listener refused before it became an exchange. */
export interface Refusal extends OwnAnswer {
  readonly code: ErrorCode;
  /** The exact reason, for the log. */
  readonly reason: string;
  /** The corresponding `grpc-status` for a gRPC call; -1 for other requests. */
  readonly grpcStatus: number;
}

/** The events that the listener reports to the rest of the proxy. */
export interface ListenerEvents {
  /**
   * A connection (a stream in HTTP/2) was accepted. The returned function is called for each
   * request on it, when the head is complete.
   */
  connection(downstream: Downstream): () => void;
  /** The listener refuses a message. Returns the content (a problem document) of the response. */
  refused(refusal: Refusal): string;
  /** The listener has answered a request itself. */
  answered(answer: OwnAnswer): void;
}
