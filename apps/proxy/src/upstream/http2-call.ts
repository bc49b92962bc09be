import type { ErrorCode, GatewayError } from '@sluice/errors';
import type { HeaderList } from '@sluice/http1';
import { constants } from 'node:http2';
import { errorMessage } from '@sluice/errors';
import type { ContentSink } from '../net/content.ts';
import type {
  UpstreamCall,
  UpstreamEvents,
  UpstreamRequest,
  UpstreamTimeouts,
} from '../exchange/upstream-call.ts';
import { fieldsOf, trailersOf } from '../net/http2-fields.ts';
import { toKeep } from '../net/shared-read-buffer.ts';
import { Timer, type TimerOwner, type TimerWheel } from '../net/timer-wheel.ts';
import { http2RequestHead, isGrpc } from './http2-request-head.ts';
import { readHttp2ResponseHead } from './http2-response-head.ts';
import { watchEnd, type WatchedStream } from './http2-stream-end.ts';
import {
  ResponseContent,
  type PausableTimeouts,
  type ResponseContentOwner,
} from './response-content.ts';

/** The target, as a call uses it. */
export interface Http2CallDispatcher {
  readonly wheel: TimerWheel;
  readonly scheme: 'http' | 'https';
  /** Gives the call another session, because the upstream has not processed the request. */
  retry(call: Http2Call): void;
}

/** The session, as a call on it uses it. */
export interface CallSession {
  /** Whether the session accepts streams. */
  readonly isOpen: boolean;
  /** Opens a stream. @throws Error when the session accepts none, or the head cannot be written */
  request(raw: readonly string[], endStream: boolean, waitForTrailers: boolean): WatchedStream;
  /**
   * Whether a GOAWAY frame said that the upstream will not process the stream with this identifier.
   */
  isUnprocessed(streamId: number | undefined): boolean;
  /** Stops accepting calls; the session closes after its last stream. */
  retire(): void;
}

/** Interim responses allowed before the final one. */
const MAX_INTERIM_RESPONSES = 16;

/**
 * The phases of a call: it waits for a session, for the response, or for the content of the
 * response.
 */
const SESSION = 0;
const RESPONSE = 1;
const CONTENT = 2;

/**
 * One request to an HTTP/2 target, on a stream of one of its sessions. Reports exactly one outcome.
 * A request that the upstream did not process (RFC 9113 section 8.7: a refused stream, or one above
 * the last stream of a GOAWAY) counts as unsent, and is sent once more while its content is still
 * buffered.
 *
 * An aborted stream is destroyed, not closed: Node ends a closed stream normally, and the upstream
 * would take an incomplete request for a complete one.
 */
export class Http2Call
  implements UpstreamCall, ContentSink, ResponseContentOwner, PausableTimeouts, TimerOwner
{
  private readonly request: UpstreamRequest;
  private readonly timeouts: UpstreamTimeouts;
  private readonly events: UpstreamEvents;
  private readonly dispatcher: Http2CallDispatcher;
  private readonly wheel: TimerWheel;
  private readonly timer = new Timer(this);
  readonly deadline: PausableTimeouts = this;
  private totalDeadlineMs: number;
  /** When a policy began to work on the response; negative while the timeouts run. */
  private pausedAtMs = -1;
  private phase = SESSION;
  private phaseDeadlineMs: number;
  private activeMs: number;
  private session: CallSession | undefined = undefined;
  private stream: WatchedStream | undefined = undefined;
  private content: ResponseContent | undefined = undefined;
  private trailers: HeaderList | undefined = undefined;
  private interims = 0;
  private contentStarted = false;
  private requestSent = false;
  private blocked = false;
  private reading = false;
  private endsWithHead = false;
  /** END_STREAM came with the head or the trailers. */
  private endsWithFields = false;
  private retried = false;
  over = false;

  constructor(
    dispatcher: Http2CallDispatcher,
    request: UpstreamRequest,
    timeouts: UpstreamTimeouts,
    events: UpstreamEvents,
  ) {
    this.dispatcher = dispatcher;
    this.request = request;
    this.timeouts = timeouts;
    this.events = events;
    this.wheel = dispatcher.wheel;
    this.activeMs = this.wheel.nowMs;
    this.totalDeadlineMs = this.activeMs + timeouts.totalMs;
    this.phaseDeadlineMs = this.activeMs + timeouts.connectMs;
    this.arm();
  }

  abort(): void {
    if (this.over) return;
    this.finish();
    this.stream?.destroy(new Error('the call was aborted'));
  }

  /** Called by the session when it can open a stream. Sends the request. */
  send(session: CallSession): void {
    if (this.over) return;
    const { content, headers } = this.request;
    this.session = session;
    let stream: WatchedStream;
    try {
      stream = session.request(
        http2RequestHead(this.request, this.dispatcher.scheme),
        content.length === 0,
        content.length !== 0 && isGrpc(headers),
      );
    } catch (error) {
      // A closing session accepts no streams.
      if (session.isOpen)
        this.broken(
          'internal_error',
          `the request cannot be written: ${errorMessage(error)}`,
          true,
        );
      else this.refused('the session was closed');
      return;
    }
    this.stream = stream;
    this.phase = RESPONSE;
    this.listen(stream);
    if (content.length === 0) return this.sent();
    this.contentStarted = true;
    this.arm();
    content.start(this);
  }

  // ContentSink: the content of the request.

  data(chunk: Buffer): boolean {
    if (this.over || this.requestSent || this.stream === undefined) return false;
    this.activeMs = this.wheel.nowMs;
    this.blocked = !this.stream.write(toKeep(chunk));
    return !this.blocked;
  }

  end(trailers: HeaderList | undefined): void {
    if (this.over || this.requestSent) return;
    const { notInTrailers } = this.request;
    if (notInTrailers !== undefined) trailers?.removeBeginningWith(notInTrailers);
    // Node emits this for gRPC requests only; see `request`.
    this.stream?.once('wantTrailers', () => this.stream?.sendTrailers(trailersOf(trailers)));
    this.stream?.end();
    this.sent();
  }

  fail(error: GatewayError): void {
    if (!this.requestSent) this.broken(error.code, error.message);
  }

  // ResponseContentOwner: the content of the response.

  contentResumed(): void {
    const { stream, content } = this;
    if (stream === undefined || content === undefined) return;
    this.activeMs = this.wheel.nowMs;
    if (this.reading) {
      stream.resume();
      return;
    }
    this.reading = true;
    // 'end' is emitted once, and for empty content possibly before the content is requested.
    if (stream.readableEnded) return this.ended(stream, content);
    stream.on('data', (chunk: Buffer) => {
      this.activeMs = this.wheel.nowMs;
      content.deliver(chunk);
    });
    stream.on('end', () => this.ended(stream, content));
  }

  contentPaused(): void {
    this.stream?.pause();
  }

  pause(): void {
    if (this.pausedAtMs < 0) this.pausedAtMs = this.wheel.nowMs;
  }

  resume(): void {
    if (this.pausedAtMs < 0 || this.over) return;
    this.totalDeadlineMs += this.wheel.nowMs - this.pausedAtMs;
    this.pausedAtMs = -1;
    this.activeMs = this.wheel.nowMs;
    this.arm();
  }

  contentCancelled(): void {
    const { stream } = this;
    this.finish();
    if (this.endsWithHead && this.requestSent) stream?.resume();
    else stream?.destroy(new Error('the rest of the response was cancelled'));
  }

  /** Called by the session when it failed before the request was sent. */
  unreachable(reason: string): void {
    this.broken('upstream_connect_failed', reason, true);
  }

  /** Called by the target when the call cannot get a session. */
  reject(code: ErrorCode, reason: string): void {
    this.broken(code, reason, true);
  }

  private listen(stream: WatchedStream): void {
    watchEnd(stream);
    stream.on('headers', (_, __, raw) => this.interim(raw));
    stream.on('response', (_, flags, raw) =>
      this.respond(raw, (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0),
    );
    stream.on('trailers', (_, __, raw) => {
      this.trailers = fieldsOf(raw);
      this.endsWithFields = true;
    });
    stream.on('drain', () => {
      if (this.stream !== stream) return;
      this.blocked = false;
      this.activeMs = this.wheel.nowMs;
      this.request.content.resume();
    });
    // 'close' follows, and the reset code of the stream states the cause.
    stream.on('error', () => undefined);
    stream.on('close', () => this.closed(stream));
  }

  private sent(): void {
    this.requestSent = true;
    this.activeMs = this.wheel.nowMs;
    this.phaseDeadlineMs = this.activeMs + this.timeouts.firstByteMs;
    this.arm();
  }

  private interim(raw: readonly string[]): void {
    const status = Number(raw[raw.indexOf(':status') + 1]);
    const headers = fieldsOf(raw);
    if (this.over) return;
    if (headers === undefined || ++this.interims > MAX_INTERIM_RESPONSES) {
      this.broken(
        'upstream_malformed_response',
        'an interim response is malformed, or there are too many of them',
      );
    } else if (status !== 100) {
      this.events.onInterim(status, headers);
    }
  }

  private respond(raw: readonly string[], ends: boolean): void {
    if (this.over) return;
    const head = readHttp2ResponseHead(raw);
    if (typeof head === 'string') return this.broken('upstream_malformed_response', head);
    this.phase = CONTENT;
    this.activeMs = this.wheel.nowMs;
    this.endsWithHead = ends;
    this.endsWithFields = ends;
    const content = new ResponseContent(this, head.length, ends);
    this.content = content;
    this.arm();
    // The server answered with an error before it had read the content, so the rest is not sent.
    if (!this.requestSent && head.status >= 400) this.request.content.cancel();
    this.events.onResponse(head.status, head.headers, content);
  }

  private ended(stream: WatchedStream, content: ResponseContent): void {
    if (this.over) return;
    // A stream that was reset emits 'end', too.
    const isCutOff = stream.endedByClose === true && !this.endsWithFields;
    if (isCutOff || stream.rstCode !== constants.NGHTTP2_NO_ERROR) return this.closed(stream);
    const { requestSent } = this;
    this.finish();
    content.complete(this.trailers);
    if (!requestSent) stream.destroy(new Error('the response is complete before the request'));
  }

  private closed(stream: WatchedStream): void {
    if (this.over) return;
    const code = stream.rstCode;
    const isUnprocessed =
      code === constants.NGHTTP2_REFUSED_STREAM || this.session?.isUnprocessed(stream.id) === true;
    if (isUnprocessed && this.content === undefined)
      this.refused('the upstream did not process the request');
    else this.broken('upstream_reset', `the stream was closed with code ${code}`);
  }

  private refused(reason: string): void {
    // Rewound content counts as not started: the next stream, of this or another target, sends it
    // from the beginning.
    if (this.contentStarted && this.request.content.rewind?.() === true)
      this.contentStarted = false;
    if (this.contentStarted || this.retried) return this.broken('upstream_reset', reason, true);
    this.retried = true;
    this.blocked = false;
    this.phase = SESSION;
    this.requestSent = false;
    this.phaseDeadlineMs = this.wheel.nowMs + this.timeouts.connectMs;
    this.session = undefined;
    this.stream = undefined;
    this.arm();
    this.dispatcher.retry(this);
  }

  private broken(code: ErrorCode, reason: string, isUnsent = false): void {
    if (this.over) return;
    const { content, stream } = this;
    this.finish();
    stream?.destroy(new Error('the call failed'));
    if (content !== undefined) content.fail(code, reason);
    else
      this.events.onFailure({
        code,
        reason,
        unsent: isUnsent,
        replayable: !this.contentStarted || this.request.content.isReplayable === true,
      });
  }

  /** Ends the call: it reports nothing more and reads no more request content. */
  private finish(): void {
    this.over = true;
    this.wheel.clear(this.timer);
    if (this.contentStarted && !this.requestSent) this.request.content.cancel();
  }

  private arm(): void {
    this.wheel.set(
      this.timer,
      Math.max(Math.min(this.deadlineMs(), this.totalDeadlineMs) - this.wheel.nowMs, 0),
    );
  }

  /**
   * The wheel time at which the current wait is too long. The time that the client takes does not
   * count.
   */
  private deadlineMs(): number {
    if (this.phase === SESSION || (this.phase === RESPONSE && this.requestSent))
      return this.phaseDeadlineMs;
    const isUpstreamToMove =
      this.phase === RESPONSE ? this.blocked : this.content?.flowing === true;
    return (isUpstreamToMove ? this.activeMs : this.wheel.nowMs) + this.timeouts.idleMs;
  }

  /** {@inheritDoc TimerOwner.expired} */
  expired(): void {
    const { nowMs } = this.wheel;
    const { connectMs, firstByteMs, idleMs, totalMs } = this.timeouts;
    if (this.pausedAtMs >= 0) return this.wheel.set(this.timer, idleMs);
    if (nowMs < this.totalDeadlineMs && nowMs < this.deadlineMs()) return this.arm();
    // The whole session may be stuck, not only the stream, so the next call gets another session.
    this.session?.retire();
    if (nowMs >= this.totalDeadlineMs)
      this.broken('upstream_timeout', `the exchange took longer than ${totalMs} ms`);
    else if (this.phase === SESSION)
      this.broken(
        'upstream_connect_failed',
        `no connection was available within ${connectMs} ms`,
        true,
      );
    else if (this.phase === RESPONSE && this.requestSent)
      this.broken('upstream_timeout', `no response within ${firstByteMs} ms`);
    else this.broken('upstream_timeout', `no byte was transferred for ${idleMs} ms`);
  }
}
