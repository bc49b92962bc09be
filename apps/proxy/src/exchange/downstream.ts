import type { ErrorCode } from '@sluice/errors';
import type { HeaderList } from '@sluice/http1';
import type { ContentSource } from './content.ts';
import type { Tunnel, TunnelFault } from './tunnel.ts';

/**
 * Who hears that the client is gone. An object and not a function: a function of its own for every request, held by a
 * connection that lives long, keeps what it knows of alive until the next full collection.
 */
export interface AbortListener {
  onAborted(): void;
}

/**
 * The client's side of an exchange: what the listener offers to the rest of the proxy. One object per connection (per
 * stream in HTTP/2), reused for the requests that follow one another on it. Request fields are valid from the call of
 * the request handler until the response has been sent.
 */
export interface Downstream {
  readonly protocol: '1.0' | '1.1' | '2';
  readonly encrypted: boolean;
  readonly peerAddress: string;
  readonly peerPort: number;
  readonly localPort: number;

  readonly method: string;
  /** Normalised; see `normalizeTarget` in packages/http1. */
  readonly path: string;
  /** What follows the first `?`, as it was sent. */
  readonly query: string;
  /** Whether the target has a `?`: the query may be empty and still be there. */
  readonly hasQuery: boolean;
  /** The path was sent with `%2F` or `%5C` in it: only a route that says so may take it. */
  readonly hasEncodedSlash: boolean;
  /** Host without port, normalised. Empty when a request of HTTP/1.0 names none. */
  readonly host: string;
  /** Host as it is passed on: with the port when the client sent one. Empty when the host is. */
  readonly authority: string;
  /** All request fields as received, framing and hop-by-hop fields included. */
  readonly headers: HeaderList;
  readonly content: ContentSource;
  /** Set when the client asks for a WebSocket, and nothing else stands in the way. */
  readonly wantsUpgrade: boolean;
  /** Set when the client waits for 100 (Continue) before it sends its content. The listener sends it when content is started. */
  readonly expectsContinue: boolean;
  /** The request is a call of gRPC, which is spoken over HTTP/2 only: errors are told in `grpc-status`. */
  readonly isGrpc: boolean;

  /** Content beyond this many bytes fails its source with 413. Set by the exchange, reset with each request. */
  maxBodyBytes: number;
  /**
   * Whether a client that has ended its side of the connection still gets its response; otherwise it counts as gone. Set by
   * the exchange, reset with each request. It means nothing in HTTP/2, where the end of a request ends no connection.
   */
  servesHalfClosed: boolean;
  /** Hears when the client is gone before the response was complete. Set by the exchange, reset with each request. */
  abortListener: AbortListener | undefined;

  /** The response under way is the last one on its connection. In HTTP/2 each request has a stream of its own already. */
  closeAfterResponse(): void;
  /** Sends an interim response other than 101. */
  sendInterim(status: number, headers: HeaderList): void;
  /** Sends head and whole content in one write. Framing is added here: `headers` has none. */
  respond(status: number, headers: HeaderList, content: Buffer | string | undefined): void;
  /**
   * Sends the head and lets content follow with backpressure. `onDone` is called once: with undefined when the last
   * byte was handed to the socket, with the fault when the content could not be completed; the connection is then
   * closed without a clean end, unless nothing was sent: then `responseBegun` is false, and something else can be answered.
   */
  stream(status: number, headers: HeaderList, content: ContentSource, onDone: (fault: Error | undefined) => void): void;
  /**
   * Sends 101 with these fields and joins the two connections until one of them ends.
   * @param onDone called once, when both are closed; with the fault when they were cut off
   */
  upgrade(headers: HeaderList, tunnel: Tunnel, onDone: (fault: TunnelFault | undefined) => void): void;
  /** The head of a final response is on its way. */
  readonly responseBegun: boolean;
  /** Closes the connection without a word: for a response that cannot be continued. */
  abort(): void;

  /** Value of `grpc-status` in the response as far as it was sent, from its head or its trailers; -1 while there is none. */
  readonly grpcStatus: number;
  /** Bytes of the request received and of the response sent, heads included, for this exchange. */
  readonly bytesReceived: number;
  readonly bytesSent: number;
}

/** An OPTIONS about the server itself (`*`), or one that may not be forwarded (Max-Forwards: 0): the listener answers. */
export interface OwnAnswer {
  /** As far as it is known what was spoken; 1.1 otherwise. */
  readonly protocol: Downstream['protocol'];
  readonly encrypted: boolean;
  readonly status: number;
  readonly peerAddress: string;
  /** 0 when no connection was made for the client. */
  readonly localPort: number;
  /** As far as they were understood; empty otherwise. */
  readonly method: string;
  readonly host: string;
  readonly path: string;
  /** Undefined when the head was not a whole and well-formed one. */
  readonly headers: HeaderList | undefined;
}

/** A message that never became an exchange. */
export interface Refusal extends OwnAnswer {
  readonly code: ErrorCode;
  /** For the log: what exactly was wrong. */
  readonly reason: string;
  /** Value of `grpc-status` that says the same to a caller of gRPC; -1 for others. */
  readonly grpcStatus: number;
}

/** The rest of the proxy, as the listener sees it. */
export interface ListenerEvents {
  /** A connection (a stream in HTTP/2) is there. The answer is called for each request on it, once its head is complete. */
  connection(downstream: Downstream): () => void;
  /** A message is refused by the listener itself. Answers the content (a problem document) to send along. */
  refused(refusal: Refusal): string;
  /** The listener has answered a request by itself. */
  answered(answer: OwnAnswer): void;
}
