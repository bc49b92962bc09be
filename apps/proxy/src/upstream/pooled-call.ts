import { type ErrorCode, errorMessage, GatewayError } from '@sluice/errors';
import type { HeaderList } from '@sluice/http1';
import type {
  UpstreamCall,
  UpstreamEvents,
  UpstreamRequest,
  UpstreamTimeouts,
} from '../exchange/upstream-call.ts';
import type { Tunnel } from '../exchange/tunnel.ts';
import { OutgoingContent, type ContentSender } from '../net/outgoing-content.ts';
import { requestFraming, requestHead } from './request-head.ts';
import type { ResponseContent } from './response-content.ts';
import type { SocketWriter } from '../net/socket-writer.ts';

/** The pool, as a call uses it. */
export interface CallDispatcher {
  /** Opens a new connection for the call. */
  retry(call: PooledCall): void;
  /** Removes the call from the queue for a connection. */
  unqueue(call: PooledCall): void;
}

/** The connection, as the call on it uses it. */
export interface CallConnection {
  readonly writer: SocketWriter;
  /** Reports that the whole request was handed to the socket; the wait for the response begins. */
  requestSent(): void;
  /** Closes the connection without reporting anything to the call. */
  destroy(): void;
}

/** Idempotent methods (RFC 9110 section 9.2.2). */
const idempotent: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);

/**
 * One request to an HTTP/1.1 target. Sends the request and reports exactly one outcome.
 *
 * A server may close an idle connection at the moment a request is sent on it. When that happens
 * before the first byte of the response, the request is sent once more on a new connection, if it
 * is idempotent and its content was not started (RFC 9112 section 9.3.1).
 */
export class PooledCall implements UpstreamCall, ContentSender {
  readonly request: UpstreamRequest;
  readonly timeouts: UpstreamTimeouts;
  /** Wheel time by which the whole exchange must be complete; later when policies took time. */
  totalDeadlineMs: number;
  /** Wheel time by which a queued call must have a connection. */
  readonly queueDeadlineMs: number;
  connection: CallConnection | undefined = undefined;
  /** The whole request was handed to the socket. */
  requestSent = false;
  private readonly dispatcher: CallDispatcher;
  private readonly events: UpstreamEvents;
  private outgoing: OutgoingContent | undefined = undefined;
  private contentStarted = false;
  private written = false;
  private wasRepeated = false;
  private over = false;
  private content: ResponseContent | undefined = undefined;

  constructor(
    dispatcher: CallDispatcher,
    request: UpstreamRequest,
    timeouts: UpstreamTimeouts,
    events: UpstreamEvents,
    nowMs: number,
  ) {
    this.dispatcher = dispatcher;
    this.request = request;
    this.timeouts = timeouts;
    this.events = events;
    this.totalDeadlineMs = nowMs + timeouts.totalMs;
    this.queueDeadlineMs = nowMs + Math.min(timeouts.connectMs, timeouts.totalMs);
  }

  /** Identifies the caller; empty when it is unknown. */
  get callerKey(): string {
    return this.request.caller?.callerKey ?? '';
  }

  get isSlow(): boolean {
    return this.request.isSlow === true;
  }

  /** Whether the client has not sent all request content yet. */
  get isUploading(): boolean {
    const { content } = this.request;
    return (
      !this.requestSent && content.length !== 0 && content.arrivedBytes !== Number.POSITIVE_INFINITY
    );
  }

  /** Whether the response head was delivered. */
  get answered(): boolean {
    return this.content !== undefined;
  }

  /** Whether the call has ended. */
  get isOver(): boolean {
    return this.over;
  }

  /**
   * Whether the call must not reuse a connection: a repeated request avoids another dead
   * connection, and an upgrade needs an ordinary stream.
   */
  get needsFresh(): boolean {
    return this.wasRepeated || this.request.upgrade;
  }

  /** Whether the content can be sent from its first byte. */
  private get isContentWhole(): boolean {
    return !this.contentStarted || this.request.content.isReplayable === true;
  }

  /** Whether the request may be sent once more. */
  get isRepeatable(): boolean {
    return (
      !this.wasRepeated &&
      this.isContentWhole &&
      !this.request.upgrade &&
      idempotent.has(this.request.method)
    );
  }

  abort(): void {
    if (this.over) return;
    this.over = true;
    this.stopSending();
    const { connection } = this;
    if (connection === undefined) this.dispatcher.unqueue(this);
    else connection.destroy();
  }

  /** Called by the connection when the call may use it. Sends the request. */
  send(connection: CallConnection): void {
    const { request } = this;
    const { content } = request;
    const framing = requestFraming(request.method, content.length);
    let head: string;
    try {
      head = requestHead(request, framing);
    } catch (error) {
      this.fail('internal_error', `the request cannot be written: ${errorMessage(error)}`);
      connection.destroy();
      return;
    }
    this.written = true;
    if (content.length === 0) {
      connection.writer.send(head);
      this.contentSent();
      return;
    }
    this.contentStarted = true;
    this.outgoing = new OutgoingContent(connection.writer, this, head, framing, content);
    this.outgoing.begin();
  }

  contentSent(): void {
    this.requestSent = true;
    this.connection?.requestSent();
  }

  /**
   * Closes the connection when the request content fails, so that the upstream cannot take it for
   * complete.
   */
  contentBroken(error: Error): void {
    const code = error instanceof GatewayError ? error.code : 'internal_error';
    const { connection } = this;
    this.fail(code, error.message);
    connection?.destroy();
  }

  /** Called by the connection when the upstream reads again. */
  resumeContent(): void {
    this.outgoing?.source.resume();
  }

  /** Called by the connection when the rest of the request is not needed. */
  stopSending(): void {
    if (!this.requestSent) this.outgoing?.abandon();
  }

  interim(status: number, headers: HeaderList): void {
    if (!this.over && status !== 100) this.events.onInterim(status, headers);
  }

  respond(status: number, headers: HeaderList, content: ResponseContent): void {
    this.content = content;
    this.events.onResponse(status, headers, content);
  }

  upgraded(headers: HeaderList, tunnel: Tunnel): void {
    this.over = true;
    this.events.onUpgrade(headers, tunnel);
  }

  /** Called by the connection when the exchange is complete. */
  complete(): void {
    this.over = true;
  }

  /**
   * Called by a failed connection.
   * @param silent no byte of the response arrived
   * @param reused it had served other calls
   */
  broken(code: ErrorCode, reason: string, silent: boolean, reused: boolean): void {
    if (this.over) return;
    if (code === 'upstream_reset' && silent && reused && this.isRepeatable) {
      this.stopSending();
      this.wasRepeated = true;
      this.connection = undefined;
      this.requestSent = false;
      this.dispatcher.retry(this);
      return;
    }
    this.fail(code, reason);
  }

  /** Reports the failure of the call, or of the response content when the response has begun. */
  fail(code: ErrorCode, reason: string): void {
    if (this.over) return;
    this.over = true;
    this.stopSending();
    if (this.content !== undefined) this.content.fail(code, reason);
    else
      this.events.onFailure({
        code,
        reason,
        unsent: !this.written,
        replayable: this.isContentWhole,
      });
  }
}
