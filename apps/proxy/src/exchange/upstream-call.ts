import type { ErrorCode } from '@sluice/errors';
import type { HeaderList } from '@sluice/http1';
import type { ContentSource } from './content.ts';
import type { Tunnel } from './tunnel.ts';

/** Whose request it is. */
export interface Caller {
  /** The same for all requests of a consumer, or without one, of a client address. Made when it is asked for. */
  readonly callerKey: string;
}

/** A request as it goes to a target. */
export interface UpstreamRequest {
  readonly method: string;
  /** Origin form: path and query. */
  readonly requestTarget: string;
  /** Value of Host (`:authority` in HTTP/2). */
  readonly authority: string;
  /** End-to-end fields only, ours included: no framing, no hop-by-hop fields, no Host. */
  readonly headers: HeaderList;
  readonly content: ContentSource;
  /** Ask for a WebSocket. */
  readonly upgrade: boolean;
  /** Who asks; a share of a target's connections is the most that one caller gets. */
  readonly caller?: Caller | undefined;
  /** The request begins although little of its content is here: the client is slow to send it. */
  readonly isSlow?: boolean;
}

/** What became of a call. Exactly one of `onResponse`, `onUpgrade` and `onFailure` is called, once, unless it is aborted. */
export interface UpstreamEvents {
  /** An interim response other than 100 and 101. */
  onInterim(status: number, headers: HeaderList): void;
  /** The final head: end-to-end fields only. `content` fails when the upstream breaks off. */
  onResponse(status: number, headers: HeaderList, content: ContentSource): void;
  onUpgrade(headers: HeaderList, tunnel: Tunnel): void;
  onFailure(failure: UpstreamFailure): void;
}

/** Why there is no response. */
export interface UpstreamFailure {
  readonly code: ErrorCode;
  /** For the log, never for the client. */
  readonly reason: string;
  /** True when the upstream cannot have seen any of the request: any method may be tried elsewhere. */
  readonly unsent: boolean;
  /** True when no byte of request content was taken from the source, so that the request can be sent again. */
  readonly replayable: boolean;
}

/** A call under way. */
export interface UpstreamCall {
  /** Gives up: nothing more is heard, the connection is closed unless the exchange was complete. */
  abort(): void;
}

/** Time limits of a call, milliseconds. */
export interface UpstreamTimeouts {
  readonly connectMs: number;
  readonly firstByteMs: number;
  readonly idleMs: number;
  readonly totalMs: number;
}

/** One target with its connections. */
export interface UpstreamTarget {
  /** `host:port` as configured. */
  readonly address: string;
  readonly host: string;
  readonly port: number;
  readonly scheme: 'http' | 'https';
  /** HTTP version that is spoken with it. */
  readonly protocolVersion: '1.1' | '2';
  /** Sends a request. Never throws: faults come through `events`, possibly before it returns. */
  send(request: UpstreamRequest, timeouts: UpstreamTimeouts, events: UpstreamEvents): UpstreamCall;
}
