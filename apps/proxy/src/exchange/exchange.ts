// The global `performance` is a getter: reading it costs as much as reading the clock.
import { performance } from 'node:perf_hooks';
import type { ErrorSource } from '@sluice/errors';
import type { FieldName, HeaderList } from '@sluice/http1';
import {
  ExchangeData,
  type AuthReason,
  type Consumer,
  type Credential,
  type Principal,
  type Reply,
  type RequestBody,
  type RequestPart,
  type RouteView,
} from '@sluice/policy-sdk';
import { OutgoingRequest, type PolicySteps, type StepExchange } from '@sluice/policy-sdk/run';
import type { MatchRequest } from '@sluice/router';
import {
  TraceContext,
  type AccessRecord,
  type AttemptFacts,
  type SpanFacts,
} from '@sluice/telemetry';
import type { ContentSource } from '../net/content.ts';
import { BufferedContent } from './body/buffered-content.ts';
import type { ReceivedContent } from './body/received-content.ts';
import { RequestBodyView } from './body/request-body.ts';
import type {
  Configuration,
  ExchangeConsumer,
  ExchangeGateway,
  ExchangePlan,
  ExchangeService,
} from './configuration.ts';
import { noteUse } from './credential-use.ts';
import type { AbortListener, Downstream } from './downstream.ts';
import type { ExchangeEpoch } from './exchange-epochs.ts';
import { ExchangeFacts } from './exchange-facts.ts';
import { noRoute } from './no-route.ts';
import { PastRequest } from './past-request.ts';
import type { ProxyServices } from './proxy-services.ts';
import { receivedRequest } from './received-request.ts';
import { addField, replaceField, type ResponseField } from './response-fields.ts';
import { servedConsumer } from './served-consumer.ts';
import { traceparentOf } from './trace-fields.ts';

/**
 * One request and its response: the object that all steps share. There is one per connection (per
 * stream in HTTP/2); `open` resets it for each request. Every field is set in the constructor and
 * in `open`, so that the object never changes its hidden class.
 *
 * Invariants
 * - A custom policy may keep a reference to the exchange and use it at any time. An exchange that a
 *   custom policy has seen is therefore marked `isShared`: it works on a copy of the request
 *   fields, and after it is settled neither object serves another request.
 * - A policy may still run after its timeout. Its exchange is then withdrawn: another exchange, the
 *   `successor`, continues the request, and changes to the old one do not reach the connection.
 */
export class Exchange
  extends ExchangeFacts
  implements StepExchange, MatchRequest, AccessRecord, SpanFacts, AbortListener
{
  downstream: Downstream;
  readonly proxy: ProxyServices;
  /** Pinned when the exchange opens: a later revision applies to later exchanges. */
  runtime!: Configuration;
  pipeline: PolicySteps;
  /** Keeps the policies of its configuration open until the exchange ends. */
  epoch: ExchangeEpoch;
  plan: ExchangePlan | undefined = undefined;

  requestId = '';
  /** Request fields; the upstream receives them with all changes made here. */
  headers: HeaderList;
  readonly trace = new TraceContext();
  /** `performance.now()` when the head was complete, milliseconds. */
  startedAtMs = 0;
  clientAddress = '';
  /** {@inheritDoc StepExchange.params} */
  params: Readonly<Record<string, string>> = noParams;
  /** The path after the route's rewrite; undefined when the path is sent unchanged. */
  rewrittenPath: string | undefined = undefined;
  /** The pattern that matched, for `http.route`. */
  pattern = '';
  consumer: ExchangeConsumer | undefined = undefined;
  credential: Credential | undefined = undefined;
  /** The caller as an alternative recognised it. */
  principal: Principal | undefined = undefined;

  /** Status of the response; 499 when the client disconnected before the response. */
  status = 0;
  code: string | undefined = undefined;
  /** The side that made the response, or that caused the failure. */
  source: ErrorSource = 'gateway';
  /** The exact reason of a failure, for the log; never sent to the client. */
  reason: string | undefined = undefined;
  /** Why the client did not receive the whole response, for the span. */
  brokenOff: string | undefined = undefined;
  stoppedBy: string | undefined = undefined;
  /** {@inheritDoc StepExchange.authPolicy} */
  authPolicy: string | undefined = undefined;
  authReason: AuthReason | undefined = undefined;
  targetAddress: string | undefined = undefined;
  attempts: AttemptFacts[] = noAttempts;
  /** Number of attempts; `attempts` lists them only when the exchange is sampled. */
  attemptCount = 0;
  upstreamStartedAtMs = 0;
  /** From the first attempt to the response head; negative before the first attempt. */
  upstreamDurationMs = -1;
  durationMs = 0;
  shadow: readonly string[] = noShadow;
  /** The client has disconnected: a response would not reach it. */
  isAbandoned = false;
  /** The exchange is complete: it was counted and logged. */
  isSettled = false;
  /** The peer is a trusted proxy: its forwarding fields are used. */
  isPeerTrusted = false;
  /** Fields that policies add to the response, whether the upstream or the gateway makes it. */
  responseFields: ResponseField[] | undefined = undefined;
  /** Parts to remove before the request is sent to the upstream. */
  hiddenParts: readonly RequestPart[] | undefined = undefined;
  /** The reply of the `refuse` step, which runs after authentication and limits. */
  refusal: Reply | undefined = undefined;
  /** A custom policy has seen this exchange and may keep a reference to it. */
  isShared = false;
  /** The exchange serves no further request: the connection creates a new one for the next. */
  isSpent = false;
  /** What policies changed about the request to the upstream. */
  outgoing: OutgoingRequest | undefined = undefined;
  /** The exchange that continues the request after this one was withdrawn. */
  successor: Exchange | undefined = undefined;
  /** {@inheritDoc StepExchange.closestLimit} */
  closestLimit: StepExchange['closestLimit'] = undefined;
  /** The request content, once a policy has asked for it. */
  body: BufferedContent | undefined = undefined;
  /** The content of the upstream's response, when policies of `received` see it. */
  received: ReceivedContent | undefined = undefined;
  private bodyView: RequestBodyView | undefined = undefined;
  /** Created when a policy reads `data`. */
  sharedData: ExchangeData | undefined = undefined;
  /** Created when a policy reads `signal`. */
  abortController: AbortController | undefined = undefined;

  constructor(downstream: Downstream, proxy: ProxyServices) {
    super();
    this.downstream = downstream;
    this.proxy = proxy;
    this.headers = downstream.headers;
    this.pipeline = proxy.noGateway.pipeline;
    this.epoch = proxy.epochs.current;
  }

  /** Resets the exchange for the next request of the downstream. */
  open(): void {
    const { proxy, downstream } = this;
    this.epoch = proxy.epochs.current;
    this.epoch.open++;
    this.runtime = proxy.runtime();
    this.plan = undefined;
    this.headers = downstream.headers;
    this.requestId = proxy.newRequestId();
    this.startedAtMs = performance.now();
    const { gateway } = this;
    this.isPeerTrusted = gateway.trustedProxies.includes(downstream.peerAddress);
    this.clientAddress = gateway.trustedProxies.clientAddress(
      downstream.peerAddress,
      downstream.headers,
    );
    proxy.tracer.decide(traceparentOf(downstream.headers), this.trace);
    this.params = noParams;
    this.rewrittenPath = undefined;
    this.pattern = '';
    this.consumer = undefined;
    this.credential = undefined;
    this.principal = undefined;
    this.status = 0;
    this.code = undefined;
    this.source = 'gateway';
    this.reason = undefined;
    this.brokenOff = undefined;
    this.stoppedBy = undefined;
    this.authPolicy = undefined;
    this.authReason = undefined;
    this.targetAddress = undefined;
    this.attempts = noAttempts;
    this.attemptCount = 0;
    this.upstreamStartedAtMs = 0;
    this.upstreamDurationMs = -1;
    this.durationMs = 0;
    this.shadow = noShadow;
    this.isAbandoned = false;
    this.isSettled = false;
    this.responseFields = undefined;
    this.hiddenParts = undefined;
    this.refusal = undefined;
    this.closestLimit = undefined;
    this.body = undefined;
    this.bodyView = undefined;
    this.sharedData = undefined;
    this.outgoing = undefined;
    this.received = undefined;
    this.abortController = undefined;
    // The gateway's own policies apply until a route is known, and when no route matches.
    this.use(gateway.pipeline);
    downstream.maxBodyBytes = gateway.maxBodyBytes;
    downstream.servesHalfClosed = gateway.servesHalfClosed;
    downstream.abortListener = this;
  }

  /** Called by the downstream when the client disconnects before the first upstream attempt. */
  onAborted(): void {
    this.isAbandoned = true;
    this.abortController?.abort();
  }

  /** Uses this pipeline for the following phases. */
  use(pipeline: PolicySteps): void {
    this.pipeline = pipeline;
    if (!pipeline.hasCustomPolicies || this.isShared) return;
    this.isShared = true;
    this.headers = this.headers.clone();
  }

  /** The exchange that continues this request: the latest successor after a policy timeout. */
  get current(): Exchange {
    return this.successor === undefined ? this : this.successor.current;
  }

  /**
   * Detaches the exchange from the request after a policy timeout: `current` is another object then,
   * and later changes of the policy have no effect. The connection closes after the response.
   */
  withdraw(): void {
    const { downstream, headers, responseFields } = this;
    downstream.closeAfterResponse();
    const successor = new Exchange(downstream, this.proxy);
    Object.assign(successor, this);
    successor.headers = headers.clone();
    successor.responseFields = responseFields?.slice();
    successor.abortController = undefined;
    successor.bodyView = undefined;
    if (this.outgoing !== undefined) successor.outgoing = new OutgoingRequest(this.outgoing);
    if (this.sharedData !== undefined) successor.sharedData = new ExchangeData(this.sharedData);
    if (downstream.abortListener === this) downstream.abortListener = successor;
    this.successor = successor;
    this.retire();
    this.abortController?.abort();
  }

  /** Detaches the exchange from its connection: later calls on the exchange have no effect. */
  retire(): void {
    this.isSpent = true;
    this.bodyView?.revoke();
    this.downstream = new PastRequest(this.downstream, this.headers);
  }

  get contentLength(): number {
    return this.content.length;
  }

  /** The content for the upstream. */
  get content(): ContentSource {
    return this.body ?? this.downstream.content;
  }

  /** {@inheritDoc StepExchange.requestBody} */
  get requestBody(): RequestBody {
    this.bodyView ??= new RequestBodyView(this, this.bufferedContent(), false);
    if (this.isSpent) this.bodyView.revoke();
    return this.bodyView;
  }

  /** {@inheritDoc StepExchange.shadowRequestBody} */
  shadowRequestBody(): RequestBodyView {
    return new RequestBodyView(this, this.bufferedContent(), true);
  }

  /** {@inheritDoc StepExchange.contentWaitedMs} */
  get contentWaitedMs(): number {
    return (this.body?.waitedMs ?? 0) + (this.received?.waitedMs ?? 0);
  }

  private bufferedContent(): BufferedContent {
    return (this.body ??= new BufferedContent(
      this.downstream.content,
      this.proxy.buffers,
      this.callerKey,
      'content_too_large',
    ));
  }

  /** The gateway's configuration; a placeholder without routes until the first one is applied. */
  get gateway(): ExchangeGateway {
    return this.runtime.gateway ?? this.proxy.noGateway;
  }

  /** {@inheritDoc StepExchange.matched} */
  get matched(): boolean {
    return this.plan !== undefined;
  }

  /** {@inheritDoc StepExchange.signal} */
  get signal(): AbortSignal {
    this.abortController ??= new AbortController();
    return this.abortController.signal;
  }

  /** {@inheritDoc StepExchange.data} */
  get data(): ExchangeData {
    this.sharedData ??= new ExchangeData();
    return this.sharedData;
  }

  get route(): RouteView {
    return this.plan?.view ?? noRoute;
  }

  get service(): ExchangeService | undefined {
    return this.plan?.service;
  }

  /** {@inheritDoc MatchRequest.header} */
  header(name: string): string | undefined {
    return this.headers.get(name);
  }

  /** {@inheritDoc StepExchange.identify} */
  identify(consumer: Consumer, credential?: Credential): void {
    if (this.consumer !== undefined) return;
    this.consumer = servedConsumer(consumer);
    this.credential = credential;
    noteUse(credential, this.startedAtMs, this.proxy);
  }

  /** {@inheritDoc StepExchange.accept} */
  accept(principal: Principal): void {
    this.principal = principal;
    if (principal.consumer !== undefined) this.identify(principal.consumer, principal.credential);
  }

  /** {@inheritDoc StepExchange.setMethod} */
  setMethod(method: string): void {
    (this.outgoing ??= new OutgoingRequest()).setMethod(method, receivedRequest(this));
  }

  /** {@inheritDoc StepExchange.setPath} */
  setPath(path: string): void {
    (this.outgoing ??= new OutgoingRequest()).setPath(path, receivedRequest(this));
  }

  /** {@inheritDoc StepExchange.setQuery} */
  setQuery(query: string | undefined): void {
    (this.outgoing ??= new OutgoingRequest()).setQuery(query);
  }

  /** {@inheritDoc StepExchange.useService} */
  useService(nameOrId: string): boolean {
    const plan = this.plan && this.runtime.planTo(this.plan, nameOrId);
    // Once the request is on its way, its plan is what the log and the metrics name.
    if (plan === undefined || this.upstreamStartedAtMs > 0) return plan !== undefined;
    this.plan = plan;
    this.limitContent(plan.maxBodyBytes);
    this.outgoing ??= new OutgoingRequest();
    return true;
  }

  /** {@inheritDoc StepExchange.limitContent} */
  limitContent(maxBodyBytes: number): void {
    if (maxBodyBytes < this.downstream.maxBodyBytes) this.downstream.maxBodyBytes = maxBodyBytes;
  }

  /** {@inheritDoc StepExchange.hideOnForward} */
  hideOnForward(parts: readonly RequestPart[]): void {
    this.hiddenParts = this.hiddenParts === undefined ? parts : [...this.hiddenParts, ...parts];
  }

  /** {@inheritDoc StepExchange.addResponseHeader} */
  addResponseHeader(name: string | FieldName, value: string): void {
    addField((this.responseFields ??= []), name, value, this.isShared);
  }

  /** {@inheritDoc StepExchange.setResponseHeader} */
  setResponseHeader(name: string | FieldName, value: string): void {
    replaceField((this.responseFields ??= []), name, value, this.isShared);
  }

  /** Records that a policy in shadow mode would have stopped the exchange. */
  noteShadow(policy: string): void {
    this.shadow = [...this.shadow, policy];
  }

  /** Records that a policy failed and its `onError` was applied. */
  notePolicyFault(policy: string, fault: unknown): void {
    this.proxy.notePolicyFault(policy, fault, this.requestId);
  }
}

const noAttempts: AttemptFacts[] = [];
const noParams: Readonly<Record<string, string>> = Object.freeze({});
const noShadow: readonly string[] = Object.freeze([]);
