// The global `performance` is a getter: reading it costs as much as reading the clock.
import { performance } from 'node:perf_hooks';
import { after, faultReason } from '@sluice/errors';
import type { HeaderList } from '@sluice/http1';
import { ContentFault, deny } from '@sluice/policy-sdk';
import { clientGone as clientLeft } from '@sluice/telemetry';
import type { ExchangeService } from './configuration.ts';
import type { ContentSource } from '../net/content.ts';
import type { AbortListener } from './downstream.ts';
import type { Exchange } from './exchange.ts';
import { HeldContent } from './held-content.ts';
import { respondFromUpstream, type ResponseOwner } from './respond-from-upstream.ts';
import {
  clientGone,
  respond,
  respondToFault,
  sendInterim,
  switchProtocols,
  type Over,
} from './respond.ts';
import { ownFields } from './own-fields.ts';
import { upstreamAuthority, upstreamRequestTarget } from './rewrite.ts';
import type { LongStream, StreamEnd } from './long-stream.ts';
import type { Tunnel } from './tunnel.ts';
import type {
  Outcome,
  UpstreamCall,
  UpstreamEvents,
  UpstreamFailure,
  UpstreamRequest,
  UpstreamTarget,
  UpstreamTimeouts,
} from './upstream-call.ts';

/** Idempotent methods, RFC 9110 section 9.2.2. */
const idempotent: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);

/** Safe methods, RFC 9110 section 9.2.1: a request without content may try an ejected target. */
const safe: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/** The first attempt begins when this much content has arrived. */
const ENOUGH_BYTES = 16_384;
/**
 * After this time the first attempt begins with the content that has arrived: the client may be
 * streaming it.
 */
const SLOW_AFTER_MS = 1_000;

/** The upstream attempts of one exchange: the first one, and retries on other targets when safe. */
export class Attempts implements UpstreamEvents, AbortListener, ResponseOwner, LongStream {
  /** Another object after a policy of the response has timed out. */
  #exchange: Exchange;
  readonly #service: ExchangeService;
  readonly #over: Over;
  /** Every attempt sends the same request target. */
  readonly #requestTarget: string;
  /**
   * Set for requests with content to HTTP/2 targets, which can report that they did not process a
   * request; for other requests, set until the first attempt begins.
   */
  #held: HeldContent | undefined;
  /** Runs while the first attempt waits for content. */
  #slowTimer: NodeJS.Timeout | undefined;
  #isSlow = false;
  #target: UpstreamTarget | undefined;
  #isTrial = false;
  readonly #isSafe: boolean;
  #tried: UpstreamTarget[] | undefined;
  /** Failure of the previous attempt: the client gets it when no other target is left. */
  #lastFailure: UpstreamFailure['code'] = 'no_target_available';
  #call: UpstreamCall | undefined;
  #attempt = 0;
  #attemptStartedAtMs = 0;
  #spanId = '';
  #isSpanOpen = false;
  /** Status code that the current attempt has received; 0 before the response head. */
  #status = 0;
  #ended = false;
  #isWatched = false;
  #tunnel: Tunnel | undefined;

  constructor(exchange: Exchange, service: ExchangeService, over: Over) {
    this.#exchange = exchange;
    this.#service = service;
    this.#over = over;
    this.#requestTarget = upstreamRequestTarget(exchange);
    const { content } = exchange;
    this.#held =
      service.spec.protocol.startsWith('h2') &&
      content.length !== 0 &&
      content.isReplayable !== true
        ? new HeldContent(content)
        : undefined;
    this.#isSafe = safe.has(exchange.upstreamMethod) && content.length === 0;
    exchange.upstreamStartedAtMs = performance.now();
    exchange.downstream.abortListener = this;
  }

  /**
   * Starts the first attempt when enough content has arrived. Until then, a client that sends
   * slowly occupies memory of the gateway and no upstream connection that other requests need.
   */
  begin(): void {
    const { downstream, content } = this.#exchange;
    if (
      content.length === 0 ||
      (content.arrivedBytes ?? 0) >= ENOUGH_BYTES ||
      downstream.wantsUpgrade ||
      downstream.isGrpc
    )
      return this.next();
    const held = (this.#held ??= new HeldContent(content));
    this.#slowTimer = after('connection', SLOW_AFTER_MS, () => this.#contentReady(true));
    held.collect(ENOUGH_BYTES, () => this.#contentReady(false));
  }

  #contentReady(isSlow: boolean): void {
    if (this.#slowTimer === undefined || this.#ended) return;
    clearTimeout(this.#slowTimer);
    this.#slowTimer = undefined;
    try {
      const failure = this.#held?.failure;
      if (failure !== undefined) {
        this.#exchange.reason = failure.message;
        return this.#reply(failure.code);
      }
      this.#isSlow = isSlow;
      // The time that the client took does not count as upstream time.
      this.#exchange.upstreamStartedAtMs = performance.now();
      if (!this.#service.spec.protocol.startsWith('h2')) this.#held?.release();
      this.next();
    } catch (fault) {
      this.#giveUp(fault);
    }
  }

  /** Sends the request to the next target. */
  next(): void {
    const exchange = this.#exchange;
    const { upstream } = this.#service;
    const target = upstream.pick(this.#isSafe, this.#tried);
    if (target === undefined) return this.#reply(this.#lastFailure);
    this.#target = target;
    this.#isTrial = upstream.pickedForTrial;
    this.#attempt++;
    exchange.attemptCount = this.#attempt;
    this.#beginSpan();
    exchange.targetAddress = target.address;
    const request: UpstreamRequest = {
      method: exchange.upstreamMethod,
      requestTarget: this.#requestTarget,
      authority: upstreamAuthority(exchange, target.address),
      headers: exchange.headers,
      content: this.#held ?? exchange.content,
      upgrade: exchange.downstream.wantsUpgrade,
      caller: exchange,
      notInTrailers: exchange.runtime.protectedFields.inTrailers,
      isSlow: this.#isSlow,
    };
    const attempt = this.#attempt;
    const call = target.send(request, this.#timeouts(), this);
    // When the call failed synchronously, the next attempt has already replaced it.
    if (attempt === this.#attempt && !this.#ended) this.#call = call;
  }

  onInterim(status: number, headers: HeaderList): void {
    try {
      sendInterim(this.#exchange, status, headers);
    } catch (fault) {
      this.#giveUp(fault);
    }
  }

  onResponse(status: number, headers: HeaderList, content: ContentSource): void {
    this.#held?.release();
    this.#report(this.#service.upstream.outcomeOf(status));
    this.#markHead(status);
    try {
      respondFromUpstream(this.#exchange, status, headers, content, this);
    } catch (fault) {
      this.#giveUp(fault);
    }
    if (!this.#ended) this.#watch();
  }

  onUpgrade(headers: HeaderList, tunnel: Tunnel): void {
    this.#report('success');
    this.#markHead(101);
    try {
      this.#watch();
      if (this.#isWatched) this.#tunnel = tunnel;
      tunnel.mayClose = this.#isWatched;
      switchProtocols(this.#exchange, headers, tunnel, (errorType) => this.#end(errorType));
    } catch (fault) {
      tunnel.stream.destroy();
      this.#giveUp(fault);
    }
  }

  /** The response may last: it ends with the caller's credential, unless the route says otherwise. */
  #watch(): void {
    const { consumer, principal, plan, proxy } = this.#exchange.current;
    if (consumer === undefined && principal === undefined) return;
    if (plan?.route.spec.streams === 'keep') return;
    this.#isWatched = true;
    proxy.streams.add(this);
  }

  /** {@inheritDoc LongStream.caller} */
  get caller(): Exchange {
    return this.#exchange.current;
  }

  /** {@inheritDoc LongStream.endStream} */
  endStream(end: StreamEnd): void {
    if (this.#ended) return;
    if (this.#tunnel !== undefined) return this.#tunnel.close?.(end);
    const exchange = this.#exchange.current;
    const { downstream } = exchange;
    exchange.brokenOff = end.errorType;
    exchange.reason = end.reason;
    exchange.onAborted();
    this.#end(end.errorType);
    this.#call?.abort();
    downstream.abort();
  }

  onFailure(failure: UpstreamFailure): void {
    try {
      this.#retryOrReply(failure);
    } catch (fault) {
      this.#giveUp(fault);
    }
  }

  /**
   * Tries another target when that is safe and may help; otherwise sends the failure to the client.
   */
  #retryOrReply(failure: UpstreamFailure): void {
    const { code, replayable, unsent, reason } = failure;
    const exchange = this.#exchange;
    exchange.reason = reason;
    this.#lastFailure = code;
    this.#endSpan(code);
    const isTargetsFault = code.startsWith('upstream_');
    this.#report(isTargetsFault ? 'failure' : 'abandoned');
    // The target is not at fault when all its connections are busy, or when this machine has no
    // file descriptor or port left; but another target may have a free connection.
    const mayHelp =
      isTargetsFault || code === 'no_target_available' || code === 'local_resources_exhausted';
    if (mayHelp) exchange.proxy.noteFailure(exchange, code, reason);
    const isSafe = replayable && (unsent || idempotent.has(exchange.upstreamMethod));
    const mayTry = this.#attempt <= this.#service.spec.retries.attempts && this.#leftMs() >= 1;
    if (mayHelp && isSafe && mayTry && this.#target !== undefined) {
      (this.#tried ??= []).push(this.#target);
      return this.next();
    }
    this.#reply(code);
  }

  /**
   * Handles an exception of a policy or of the gateway while it processed an upstream event. It
   * runs in a socket's event handler, where no caller would catch the exception.
   */
  #giveUp(fault: unknown): void {
    if (this.#ended) return;
    this.#call?.abort();
    const exchange = this.#exchange.current;
    const isUpstreams = fault instanceof ContentFault && fault.source === 'upstream';
    if (isUpstreams) exchange.proxy.noteFailure(exchange, fault.code, faultReason(fault));
    respondToFault(exchange, fault, () => this.#end(isUpstreams ? fault.code : undefined));
  }

  /** The timeouts of the next attempt: all attempts together share the total timeout. */
  #timeouts(): UpstreamTimeouts {
    const { timeouts } = this.#service.spec;
    return this.#attempt === 1 ? timeouts : { ...timeouts, totalMs: Math.ceil(this.#leftMs()) };
  }

  #leftMs(): number {
    return (
      this.#exchange.upstreamStartedAtMs + this.#service.spec.timeouts.totalMs - performance.now()
    );
  }

  #reply(code: UpstreamFailure['code']): void {
    if (this.#ended) return;
    this.#exchange.upstreamDurationMs = performance.now() - this.#exchange.upstreamStartedAtMs;
    respond(this.#exchange, deny(code), () => this.#end());
  }

  #markHead(status: number): void {
    this.#status = status;
    this.#exchange.upstreamDurationMs = performance.now() - this.#exchange.upstreamStartedAtMs;
  }

  #beginSpan(): void {
    const { trace, headers, proxy } = this.#exchange;
    this.#status = 0;
    if (trace.recorded) {
      this.#isSpanOpen = true;
      this.#attemptStartedAtMs = performance.now();
    }
    this.#spanId = proxy.tracer.attemptSpanId(trace);
    // The value would not change.
    if (trace.isPassedOn && headers.hasOne(ownFields.traceparent)) return;
    const traceparent = trace.traceparent(this.#spanId);
    if (traceparent === undefined) headers.remove(ownFields.traceparent);
    else headers.setOwn(ownFields.traceparent, traceparent);
  }

  /** Ends the span of the current attempt, with or without a response. */
  #endSpan(errorType: string | undefined): void {
    if (!this.#isSpanOpen || this.#target === undefined) return;
    this.#isSpanOpen = false;
    const exchange = this.#exchange;
    const { host, port, scheme, protocolVersion } = this.#target;
    // For an incomplete response the gateway set the status; the upstream sent none.
    const grpcStatus =
      errorType === undefined && exchange.source === 'upstream' ? exchange.grpcStatus : -1;
    exchange.attempts = [
      ...exchange.attempts,
      {
        spanId: this.#spanId,
        startTimeMs: performance.timeOrigin + this.#attemptStartedAtMs,
        durationMs: performance.now() - this.#attemptStartedAtMs,
        scheme,
        host,
        port,
        path: exchange.rewrittenPath ?? exchange.path,
        protocol: protocolVersion,
        status: this.#status,
        grpcStatus,
        errorType,
      },
    ];
  }

  #report(outcome: Outcome): void {
    if (this.#target !== undefined)
      this.#service.upstream.report(this.#target, outcome, this.#isTrial);
    this.#isTrial = false;
  }

  /** The client has disconnected: aborts the upstream call. */
  onAborted(): void {
    if (this.#ended) return;
    this.#call?.abort();
    const exchange = this.#exchange.current;
    // A policy of the response may be waiting.
    exchange.onAborted();
    clientGone(exchange);
    this.#end(clientLeft);
  }

  /** {@inheritDoc ResponseOwner.ended} */
  ended(errorType: string | undefined): void {
    this.#end(errorType);
  }

  /** {@inheritDoc ResponseOwner.failed} */
  failed(fault: unknown): void {
    this.#giveUp(fault);
  }

  /** @param errorType the `error.type` of the current attempt; undefined when it succeeded */
  #end(errorType?: string): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#exchange = this.#exchange.current;
    this.#endSpan(errorType);
    if (this.#slowTimer !== undefined) clearTimeout(this.#slowTimer);
    this.#held?.release();
    if (this.#isTrial) this.#report('abandoned');
    if (this.#isWatched) this.#exchange.proxy.streams.delete(this);
    this.#exchange.downstream.abortListener = undefined;
    this.#over(this.#exchange);
  }
}
