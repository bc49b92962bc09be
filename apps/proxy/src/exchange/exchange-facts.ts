import { performance } from 'node:perf_hooks';
import type { HeaderList } from '@sluice/http1';
import type { PeerCertificate, Principal, Reply } from '@sluice/policy-sdk';
import type { OutgoingRequest, PolicySteps } from '@sluice/policy-sdk/run';
import { clientNetwork } from '@sluice/schema';
import type { TraceContext } from '@sluice/telemetry';
import type { Configuration, ExchangeConsumer } from './configuration.ts';
import type { Downstream } from './downstream.ts';
import { forwardedScheme } from './forwarded-scheme.ts';
import { ownFields } from './own-fields.ts';
import { tracestateOf } from './trace-fields.ts';

/** The facts of an exchange that follow from its state: for policies, log, metrics and spans. */
export abstract class ExchangeFacts {
  abstract readonly downstream: Downstream;
  abstract readonly headers: HeaderList;
  abstract readonly runtime: Configuration;
  abstract readonly pipeline: PolicySteps;
  abstract readonly trace: TraceContext;
  abstract readonly startedAtMs: number;
  abstract readonly clientAddress: string;
  abstract readonly isPeerTrusted: boolean;
  abstract readonly consumer: ExchangeConsumer | undefined;
  abstract readonly principal: Principal | undefined;
  abstract readonly outgoing: OutgoingRequest | undefined;
  abstract readonly rewrittenPath: string | undefined;
  abstract readonly targetAddress: string | undefined;
  abstract readonly pattern: string;

  /** {@inheritDoc StepExchange.claims} */
  get claims(): Readonly<Record<string, unknown>> | undefined {
    return this.principal?.claims;
  }

  /** {@inheritDoc StepExchange.subject} */
  get subject(): string | undefined {
    return this.principal?.subject;
  }

  /** {@inheritDoc StepExchange.unauthorized} */
  get unauthorized(): Reply {
    return this.pipeline.unauthorized;
  }

  /** {@inheritDoc StepExchange.tokenGroups} */
  get tokenGroups(): readonly string[] | undefined {
    return this.principal?.groups;
  }

  /** {@inheritDoc StepExchange.groupsOverage} */
  get groupsOverage(): boolean {
    return this.principal?.groupsOverage ?? false;
  }

  /** {@inheritDoc StepExchange.isShadow} */
  get isShadow(): boolean {
    return false;
  }

  /** {@inheritDoc StepExchange.peerCertificate} */
  get peerCertificate(): PeerCertificate | undefined {
    return this.downstream.peerCertificate;
  }

  /** The method that the upstream receives. */
  get upstreamMethod(): string {
    return this.outgoing?.method ?? this.downstream.method;
  }

  get method(): string {
    return this.downstream.method;
  }

  /** {@inheritDoc StepExchange.scheme} */
  get scheme(): 'http' | 'https' {
    const forwarded = this.isPeerTrusted ? forwardedScheme(this.headers) : undefined;
    return forwarded ?? (this.downstream.encrypted ? 'https' : 'http');
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

  /** {@inheritDoc StepExchange.hasQuery} */
  get hasQuery(): boolean {
    return this.downstream.hasQuery;
  }

  /** {@inheritDoc StepExchange.rawTarget} */
  get rawTarget(): string {
    return this.downstream.rawTarget;
  }

  /** The path sent to the target when it differs from the client's, for the log. */
  get upstreamPath(): string | undefined {
    return this.rewrittenPath === this.path || this.targetAddress === undefined
      ? undefined
      : this.rewrittenPath;
  }

  get protocol(): string {
    return this.downstream.protocol;
  }

  /**
   * The port of Host, or the scheme's default port: the span's `server.port` in the OpenTelemetry
   * conventions.
   */
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
    return this.consumer === undefined
      ? clientNetwork(this.clientAddress)
      : `consumer ${this.consumer.id}`;
  }

  /**
   * The `grpc-status` sent to the client by the upstream or the gateway; -1 when there was none.
   */
  get grpcStatus(): number {
    return this.downstream.grpcStatus;
  }
}
