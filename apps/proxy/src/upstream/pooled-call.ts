import { GatewayError, type ErrorCode } from '@sluice/errors';
import type { HeaderList } from '@sluice/http1';
import type { UpstreamCall, UpstreamEvents, UpstreamRequest, UpstreamTimeouts } from '../exchange/upstream-call.ts';
import type { Tunnel } from '../exchange/tunnel.ts';
import { OutgoingContent, type ContentSender } from '../net/outgoing-content.ts';
import { requestFraming, requestHead } from './request-head.ts';
import type { ResponseContent } from './response-content.ts';
import type { UpstreamConnection } from './upstream-connection.ts';

/** Where calls come from: the pool, as a call sees it. */
export interface CallDispatcher {
  /** Gives the call a connection of its own, opened now. */
  retry(call: PooledCall): void;
  /** The call no longer waits for a connection. */
  unqueue(call: PooledCall): void;
}

/** Methods whose repetition does no further harm, RFC 9110 section 9.2.2. */
const idempotent: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);

/**
 * One request on its way to one target: its request side, and the promise that exactly one outcome is reported.
 *
 * A server may close an idle connection in the moment a request is put on it. When that happens before the first byte
 * of a response, the request goes out once more on a fresh connection, provided that it is idempotent and its content
 * was not touched (RFC 9112 section 9.3.1).
 */
export class PooledCall implements UpstreamCall, ContentSender {
  readonly request: UpstreamRequest;
  readonly timeouts: UpstreamTimeouts;
  /** Wheel time by which the whole exchange must be over. */
  readonly totalDeadlineMs: number;
  /** Wheel time by which a waiting call must have got a connection. */
  readonly queueDeadlineMs: number;
  connection: UpstreamConnection | undefined = undefined;
  /** The request was handed to the socket entirely. */
  requestSent = false;
  private readonly dispatcher: CallDispatcher;
  private readonly events: UpstreamEvents;
  private outgoing: OutgoingContent | undefined = undefined;
  private contentStarted = false;
  private written = false;
  private wasRepeated = false;
  private over = false;
  private content: ResponseContent | undefined = undefined;

  constructor(dispatcher: CallDispatcher, request: UpstreamRequest, timeouts: UpstreamTimeouts, events: UpstreamEvents, nowMs: number) {
    this.dispatcher = dispatcher;
    this.request = request;
    this.timeouts = timeouts;
    this.events = events;
    this.totalDeadlineMs = nowMs + timeouts.totalMs;
    this.queueDeadlineMs = nowMs + Math.min(timeouts.connectMs, timeouts.totalMs);
  }

  /** Who asks; empty when that is not known. */
  get callerKey(): string {
    return this.request.caller?.callerKey ?? '';
  }

  get isSlow(): boolean {
    return this.request.isSlow === true;
  }

  /** Content of the request is still on its way from the client. */
  get isUploading(): boolean {
    const { content } = this.request;
    return !this.requestSent && content.length !== 0 && content.arrivedBytes !== Number.POSITIVE_INFINITY;
  }

  /** The head of the response was delivered. */
  get answered(): boolean {
    return this.content !== undefined;
  }

  /** Nothing more is to be done for it. */
  get isOver(): boolean {
    return this.over;
  }

  /**
   * Takes only a connection that was opened for it: one that has met a dead connection, so as not to meet another, and one
   * that asks for an upgrade, because what it needs is an ordinary stream.
   */
  get needsFresh(): boolean {
    return this.wasRepeated || this.request.upgrade;
  }

  /** The request may go out once more, when it turns out that the first time was in vain. */
  get isRepeatable(): boolean {
    return !this.wasRepeated && !this.contentStarted && !this.request.upgrade && idempotent.has(this.request.method);
  }

  abort(): void {
    if (this.over) return;
    this.over = true;
    this.stopSending();
    const { connection } = this;
    if (connection === undefined) this.dispatcher.unqueue(this);
    else connection.destroy();
  }

  /** For the connection: it is open and this call's. Sends the request. */
  send(connection: UpstreamConnection): void {
    const { request } = this;
    const { content } = request;
    const framing = requestFraming(request.method, content.length);
    let head: string;
    try {
      head = requestHead(request, framing);
    } catch (error) {
      this.fail('internal_error', `the request cannot be written: ${String(error)}`);
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

  /** The client's content failed: the upstream must not take what it has for whole. */
  contentBroken(error: Error): void {
    const code = error instanceof GatewayError ? error.code : 'internal_error';
    const { connection } = this;
    this.fail(code, error.message);
    connection?.destroy();
  }

  /** For the connection: the upstream takes more. */
  resumeContent(): void {
    this.outgoing?.source.resume();
  }

  /** For the connection: nobody reads the rest of the request any more. */
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

  /** For the connection: the exchange is complete, nothing is left to abort. */
  complete(): void {
    this.over = true;
  }

  /** For the connection: it broke. Nothing of a response had arrived when `silent`, and it had served before when `reused`. */
  broken(code: ErrorCode, reason: string, silent: boolean, reused: boolean): void {
    if (this.over) return;
    if (code === 'upstream_reset' && silent && reused && this.isRepeatable) {
      this.wasRepeated = true;
      this.connection = undefined;
      this.requestSent = false;
      this.dispatcher.retry(this);
      return;
    }
    this.fail(code, reason);
  }

  /** Reports that there will be no response, or that the one there is breaks off. */
  fail(code: ErrorCode, reason: string): void {
    if (this.over) return;
    this.over = true;
    this.stopSending();
    if (this.content !== undefined) this.content.fail(code, reason);
    else this.events.onFailure({ code, reason, unsent: !this.written, replayable: !this.contentStarted });
  }
}
