// The global of that name is a getter: asking it costs as much as the clock itself.
import { performance } from 'node:perf_hooks';
import type { ErrorCode, ErrorSource } from '@sluice/errors';
import type { FieldName, HeaderList } from '@sluice/http1';
import type { Consumer, Credential, Exchange as PolicyExchange, Reply, ResourceRef, RouteView } from '@sluice/policy-sdk';
import type { MatchRequest } from '@sluice/router';
import { TraceContext, type AccessRecord, type AttemptFacts, type SpanFacts } from '@sluice/telemetry';
import { addressKey } from '../listener/address-counter.ts';
import { emptyPipeline, type Pipeline } from '../runtime/pipeline.ts';
import type { Runtime } from '../runtime/runtime.ts';
import type { ConsumerView, RoutePlan, ServedGateway, ServedService } from '../runtime/served.ts';
import type { AbortListener, Downstream } from './downstream.ts';
import { forwardedScheme } from './forwarded-scheme.ts';
import { ownFields } from './own-fields.ts';
import { PastRequest } from './past-request.ts';
import type { ProxyServices } from './proxy-services.ts';
import { traceparentOf, tracestateOf } from './trace-fields.ts';

/**
 * One request on its way and the answer to it: the one object that all steps share. There is one per connection (per
 * stream in HTTP/2); `open` makes it new for each request. Every field is set there, so that the object never changes
 * its shape.
 *
 * Invariants
 * - A custom policy may keep what it was given and use it at any time. So an exchange that a custom policy has seen is
 *   `isLent`: it works on a copy of the request fields, and once it is settled neither object serves another request.
 * - A policy whose time is up may still run. The exchange it was given is withdrawn from it: another one, the
 *   `successor`, goes on with the request, and nothing done to the old one reaches the connection.
 */
export class Exchange implements PolicyExchange, MatchRequest, AccessRecord, SpanFacts, AbortListener {
  downstream: Downstream;
  readonly proxy: ProxyServices;
  /** Pinned when the exchange opens: a revision that arrives later is for later exchanges. */
  runtime!: Runtime;
  pipeline: Pipeline = emptyPipeline;
  plan: RoutePlan | undefined = undefined;

  requestId = '';
  /** Request fields; changes are what the upstream sees. */
  headers: HeaderList;
  readonly trace = new TraceContext();
  /** `performance.now()` when the head was complete, milliseconds. */
  startedAtMs = 0;
  clientAddress = '';
  params: Readonly<Record<string, string>> | undefined = undefined;
  /** What the rewrite of the route made of the path; undefined when it is sent as it came. */
  rewrittenPath: string | undefined = undefined;
  /** The pattern that matched, for `http.route`. */
  pattern = '';
  consumer: ConsumerView | undefined = undefined;
  credential: Credential | undefined = undefined;

  /** What the client was answered; 499 when it left before the answer. */
  status = 0;
  code: ErrorCode | undefined = undefined;
  /** Who made the response: the upstream, or the side to blame for there being none. */
  source: ErrorSource = 'gateway';
  /** For the log: what exactly went wrong; never sent to the client. */
  reason: string | undefined = undefined;
  /** For the span: why the client did not get its whole response. */
  brokenOff: string | undefined = undefined;
  stoppedBy: string | undefined = undefined;
  targetAddress: string | undefined = undefined;
  attempts: AttemptFacts[] = noAttempts;
  upstreamStartedAtMs = 0;
  /** From the first attempt to the head of the response; negative while no target was asked. */
  upstreamDurationMs = -1;
  durationMs = 0;
  shadow: readonly string[] = noShadow;
  /** The client is gone: whatever is answered reaches nobody. */
  isAbandoned = false;
  /** Nothing more happens: it was counted and logged. */
  isSettled = false;
  /** The connection comes from a proxy whose forwarding fields are believed. */
  isPeerTrusted = false;
  /** Fields that policies want on the response, whoever makes it. */
  responseFields: ResponseField[] | undefined = undefined;
  /** Fields that leave the request on its way to the upstream. */
  hiddenFields: readonly FieldName[] | undefined = undefined;
  /** What the request is refused with once the caller and its limits have been looked at. */
  refusal: Reply | undefined = undefined;
  /** A custom policy has seen this exchange and may have kept it. */
  isLent = false;
  /** Serves no further request: the connection needs a new exchange for the next one. */
  isSpent = false;
  /** The exchange that goes on with the request after this one was withdrawn from a policy. */
  successor: Exchange | undefined = undefined;
  /** Made when a policy asks for the signal. */
  abortController: AbortController | undefined = undefined;

  constructor(downstream: Downstream, proxy: ProxyServices) {
    this.downstream = downstream;
    this.proxy = proxy;
    this.headers = downstream.headers;
  }

  /** Makes the exchange new for the request that the downstream now holds. */
  open(): void {
    const { proxy, downstream } = this;
    this.runtime = proxy.runtime();
    this.plan = undefined;
    this.headers = downstream.headers;
    this.requestId = proxy.newRequestId();
    this.startedAtMs = performance.now();
    const { gateway } = this;
    this.isPeerTrusted = gateway.trustedProxies.includes(downstream.peerAddress);
    this.clientAddress = gateway.trustedProxies.clientAddress(downstream.peerAddress, downstream.headers);
    proxy.tracer.decide(traceparentOf(downstream.headers), this.trace);
    this.params = undefined;
    this.rewrittenPath = undefined;
    this.pattern = '';
    this.consumer = undefined;
    this.credential = undefined;
    this.status = 0;
    this.code = undefined;
    this.source = 'gateway';
    this.reason = undefined;
    this.brokenOff = undefined;
    this.stoppedBy = undefined;
    this.targetAddress = undefined;
    this.attempts = noAttempts;
    this.upstreamStartedAtMs = 0;
    this.upstreamDurationMs = -1;
    this.durationMs = 0;
    this.shadow = noShadow;
    this.isAbandoned = false;
    this.isSettled = false;
    this.responseFields = undefined;
    this.hiddenFields = undefined;
    this.refusal = undefined;
    this.abortController = undefined;
    // Until a route is known, and when there is none, the gateway's own policies are those of the exchange.
    this.use(gateway.pipeline);
    downstream.maxBodyBytes = gateway.maxBodyBytes;
    downstream.servesHalfClosed = gateway.servesHalfClosed;
    downstream.abortListener = this;
  }

  /** For the downstream, until there is an attempt to hear it. */
  onAborted(): void {
    this.isAbandoned = true;
    this.abortController?.abort();
  }

  /** Takes the pipeline for what follows. */
  use(pipeline: Pipeline): void {
    this.pipeline = pipeline;
    if (!pipeline.hasCustomPolicies || this.isLent) return;
    this.isLent = true;
    this.headers = this.headers.clone();
  }

  /** The exchange that this request goes on with: another one after a policy took too long. */
  get current(): Exchange {
    return this.successor === undefined ? this : this.successor.current;
  }

  /**
   * Takes the exchange away from a policy that has used up its time: from here on `current` is another object, and what
   * the policy still does reaches nothing. The connection closes after the answer.
   */
  withdraw(): void {
    const { downstream, headers, responseFields } = this;
    downstream.closeAfterResponse();
    const successor = new Exchange(downstream, this.proxy);
    Object.assign(successor, this);
    successor.headers = headers.clone();
    successor.responseFields = responseFields?.slice();
    successor.abortController = undefined;
    if (downstream.abortListener === this) downstream.abortListener = successor;
    this.successor = successor;
    this.retire();
    this.abortController?.abort();
  }

  /** Separates the exchange from its connection: what is done to the exchange from here on has no effect. */
  retire(): void {
    this.isSpent = true;
    this.downstream = new PastRequest(this.downstream, this.headers);
  }

  get method(): string {
    return this.downstream.method;
  }

  /** {@inheritDoc PolicyExchange.scheme} */
  get scheme(): 'http' | 'https' {
    const told = this.isPeerTrusted ? forwardedScheme(this.headers) : undefined;
    return told ?? (this.downstream.encrypted ? 'https' : 'http');
  }

  get host(): string {
    return this.downstream.host;
  }

  get path(): string {
    return this.downstream.path;
  }

  get query(): string {
    return this.downstream.query;
  }

  /** {@inheritDoc PolicyExchange.hasQuery} */
  get hasQuery(): boolean {
    return this.downstream.hasQuery;
  }

  /** For the log: the path that was sent to the target, when it is another one than the client's. */
  get upstreamPath(): string | undefined {
    return this.rewrittenPath === this.path || this.targetAddress === undefined ? undefined : this.rewrittenPath;
  }

  get protocol(): string {
    return this.downstream.protocol;
  }

  /** For the span: the port of Host, and without one that of the scheme, as the conventions of OpenTelemetry want it. */
  get port(): number {
    const port = /:(\d+)$/.exec(this.downstream.authority)?.[1];
    return port === undefined ? (this.scheme === 'https' ? 443 : 80) : Number(port);
  }

  get peerAddress(): string {
    return this.downstream.peerAddress;
  }

  get peerPort(): number {
    return this.downstream.peerPort;
  }

  get userAgent(): string | undefined {
    return this.headers.get(ownFields.userAgent);
  }

  get tracestate(): string | undefined {
    return this.trace.continued ? tracestateOf(this.headers) : undefined;
  }

  get startTimeMs(): number {
    return performance.timeOrigin + this.startedAtMs;
  }

  get revision(): number {
    return this.runtime.revision;
  }

  get routePattern(): string | undefined {
    return this.pattern === '' ? undefined : this.pattern;
  }

  get requestBytes(): number {
    return this.downstream.bytesReceived;
  }

  get responseBytes(): number {
    return this.downstream.bytesSent;
  }

  /** {@inheritDoc Caller.callerKey} */
  get callerKey(): string {
    return this.consumer === undefined ? addressKey(this.clientAddress) : `consumer ${this.consumer.id}`;
  }

  /** Value of `grpc-status` that the client was sent, by the upstream or by us; -1 when there was none. */
  get grpcStatus(): number {
    return this.downstream.grpcStatus;
  }

  get contentLength(): number {
    return this.downstream.content.length;
  }

  /** The listener takes no request before there is a gateway. */
  get gateway(): ServedGateway {
    return this.runtime.gateway ?? this.proxy.noGateway;
  }

  /** {@inheritDoc PolicyExchange.matched} */
  get matched(): boolean {
    return this.plan !== undefined;
  }

  /** {@inheritDoc PolicyExchange.signal} */
  get signal(): AbortSignal {
    this.abortController ??= new AbortController();
    return this.abortController.signal;
  }

  get route(): RouteView {
    return this.plan?.view ?? noRoute;
  }

  get service(): ServedService | undefined {
    return this.plan?.service;
  }

  /** {@inheritDoc MatchRequest.header} */
  header(name: string): string | undefined {
    return this.headers.get(name);
  }

  /** {@inheritDoc PolicyExchange.identify} */
  identify(consumer: Consumer, credential: Credential): void {
    if (this.consumer !== undefined) return;
    // Owners come from the credential store only, and that is the runtime.
    this.consumer = consumer as ConsumerView;
    this.credential = credential;
  }

  /** {@inheritDoc PolicyExchange.limitContent} */
  limitContent(maxBodyBytes: number): void {
    if (maxBodyBytes < this.downstream.maxBodyBytes) this.downstream.maxBodyBytes = maxBodyBytes;
  }

  /** {@inheritDoc PolicyExchange.hideOnForward} */
  hideOnForward(names: readonly FieldName[]): void {
    this.hiddenFields = this.hiddenFields === undefined ? names : [...this.hiddenFields, ...names];
  }

  /** {@inheritDoc PolicyExchange.addResponseHeader} */
  addResponseHeader(name: string | FieldName, value: string): void {
    (this.responseFields ??= []).push({ name, value, replaces: false });
  }

  /** {@inheritDoc PolicyExchange.setResponseHeader} */
  setResponseHeader(name: string | FieldName, value: string): void {
    const fields = (this.responseFields ??= []);
    for (let index = fields.length - 1; index >= 0; index--) {
      if (isSameName((fields[index] as ResponseField).name, name)) fields.splice(index, 1);
    }
    fields.push({ name, value, replaces: true });
  }

  /** A policy in shadow mode would have stopped the exchange. */
  noteShadow(policy: string): void {
    this.shadow = [...this.shadow, policy];
  }

  /** A policy failed, and its `onError` decided what happens. */
  notePolicyFault(policy: string, fault: unknown): void {
    this.proxy.notePolicyFault(policy, fault, this.requestId);
  }
}

interface ResponseField {
  readonly name: string | FieldName;
  readonly value: string;
  readonly replaces: boolean;
}

function isSameName(one: string | FieldName, other: string | FieldName): boolean {
  return one === other || lower(one) === lower(other);
}

function lower(name: string | FieldName): string {
  return typeof name === 'string' ? name.toLowerCase() : name.lower;
}

const noAttempts: AttemptFacts[] = [];
const noShadow: readonly string[] = Object.freeze([]);
const noRoute: RouteView & ResourceRef = Object.freeze({ id: '', name: '', quotas: Object.freeze([]) });
