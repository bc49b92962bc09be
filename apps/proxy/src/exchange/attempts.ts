// The global of that name is a getter: asking it costs as much as the clock itself.
import { performance } from 'node:perf_hooks';
import { after } from '@sluice/errors';
import type { HeaderList } from '@sluice/http1';
import { deny } from '@sluice/policy-sdk';
import { clientGone as clientLeft } from '@sluice/telemetry';
import type { ServedService } from '../runtime/served.ts';
import type { ContentSource } from './content.ts';
import type { AbortListener } from './downstream.ts';
import type { Exchange } from './exchange.ts';
import { HeldContent } from './held-content.ts';
import { clientGone, respond, respondFromUpstream, respondToFault, sendInterim, switchProtocols } from './respond.ts';
import { ownFields } from './own-fields.ts';
import type { Outcome } from '../upstream/upstream-service.ts';
import { upstreamAuthority, upstreamRequestTarget } from './rewrite.ts';
import type { Tunnel } from './tunnel.ts';
import type { UpstreamCall, UpstreamEvents, UpstreamFailure, UpstreamRequest, UpstreamTarget, UpstreamTimeouts } from './upstream-call.ts';

/** Methods whose repetition does no further harm, RFC 9110 section 9.2.2. */
const idempotent: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);

/** Methods that ask for nothing to be changed, RFC 9110 section 9.2.1: without content, they may try an ejected target. */
const safe: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/** So much content is enough to begin with. */
const ENOUGH_BYTES = 16_384;
/** After that long a request begins with what is there: what it streams may be waited for. */
const SLOW_AFTER_MS = 1_000;

/** The attempts to get a response for one exchange: the first, and further targets while that is safe. */
export class Attempts implements UpstreamEvents, AbortListener {
  readonly #exchange: Exchange;
  readonly #service: ServedService;
  readonly #over: (exchange: Exchange) => void;
  /** The same for every attempt. */
  readonly #requestTarget: string;
  /**
   * Of requests with content to HTTP/2 targets, which can say that they have not processed one; of others while it arrives and
   * no target was asked yet.
   */
  #held: HeldContent | undefined;
  /** Runs while content is waited for. */
  #slowTimer: NodeJS.Timeout | undefined;
  #isSlow = false;
  #target: UpstreamTarget | undefined;
  #isTrial = false;
  readonly #isSafe: boolean;
  #tried: UpstreamTarget[] | undefined;
  /** What came of the attempt before: what the client is told when no other target is left. */
  #lastFailure: UpstreamFailure['code'] = 'no_target_available';
  #call: UpstreamCall | undefined;
  #attempt = 0;
  #attemptStartedAtMs = 0;
  #spanId = '';
  #isSpanOpen = false;
  /** Status code of the head that the attempt under way has got; 0 before it. */
  #status = 0;
  #ended = false;

  constructor(exchange: Exchange, service: ServedService, over: (exchange: Exchange) => void) {
    this.#exchange = exchange;
    this.#service = service;
    this.#over = over;
    this.#requestTarget = upstreamRequestTarget(exchange);
    const { content } = exchange.downstream;
    this.#held = service.spec.protocol.startsWith('h2') && content.length !== 0 ? new HeldContent(content) : undefined;
    this.#isSafe = safe.has(exchange.method) && content.length === 0;
    exchange.upstreamStartedAtMs = performance.now();
    exchange.downstream.abortListener = this;
  }

  /**
   * Asks the first target, once enough of the content is here: a client that is slow to send it holds memory of ours meanwhile,
   * and not a connection that others need.
   */
  begin(): void {
    const { downstream } = this.#exchange;
    const { content } = downstream;
    if (content.length === 0 || (content.arrivedBytes ?? 0) >= ENOUGH_BYTES || downstream.wantsUpgrade || downstream.isGrpc) return this.next();
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
      // The time that the client took is not the upstream's.
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
    this.#beginSpan();
    exchange.targetAddress = target.address;
    const request: UpstreamRequest = {
      method: exchange.method,
      requestTarget: this.#requestTarget,
      authority: upstreamAuthority(exchange, target.address),
      headers: exchange.headers,
      content: this.#held ?? exchange.downstream.content,
      upgrade: exchange.downstream.wantsUpgrade,
      caller: exchange,
      isSlow: this.#isSlow,
    };
    const attempt = this.#attempt;
    const call = target.send(request, this.#timeouts(), this);
    // A call that failed at once has already been followed by the next one.
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
      respondFromUpstream(this.#exchange, status, headers, content, (errorType) => this.#end(errorType));
    } catch (fault) {
      this.#giveUp(fault);
    }
  }

  onUpgrade(headers: HeaderList, tunnel: Tunnel): void {
    this.#report('success');
    this.#markHead(101);
    try {
      switchProtocols(this.#exchange, headers, tunnel, (errorType) => this.#end(errorType));
    } catch (fault) {
      tunnel.stream.destroy();
      this.#giveUp(fault);
    }
  }

  onFailure(failure: UpstreamFailure): void {
    try {
      this.#goOn(failure);
    } catch (fault) {
      this.#giveUp(fault);
    }
  }

  /** Tries another target when that is safe and may help; tells the client otherwise. */
  #goOn(failure: UpstreamFailure): void {
    const { code, replayable, unsent, reason } = failure;
    const exchange = this.#exchange;
    exchange.reason = reason;
    this.#lastFailure = code;
    this.#endSpan(code);
    const isTargetsFault = code.startsWith('upstream_');
    this.#report(isTargetsFault ? 'failure' : 'abandoned');
    // A target whose connections are all busy is not to blame, nor is one that this machine had no descriptor or port left for;
    // but another one may have a connection to spare.
    const mayHelp = isTargetsFault || code === 'no_target_available' || code === 'local_resources_exhausted';
    if (mayHelp) exchange.proxy.noteFailure(exchange, code, reason);
    const isSafe = replayable && (unsent || idempotent.has(exchange.method));
    const mayTry = this.#attempt <= this.#service.spec.retries.attempts && this.#leftMs() >= 1;
    if (mayHelp && isSafe && mayTry && this.#target !== undefined) {
      (this.#tried ??= []).push(this.#target);
      return this.next();
    }
    this.#reply(code);
  }

  /** A policy, or we ourselves, failed on what the upstream said. It runs in an event of its socket: nobody else would catch it. */
  #giveUp(fault: unknown): void {
    if (this.#ended) return;
    this.#call?.abort();
    respondToFault(this.#exchange, fault);
    this.#end();
  }

  /** The limits of the next attempt: all of them together have the time of one. */
  #timeouts(): UpstreamTimeouts {
    const { timeouts } = this.#service.spec;
    return this.#attempt === 1 ? timeouts : { ...timeouts, totalMs: Math.ceil(this.#leftMs()) };
  }

  #leftMs(): number {
    return this.#exchange.upstreamStartedAtMs + this.#service.spec.timeouts.totalMs - performance.now();
  }

  #reply(code: UpstreamFailure['code']): void {
    if (this.#ended) return;
    this.#exchange.upstreamDurationMs = performance.now() - this.#exchange.upstreamStartedAtMs;
    respond(this.#exchange, deny(code));
    this.#end();
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
    // It would be written as it is.
    if (trace.isPassedOn && headers.hasOne(ownFields.traceparent)) return;
    const traceparent = trace.traceparent(this.#spanId);
    if (traceparent === undefined) headers.remove(ownFields.traceparent);
    else headers.setOwn(ownFields.traceparent, traceparent);
  }

  /** The attempt is over: its response was passed on as far as it came, or there was none. */
  #endSpan(errorType: string | undefined): void {
    if (!this.#isSpanOpen || this.#target === undefined) return;
    this.#isSpanOpen = false;
    const exchange = this.#exchange;
    const { host, port, scheme, protocolVersion } = this.#target;
    // What broke off was given a status of ours; the upstream sent none.
    const grpcStatus = errorType === undefined && exchange.source === 'upstream' ? exchange.grpcStatus : -1;
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
    if (this.#target !== undefined) this.#service.upstream.report(this.#target, outcome, this.#isTrial);
    this.#isTrial = false;
  }

  /** The client is gone: the upstream need not go on. */
  onAborted(): void {
    if (this.#ended) return;
    this.#call?.abort();
    clientGone(this.#exchange);
    this.#end(clientLeft);
  }

  /** @param errorType why the response, or the lack of one, is an error of the attempt under way */
  #end(errorType?: string): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#endSpan(errorType);
    clearTimeout(this.#slowTimer);
    this.#held?.release();
    if (this.#isTrial) this.#report('abandoned');
    this.#exchange.downstream.abortListener = undefined;
    this.#over(this.#exchange);
  }
}
