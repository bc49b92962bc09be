import type { ErrorCode } from '@sluice/errors';
import type { HeaderList, NameBeginnings } from '@sluice/http1';
import type { ContentSource } from '../net/content.ts';
import type { Tunnel } from './tunnel.ts';

/** The client or consumer that sent a request. */
export interface Caller {
  /**
   * Identifies the consumer, or the client address when there is none. Computed when it is read.
   */
  readonly callerKey: string;
}

/** A request to a target. */
export interface UpstreamRequest {
  readonly method: string;
  /** Origin form: path and query. */
  readonly requestTarget: string;
  /** Value of Host (`:authority` in HTTP/2). */
  readonly authority: string;
  /**
   * End-to-end fields, those of the gateway included: no framing, no hop-by-hop fields, no Host.
   */
  readonly headers: HeaderList;
  readonly content: ContentSource;
  /** Requests an upgrade to WebSocket. */
  readonly upgrade: boolean;
  /** One caller may use only a share of a target's connections. */
  readonly caller?: Caller | undefined;
  /** The fields that are removed from the trailers of the content. */
  readonly notInTrailers?: NameBeginnings | undefined;
  /** The request begins before much of its content has arrived: the client sends slowly. */
  readonly isSlow?: boolean;
}

/**
 * The events of a call. Exactly one of `onResponse`, `onUpgrade` and `onFailure` is called, once,
 * unless the call is aborted.
 */
export interface UpstreamEvents {
  /** An interim response other than 100 and 101. */
  onInterim(status: number, headers: HeaderList): void;
  /**
   * The final head: end-to-end fields only. `content` fails when the upstream does not complete it.
   */
  onResponse(status: number, headers: HeaderList, content: ContentSource): void;
  onUpgrade(headers: HeaderList, tunnel: Tunnel): void;
  onFailure(failure: UpstreamFailure): void;
}

/** Why there is no response. */
export interface UpstreamFailure {
  readonly code: ErrorCode;
  /** For the log, never for the client. */
  readonly reason: string;
  /** True when the upstream cannot have received any byte: any method may be retried. */
  readonly unsent: boolean;
  /** True when the content can be sent from its first byte: none was read, or it is replayable. */
  readonly replayable: boolean;
}

/** A call in flight. */
export interface UpstreamCall {
  /** Aborts: no more events follow; the connection closes unless the exchange was complete. */
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
  /** HTTP version of the target's connections. */
  readonly protocolVersion: '1.1' | '2';
  /**
   * Sends a request. Never throws: reports failures through `events`, possibly before it returns.
   */
  send(request: UpstreamRequest, timeouts: UpstreamTimeouts, events: UpstreamEvents): UpstreamCall;
}

/** The outcome of a request to a target; `abandoned` when it is unknown. */
export type Outcome = 'success' | 'answer' | 'failure' | 'abandoned';

/** The targets of one service, with balancing and health. */
export interface Upstream {
  /** Whether the target that `pick` returned last is ejected and the request is its trial. */
  readonly pickedForTrial: boolean;
  /**
   * Picks a target that was not tried yet.
   * @param isSafe the request has a safe method and no content, so that it may be the trial of an
   *   ejected target
   * @returns undefined when every target was tried
   */
  pick(isSafe: boolean, tried?: readonly UpstreamTarget[]): UpstreamTarget | undefined;
  /**
   * Updates the health of the target.
   * @param wasTrial the value of `pickedForTrial` after the pick
   */
  report(target: UpstreamTarget, outcome: Outcome, wasTrial: boolean): void;
  /** Classifies a status code as an outcome for the target. */
  outcomeOf(status: number): Outcome;
}
