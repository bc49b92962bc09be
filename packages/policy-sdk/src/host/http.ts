import type { HeaderList } from '@sluice/http1';
import type { Exchange } from '../exchange.ts';
import type { HeaderPair } from '../reply.ts';

/** A certificate that a client presents to servers (mTLS). */
export interface ClientCertificate {
  /** The certificate, and those of the authorities between it and the root: PEM. */
  readonly certificates: string;
  /** The key of the certificate: PEM, not encrypted. */
  readonly privateKey: string;
}

/** Settings of a client; each policy attachment has clients of its own. */
export interface HttpClientOptions {
  /**
   * Allows calls to addresses that are not public: private, loopback, link-local and the like.
   * Default false. A policy takes it from its configuration, because the URL comes from there too.
   */
  readonly allowPrivateAddresses?: boolean;
  /** Time to connect, TLS included, milliseconds. Default 2,000. */
  readonly connectTimeoutMs?: number;
  /** Time from the request to the head of the response, milliseconds. Default `timeoutMs`. */
  readonly headTimeoutMs?: number;
  /**
   * Time for the whole call, milliseconds: waiting for a connection, redirects, the content of the
   * response. Default 5,000.
   */
  readonly timeoutMs?: number;
  /** Largest content of a response, bytes. Default 1 MiB. */
  readonly maxBytes?: number;
  /** Calls at the same time, and open connections to one origin. Default 64. */
  readonly maxConnections?: number;
  /** Calls that wait for a connection; further ones fail at once. Default 256. */
  readonly maxQueued?: number;
  /** Presented to servers that ask for a certificate. */
  readonly clientCertificate?: ClientCertificate | undefined;
  /** The only authorities that certificates of servers may come from, PEM. Default: those of Node. */
  readonly certificateAuthorities?: string | undefined;
}

/** One call. */
export interface HttpRequest {
  /** Default GET, or POST when there is a body. */
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>> | readonly HeaderPair[];
  /** Sent with its Content-Length. Without a body, neither is sent. */
  readonly body?: string | Uint8Array;
  /** Aborts the call. By default the signal of `exchange`, when that is given. */
  readonly signal?: AbortSignal;
  /** The request that the call is made for: its trace is passed on as `traceparent`. */
  readonly exchange?: Exchange;
  /** Overrides the client's `timeoutMs` with a shorter time. */
  readonly timeoutMs?: number;
  /** Overrides the client's `maxBytes`. */
  readonly maxBytes?: number;
}

/** A complete response. */
export interface HttpResponse {
  /** Never that of a redirect. */
  readonly status: number;
  readonly headers: HeaderList;
  readonly body: Uint8Array;
  /** The body as UTF-8. */
  text(): string;
  /** The body parsed as JSON. Throws a SyntaxError when it is none. */
  json(): unknown;
}

/** Calls HTTP services. The host closes it together with the policy. */
export interface HttpClient {
  /**
   * Makes a call and reads the whole response. A status of 400 or more is a response, no fault.
   * @throws HttpFault when there is no complete response within the bounds
   * @throws TypeError when the URL is not an absolute one of `http:` or `https:`, or a field is not
   *   valid
   */
  request(url: string, request?: HttpRequest): Promise<HttpResponse>;
}

/** Why a call has no response. Also values of the label `outcome` of the metric. */
export type HttpFaultReason =
  /** No connection, no head or no end of the response in time. */
  | 'timeout'
  /** No connection: the name is unknown, the port closed, the certificate not valid. */
  | 'not_connected'
  /** The connection ended before the response was complete. */
  | 'broken_off'
  /** The answer is not HTTP. */
  | 'invalid_response'
  /** The response is larger than allowed. */
  | 'too_large'
  /** The response is a redirect; none is followed. */
  | 'redirect'
  /** The address is not public, and the configuration does not allow that. */
  | 'private_address'
  /** Too many calls wait for a connection. */
  | 'queue_full'
  /** The caller's signal was aborted. */
  | 'aborted'
  /** The policy is closed. */
  | 'closed';

/**
 * A call without a response. The message names the origin and the reason, so it suits a log; it
 * contains neither path nor query nor fields.
 */
export class HttpFault extends Error {
  override readonly name = 'HttpFault';
  readonly reason: HttpFaultReason;
  /** Status of the response when only its content was too large; undefined otherwise. */
  readonly status: number | undefined;

  constructor(reason: HttpFaultReason, message: string, cause?: unknown, status?: number) {
    super(message, cause === undefined ? undefined : { cause });
    this.reason = reason;
    this.status = status;
  }
}
