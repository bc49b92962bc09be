import type { ErrorCode } from '@sluice/errors';
import type { AccessLog, GatewayMetrics, RouteMetrics, Tracer } from '@sluice/telemetry';
import type { Overload } from '../overload/overload.ts';
import type { BufferBudget } from './body/buffer-budget.ts';
import type { Configuration, ExchangeGateway } from './configuration.ts';
import type { Refusal } from './downstream.ts';
import type { ExchangeEpochs } from './exchange-epochs.ts';
import type { StreamWatch } from './long-stream.ts';
import type { PortText } from './port-text.ts';

/** Counts refusals by policy. */
export interface PolicyDenials {
  add(policy: string, mode: 'enforce' | 'shadow'): void;
}

/** The request, target and service of a failure, for the log. */
export interface FailureFacts {
  readonly requestId: string;
  readonly targetAddress: string | undefined;
  readonly service: { readonly name: string } | undefined;
}

/** The services that an exchange uses: configuration, telemetry, overload protection. */
export interface ProxyServices {
  /** The configuration in service. */
  runtime(): Configuration;
  newRequestId(): string;
  /** Ends streams when the caller's credential ends. */
  readonly streams: StreamWatch;
  /** Counts the open exchanges for what closes when they have ended. */
  readonly epochs: ExchangeEpochs;
  /** Tells whether the process is overloaded. */
  readonly overload: Overload;
  readonly tracer: Tracer;
  /** Undefined when the access log is off. */
  readonly accessLog: AccessLog | undefined;
  readonly metrics: GatewayMetrics;
  /** Bounds the content that policies read. */
  readonly buffers: BufferBudget;
  /** Counts requests that no route matched. */
  readonly unmatched: RouteMetrics;
  readonly denials: PolicyDenials;
  /** Placeholder until there is a configuration: it serves no route. */
  readonly noGateway: ExchangeGateway;
  /**
   * Values of the Via field, RFC 9110 section 7.6.3, by the protocol the message was received with.
   */
  readonly viaHttp1: string;
  readonly viaHttp2: string;
  /** Formats the local port of a connection. */
  readonly portText: PortText;
  /** Notes for the control plane that a credential was used. */
  noteCredentialUse(id: string): void;
  /** Logs that a target sent no response or an incomplete one; the client never sees the reason. */
  noteFailure(facts: FailureFacts, code: ErrorCode, reason: string): void;
  /** Logs that a policy failed and its `onError` was applied. */
  notePolicyFault(policy: string, fault: unknown, requestId: string): void;
  /** Logs that the listener refused a message; `reason` is the exact cause. */
  noteRefusal(refusal: Refusal, requestId: string): void;
  /** Logs an unexpected fault, the cause of a 500. */
  noteFault(fault: unknown, requestId: string): void;
}
